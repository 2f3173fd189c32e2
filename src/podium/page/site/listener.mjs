// Tells which word is spoken in a second of sound, with Podium's model_web.tflite of speech.

import {Tensor} from '@litertjs/core';
import {wordsOf} from './errors.mjs';
import {bytes, checkDigest, compile, fetched, loadRuntime} from './runtime.mjs';
import {RATE, doubts} from './sounds.mjs';

export class Listener {
  // Use Listener.load.
  constructor(model, card) {
    this.model = model;
    this.classes = card.output.classes;
  }

  /** See `Recognizer.load`. */
  static async load(model, card, wasm) {
    await loadRuntime(wasm);
    const cardContent = await fetched(card, (response) => response.json());
    if (cardContent?.input?.sample_rate !== RATE || !cardContent.output?.classes) {
      throw new Error(`${card} is no model card of a file that hears words at ${RATE} Hz`);
    }
    const content = await fetched(model, bytes);
    await checkDigest(model, content, cardContent);
    const compiled = await compile(content).catch((error) => {
      throw new Error(`${model} cannot be used: ${wordsOf(error)}`);
    });
    return new Listener(compiled, cardContent);
  }

  /**
   * @param {Float32Array} samples A second at 16 kHz.
   * @return {Promise<{text: string, confidence: number, reason: string, remarks: string[]}>} The likeliest class and
   *     its probability.
   */
  async hear(samples) {
    const given = new Tensor(samples, [RATE]);
    const [answer] = await this.model.run([given]);
    const probabilities = answer.toTypedArray().slice();
    for (const tensor of [given, answer]) tensor.delete();
    const confidence = Math.max(...probabilities);
    return {text: this.classes[probabilities.indexOf(confidence)], confidence, reason: '', remarks: doubts(samples)};
  }
}
