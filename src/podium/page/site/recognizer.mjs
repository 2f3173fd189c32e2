// Reads clips of landmarks with Podium's model_web.tflite.

import {Tensor} from '@litertjs/core';
import {wordsOf} from './errors.mjs';
import {moving} from './holds.mjs';
import {doubts, withoutZeros} from './plausibility.mjs';
import {joined} from './points.mjs';
import {checkDigest, compile, fetched, loadRuntime} from './runtime.mjs';
import {FRAME_RATES, resample, signing} from './timing.mjs';

const MAX_COORDINATE = 1e15; // beyond it the file's squares overflow

export class Recognizer {
  // Use Recognizer.load.
  constructor(model, card, settings) {
    this.model = model;
    this.columns = settings[card.input.columns.key];
    this.numColumns = this.columns.length;
    this.alphabet = card.output.alphabet;
    this.settings = settings;
    this.maxFrames = maxFrames(model);
  }

  /**
   * @param {string} model URL of model_web.tflite.
   * @param {string} card URL of model_card.json. The file that its `input.columns` names, inference_args.json, must lie
   *     beside it.
   * @param {string} wasm URL of the folder wasm/ of @litertjs/core.
   */
  static async load(model, card, wasm) {
    await loadRuntime(wasm);
    const cardContent = await fetched(card, (response) => response.json());
    if (!cardContent?.input?.columns || !cardContent.files) throw new Error(`${card} is no model card of Podium's`);
    const {file, key} = cardContent.input.columns;
    const beside = new URL(file, new URL(card, document.baseURI));
    const settings = await fetched(beside, (response) => response.json());
    if (!settings?.[key]) throw new Error(`${beside} has no ${key}`);
    const content = await fetched(model, (response) => response.arrayBuffer());
    await checkDigest(model, content, cardContent);
    try {
      return new Recognizer(await compile(content), cardContent, settings);
    } catch (error) {
      throw new Error(`${model} cannot be used: ${wordsOf(error)}`);
    }
  }

  /**
   * Reads one clip. Before the model sees it, whole parts of zeros become missing, another frame rate becomes the
   * model's, frames without a hand are cut off at both ends, and holds are made short if the model is used to that, as
   * in Podium's library.
   *
   * @param {Float32Array} landmarks Frame by frame the values of the columns, NaN where a landmark is missing.
   * @param {{fps: ?number, shorten: boolean}} options Frames a second of the clip; without it they are those of the
   *     model. `shorten` leaves out frames, evenly, if the file takes fewer; otherwise such a clip is refused.
   * @return {Promise<{text: string, reason: string, remarks: string[], confidence: ?number, ids: number[]}>} If nothing
   *     was read, the text is '' and `reason` says why, a key of `REASONS`. `remarks` says what is doubtful about the
   *     clip, keys of `MEANINGS`; see remarks.mjs.
   */
  async read(landmarks, {fps = null, shorten = false} = {}) {
    if (!Number.isInteger(landmarks.length / this.numColumns)) {
      throw new Error(`${landmarks.length} values are no frames of ${this.numColumns}`);
    }
    const infinite = landmarks.findIndex((value) => Math.abs(value) > MAX_COORDINATE);
    if (infinite >= 0) {
      const [frame, column] = [Math.floor(infinite / this.numColumns), this.columns[infinite % this.numColumns]];
      throw new Error(`frame ${frame} has an infinite ${column}; a missing landmark is NaN`);
    }
    const [seen, hasZeros] = withoutZeros(landmarks, this.columns);
    const remarks = [...(hasZeros ? ['zeros_for_missing'] : []), ...doubts(seen, this.columns)];
    const unread = (reason, confidence = null) => ({text: '', reason, remarks, confidence, ids: []});
    if (seen.length === 0) return unread('no_frames');
    let clip = signing(this.atModelRate(seen, fps), this.columns, this.settings.min_frames);
    if (clip.length === 0) return unread('no_hand');
    if (this.settings.holds === 'short') clip = moving(clip, this.columns, this.settings.min_frames);
    if (shorten) clip = this.shortened(clip);
    const numFrames = clip.length / this.numColumns;
    const {ids, confidence, isUnread} = await this.run(clip, numFrames);
    if (!isUnread) return {text: ids.map((id) => this.alphabet[id]).join(''), reason: '', remarks, confidence, ids};
    if (numFrames < this.settings.min_frames) return unread('too_short', confidence);
    if (confidence !== null && confidence < this.settings.min_confidence) return unread('not_trusted', confidence);
    return unread('ended_at_once', confidence);
  }

  atModelRate(clip, fps) {
    const {frame_rate: frameRate} = this.settings;
    if (fps === null) return clip;
    if (!(fps >= FRAME_RATES[0] && fps <= FRAME_RATES[1])) {
      throw new Error(`fps must be from ${FRAME_RATES.join(' to ')} frames a second, not ${fps}`);
    }
    if (!frameRate) throw new Error('the model does not tell at which frame rate it was trained; leave fps out');
    return resample(clip, this.numColumns, fps, frameRate);
  }

  /** As the model itself shortens long clips: the frames at even distances. */
  shortened(clip) {
    const numFrames = clip.length / this.numColumns;
    if (numFrames <= this.maxFrames) return clip;
    const frames = Array.from({length: this.maxFrames}, (_, number) => Math.floor(number * numFrames / this.maxFrames));
    const rows = frames.map((frame) => clip.subarray(frame * this.numColumns, (frame + 1) * this.numColumns));
    return joined(rows, this.numColumns);
  }

  async run(clip, numFrames) {
    if (numFrames > this.maxFrames) {
      throw new Error(`the clip has ${numFrames} frames and the file takes ${this.maxFrames}; cut it`);
    }
    const padded = new Float32Array(this.maxFrames * this.numColumns);
    padded.set(clip);
    const given = {
      inputs: new Tensor(padded, [this.maxFrames, this.numColumns]),
      num_frames: new Tensor(Int32Array.of(numFrames), [1]),
    };
    const answer = await this.model.run(given);
    const ids = Array.from(answer.ids.toTypedArray()).filter((id) => id < this.alphabet.length);
    const confidence = answer.confidence ? answer.confidence.toTypedArray()[0] : null;
    // If nothing was read, the file answers with a phrase of its own, whose logits are exactly 0 and 1.
    const logits = answer.logits.toTypedArray();
    const isUnread = ids.every((id, row) => this.alphabet.split('').every((_, place) =>
      logits[row * this.alphabet.length + place] === Number(place === id)));
    for (const tensor of [...Object.values(given), ...Object.values(answer)]) tensor.delete();
    return {ids, confidence, isUnread};
  }
}

/** How many frames the file takes. Only files of the format `web` fix that. */
function maxFrames(model) {
  const [inputs] = model.getInputDetails().filter((one) => one.name.includes('inputs'));
  const numFrames = inputs?.shape[0] ?? -1;
  if (numFrames > 1) return numFrames;
  const reason = 'it is not the file for browsers, for its inputs have no fixed shapes';
  throw new Error(`${reason}; copy model_web.tflite of the export`);
}
