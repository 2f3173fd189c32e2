// Where sound comes from: a file or the microphone; and seconds of it: podium/audio/clip_files.py in JavaScript.

import {wordsOf} from './errors.mjs';

export const RATE = 16000;
export const HOP = RATE / 2;
const LONGEST_CLIP = RATE * 3 / 2; // a longer recording is read second by second
const [DC_SHARE, DC_LEAST] = [0.2, 0.02]; // of the root mean square; at least
const [FULL_SCALE, CLIPPED_SHARE] = [0.999, 0.01];

/** What is doubtful about a sound and what was done about it; sentences of podium/audio/clip_files.py. */
export const MEANINGS = {
  mixed_down: 'several channels; their mean was taken',
  shorter_than_a_second: 'shorter than a second; zeros were put behind',
  longer_than_a_second: 'longer than a second; its first second was taken',
  dc_offset: 'the samples lie around another level than zero; check the recorder',
  clipped: 'the loudest samples are cut off; record with less gain',
  over_full_scale: 'floats beyond ±1; they were taken as they are',
  all_zeros: 'all samples are zero: nothing was recorded',
};

/**
 * A recording as clips of a second: itself if it is not much longer, else overlapping seconds, the last at its end.
 *
 * @param {Float32Array} samples At 16 kHz, at least one.
 * @return {{begin: number, samples: Float32Array, remarks: string[]}[]} `begin` in seconds.
 */
export function clips(samples) {
  if (samples.length <= LONGEST_CLIP) {
    const remarks = [];
    if (samples.length < RATE) remarks.push('shorter_than_a_second');
    if (samples.length > RATE) remarks.push('longer_than_a_second');
    return [{begin: 0, samples: secondOf(samples, 0), remarks}];
  }
  const last = samples.length - RATE;
  const begins = [];
  for (let begin = 0; begin < last; begin += HOP) begins.push(begin);
  return [...begins, last].map((begin) => ({begin: begin / RATE, samples: secondOf(samples, begin), remarks: []}));
}

function secondOf(samples, begin) {
  const second = new Float32Array(RATE);
  second.set(samples.subarray(begin, begin + RATE));
  return second;
}

/** What the samples tell to be doubtful: keys of `MEANINGS`. */
export function doubts(samples) {
  let [peak, squares, sum] = [0, 0, 0];
  for (const value of samples) {
    peak = Math.max(peak, Math.abs(value));
    squares += value * value;
    sum += value;
  }
  const [level, mean] = [Math.sqrt(squares / samples.length), Math.abs(sum / samples.length)];
  const loudest = samples.filter((value) => Math.abs(value) >= FULL_SCALE * peak);
  const isClipped = loudest.length > CLIPPED_SHARE * samples.length;
  return [
    ...(mean > Math.max(DC_LEAST, DC_SHARE * level) ? ['dc_offset'] : []),
    ...(FULL_SCALE <= peak && peak <= 1 && isClipped ? ['clipped'] : []),
    ...(peak > 1 ? ['over_full_scale'] : []),
    ...(peak === 0 ? ['all_zeros'] : []),
  ];
}

/**
 * @param {File} file Any sound that the browser can decode; another rate becomes 16 kHz as the browser does it.
 * @return {Promise<{samples: Float32Array, remarks: string[]}>}
 */
export async function readSound(file) {
  const decoded = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await file.arrayBuffer()).catch((error) => {
    throw new Error(`${file.name} is damaged or no sound (${wordsOf(error)}); record or convert it again`);
  });
  if (!decoded.length) throw new Error(`${file.name} holds no sound; record it again`);
  const channels = Array.from({length: decoded.numberOfChannels}, (_, channel) => decoded.getChannelData(channel));
  if (channels.length === 1) return {samples: channels[0], remarks: doubts(channels[0])};
  const samples = channels[0].map((_, place) => channels.reduce((sum, one) => sum + one[place], 0) / channels.length);
  return {samples, remarks: ['mixed_down', ...doubts(samples)]};
}

export class Microphone {
  // Use Microphone.open.
  constructor(stream, context, node) {
    Object.assign(this, {stream, context, node});
  }

  /** @throws {Error} There is none, it is refused, or another program uses it. */
  static async open() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error('browsers allow the microphone on https pages and on localhost alone; open http://localhost');
    }
    const audio = {channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false};
    const stream = await navigator.mediaDevices.getUserMedia({audio}).catch((error) => {
      throw new Error(COMPLAINTS[error.name] ?? `the microphone cannot be opened: ${wordsOf(error)}`);
    });
    const context = new AudioContext({sampleRate: RATE});
    try {
      await context.audioWorklet.addModule('sample_taker.js');
      const node = new AudioWorkletNode(context, 'sample-taker', {numberOfOutputs: 0});
      context.createMediaStreamSource(stream).connect(node);
      return new Microphone(stream, context, node);
    } catch (error) { // Firefox brings no microphone to another rate
      new Microphone(stream, context).stop();
      throw new Error(`this browser cannot bring the microphone to 16 kHz (${wordsOf(error)}); choose a sound file`);
    }
  }

  /** Yields the last second, every half second, until `stop`. */
  async* clips() {
    const heard = []; // chunks that nobody has taken yet; null at the end
    let wake = () => {};
    const put = (chunk) => {
      heard.push(chunk);
      wake();
    };
    this.end = () => put(null);
    this.stream.getAudioTracks()[0].addEventListener('ended', this.end);
    this.node.port.onmessage = ({data}) => put(data);
    const [second, fresh] = [new Float32Array(RATE), {number: 0, total: 0}];
    for (;;) {
      while (!heard.length) await new Promise((resolve) => wake = resolve);
      const chunk = heard.shift();
      if (!chunk) return;
      second.copyWithin(0, chunk.length);
      second.set(chunk, RATE - chunk.length);
      fresh.number += chunk.length;
      fresh.total += chunk.length;
      if (fresh.total < RATE || fresh.number < HOP) continue;
      fresh.number = 0;
      yield {begin: fresh.total / RATE - 1, samples: second.slice(), remarks: []};
    }
  }

  stop() {
    for (const track of this.stream.getTracks()) track.stop();
    if (this.context.state !== 'closed') this.context.close();
    this.end?.();
  }
}

const COMPLAINTS = {
  NotAllowedError: "the microphone is refused; allow it in the browser's address bar, or choose a sound file",
  NotFoundError: 'there is no microphone; plug one in, or choose a sound file',
  NotReadableError: 'the microphone is in use or switched off; close other programs that use it',
};
