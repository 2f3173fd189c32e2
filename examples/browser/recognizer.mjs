// Reads clips of landmarks with Podium's model_web.tflite.

import {loadAndCompile, loadLiteRt, Tensor} from '@litertjs/core';

const MAX_COORDINATE = 1e15; // beyond it the file's squares overflow
let runtime = null; // a page loads it once

export class Recognizer {
  // Use Recognizer.load.
  constructor(model, columns, alphabet, dummyPhrase) {
    this.model = model;
    this.columns = columns;
    this.numColumns = columns.length;
    this.alphabet = alphabet;
    this.dummyPhrase = dummyPhrase;
    const [inputs] = model.getInputDetails().filter((one) => one.name.includes('inputs'));
    this.maxFrames = inputs.shape[0];
  }

  /**
   * @param {string} model URL of model_web.tflite.
   * @param {string} card URL of model_card.json, which lies beside it.
   * @param {string} wasm URL of the folder wasm/ of @litertjs/core.
   */
  static async load(model, card, wasm) {
    runtime ??= loadLiteRt(wasm).catch((error) => {
      runtime = null;
      throw error;
    });
    await runtime;
    const response = await fetch(card);
    if (!response.ok) throw new Error(`${card} cannot be fetched: ${response.status}`);
    const {input, output, thresholds} = await response.json();
    const compiled = await loadAndCompile(model, {accelerator: 'wasm'});
    return new Recognizer(compiled, input.columns, output.alphabet, thresholds.text_below);
  }

  /**
   * Reads one clip.
   *
   * @param {Float32Array} landmarks Frame by frame the values of the card's columns, NaN where a landmark is missing.
   * @return {Promise<{text: string, ids: number[], confidence: ?number, isDummy: boolean}>} The text is never empty: a
   *     clip that is too short, or that the file does not trust, gets the dummy phrase.
   */
  async read(landmarks) {
    const numFrames = landmarks.length / this.numColumns;
    if (!Number.isInteger(numFrames)) {
      throw new Error(`${landmarks.length} values are no frames of ${this.numColumns}`);
    }
    const infinite = landmarks.findIndex((value) => Math.abs(value) > MAX_COORDINATE);
    if (infinite >= 0) {
      const [frame, column] = [Math.floor(infinite / this.numColumns), this.columns[infinite % this.numColumns]];
      throw new Error(`frame ${frame} has an infinite ${column}; a missing landmark is NaN`);
    }
    if (numFrames > this.maxFrames) {
      throw new Error(`the clip has ${numFrames} frames and the file takes ${this.maxFrames}; cut it`);
    }
    const padded = new Float32Array(this.maxFrames * this.numColumns);
    padded.set(landmarks);
    const given = {
      inputs: new Tensor(padded, [this.maxFrames, this.numColumns]),
      num_frames: new Tensor(Int32Array.of(numFrames), [1]),
    };
    const answer = await this.model.run(given);
    const ids = Array.from(answer.ids.toTypedArray()).filter((id) => id < this.alphabet.length);
    const confidence = answer.confidence ? answer.confidence.toTypedArray()[0] : null;
    for (const tensor of [...Object.values(given), ...Object.values(answer)]) tensor.delete();
    const text = ids.map((id) => this.alphabet[id]).join('');
    return {text, ids, confidence, isDummy: text === this.dummyPhrase};
  }
}
