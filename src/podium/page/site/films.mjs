// What pictures come from: a video file, decoded by the browser, or a camera. Both draw pictures on a canvas and tell
// their times: podium/landmarks/pictures/video_file.py and camera.py in JavaScript.

import {ALL_FORMATS, BlobSource, EncodedPacketSink, Input, VideoSampleSink} from 'mediabunny';
import {drawTurned, pixelsOf} from './colours.mjs';
import {rateOf} from './even_rate.mjs';
import {wordsOf} from './errors.mjs';

const MAX_SIDE = 1920; // pixels; larger pictures are made smaller
const ORDINARY_RATE = 30;
const MAX_RATE = 240; // of a camera that is to be believed

/** A picture is drawn on the same canvas each time; `time` is in seconds since the first. */
export class Film {
  numPictures = 0;
  isDamaged = false;

  /** Ends it, if it would not end by itself. */
  stop() {}

  canvasFor(width, height) {
    const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
    const size = [width, height].map((length) => Math.max(Math.round(length * scale), 1));
    if (this.canvas?.width !== size[0] || this.canvas?.height !== size[1]) this.canvas = new OffscreenCanvas(...size);
    return this.canvas.getContext('2d', {willReadFrequently: true});
  }
}

export class VideoFile extends Film {
  // Use VideoFile.open.
  constructor(name, input, track, times, colours) {
    super();
    Object.assign(this, {name, input, track, colours, isMirrored: false, numPromised: times.length}, rateOf(times));
  }

  /**
   * @param {File} file
   * @throws {Error} It is no video, holds no pictures (sound alone), or this browser cannot decode it.
   */
  static async open(file) {
    if (!globalThis.VideoDecoder) {
      throw new Error('this browser cannot decode video files; use a newer one, or the camera');
    }
    const input = new Input({source: new BlobSource(file), formats: ALL_FORMATS});
    try {
      const [track, sounds] = await whole(Promise.all([input.getPrimaryVideoTrack(), input.getAudioTracks()]), file);
      if (!track) {
        const what = sounds.length ? 'sound alone' : 'zero frames, or cut off';
        throw new Error(`${file.name} holds no pictures (${what}); choose a video`);
      }
      const times = await whole(timesOf(track), file);
      if (!times.length) throw new Error(`${file.name} holds no pictures (zero frames); record it again`);
      if (!await track.canDecode()) {
        const codec = track.codec ?? 'an unknown codec';
        throw new Error(`this browser cannot decode ${file.name} (${codec}); convert it to H.264 or VP9`);
      }
      return new VideoFile(file.name, input, track, times, await track.getColorSpace());
    } catch (error) {
      input.dispose();
      throw error;
    }
  }

  async draw(sample) {
    const context = this.canvasFor(sample.displayWidth, sample.displayHeight);
    const frame = sample.toVideoFrame();
    const picture = sample.flip ? null : await pixelsOf(frame, this.colours).catch(() => null);
    frame.close();
    if (picture) drawTurned(context, picture, sample.rotation);
    else sample.draw(context, 0, 0, this.canvas.width, this.canvas.height);
  }

  /** Draws one picture after the other; a file that is damaged within is read as far as it goes. */
  async* pictures() {
    let [first, last] = [null, -1];
    const samples = new VideoSampleSink(this.track).samples();
    try {
      for (;;) {
        const {done, value: sample} = await samples.next().catch(() => {
          this.isDamaged = true;
          return {done: true};
        });
        if (done) break;
        first ??= sample.timestamp;
        const time = sample.timestamp - first;
        if (time > last) {
          await this.draw(sample);
          last = time;
          this.numPictures++;
        }
        sample.close();
        if (time === last) yield {time, canvas: this.canvas};
      }
    } finally {
      await samples.return();
      this.input.dispose();
    }
    if (!this.numPictures) {
      const what = `none of its ${this.numPromised} pictures can be decoded`;
      throw new Error(`${this.name} is damaged: ${what}; record it again`);
    }
    this.isDamaged ||= this.numPictures < this.numPromised;
  }
}

/** Seconds, rising: when each picture is shown. */
async function timesOf(track) {
  const times = new Set();
  for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, {metadataOnly: true})) {
    times.add(packet.timestamp);
  }
  return [...times].sort((a, b) => a - b);
}

function whole(promise, file) {
  return promise.catch((error) => {
    const [reason] = wordsOf(error).split('. '); // the rest asks to report it
    throw new Error(`${file.name} is damaged or no video (${reason}); record or convert it again`);
  });
}

export class Camera extends Film {
  // Use Camera.open.
  constructor(stream, video) {
    super();
    const told = stream.getVideoTracks()[0].getSettings().frameRate;
    Object.assign(this, {stream, video, name: 'the camera', isMirrored: true, isEven: false});
    this.rate = told >= 1 && told <= MAX_RATE ? told : ORDINARY_RATE;
  }

  /** @throws {Error} There is none, it is refused, or another program uses it. */
  static async open() {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new Error('browsers allow the camera on https pages and on localhost alone; open http://localhost');
    }
    const wanted = {width: {ideal: 640}, height: {ideal: 480}, frameRate: {ideal: 30}, facingMode: 'user'};
    const stream = await navigator.mediaDevices.getUserMedia({video: wanted, audio: false}).catch((error) => {
      throw new Error(COMPLAINTS[error.name] ?? `the camera cannot be opened: ${wordsOf(error)}`);
    });
    const video = Object.assign(document.createElement('video'), {srcObject: stream, muted: true, playsInline: true});
    await video.play();
    return new Camera(stream, video);
  }

  /** Draws each picture that comes when the last one has been dealt with, until `stop` or until the camera is gone. */
  async* pictures() {
    const [track] = this.stream.getVideoTracks();
    const ended = new Promise((resolve) => {
      this.end = resolve;
      track.addEventListener('ended', () => { // it was unplugged
        this.isDamaged = true;
        resolve();
      });
    });
    let first = null;
    try {
      for (;;) {
        const now = await Promise.race([this.next(), ended]);
        if (now === undefined) break;
        first ??= now;
        const context = this.canvasFor(this.video.videoWidth, this.video.videoHeight);
        context.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
        this.numPictures++;
        yield {time: (now - first) / 1000, canvas: this.canvas};
      }
    } finally {
      this.stop();
    }
  }

  /** When the next picture was taken, in milliseconds; it is shown then. */
  next() {
    return new Promise((resolve) =>
      this.video.requestVideoFrameCallback((now, {captureTime}) => resolve(captureTime ?? now)));
  }

  stop() {
    for (const track of this.stream.getTracks()) track.stop();
    this.end?.();
  }
}

const COMPLAINTS = {
  NotAllowedError: "the camera is refused; allow it in the browser's address bar, or choose a video",
  NotFoundError: 'there is no camera; plug one in, or choose a video',
  OverconstrainedError: 'there is no camera; plug one in, or choose a video',
  NotReadableError: 'the camera is in use or switched off; close other programs that use it',
};
