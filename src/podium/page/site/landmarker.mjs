// MediaPipe Holistic on pictures, one after the other: podium/landmarks/pictures/landmarker.py in JavaScript.

import {HolisticLandmarker} from '@mediapipe/tasks-vision';
import {pointsOf} from './points.mjs';
import {round} from './even_rate.mjs';
import {wordsOf} from './errors.mjs';

const LOADER = 'vision_wasm_internal';

/** Asks a landmarker of MediaPipe, whose times are whole milliseconds and must rise. */
export class Clock {
  last = null;

  ask(landmarker, picture, time) {
    const rounded = round(time * 1000);
    this.last = this.last === null ? rounded : Math.max(rounded, this.last + 1);
    return landmarker.detectForVideo(picture, this.last);
  }
}

/**
 * What makes a landmarker of MediaPipe.
 *
 * @param {ArrayBuffer} task The file of models.
 * @param {string} wasm URL of the folder wasm/ of @mediapipe/tasks-vision.
 */
export async function made(kind, task, wasm, options = {}) {
  const fileset = {wasmLoaderPath: `${wasm}${LOADER}.js`, wasmBinaryPath: `${wasm}${LOADER}.wasm`};
  const baseOptions = {modelAssetBuffer: new Uint8Array(task), delegate: 'CPU'}; // with which Python finds the same
  try {
    return await kind.createFromOptions(fileset, {baseOptions, runningMode: 'VIDEO', ...options});
  } catch (error) {
    throw new Error(`MediaPipe cannot be started: ${wordsOf(error)}`);
  }
}

/** Finds the landmarks in the pictures of one film. Make a fresh one for each: it remembers the pictures before. */
export class Landmarker {
  // Use Landmarker.load.
  constructor(holistic) {
    this.holistic = holistic;
    this.clock = new Clock();
  }

  /** Takes what `made` takes. */
  static async load(task, wasm) {
    return new Landmarker(await made(HolisticLandmarker, task, wasm));
  }

  /**
   * @param {ImageData} picture Upright.
   * @param {number} time Seconds since the first picture. It is rounded to milliseconds, and to a later one if need be.
   * @return {Float32Array} See `pointsOf`.
   */
  find(picture, time) {
    return pointsOf(this.clock.ask(this.holistic, picture, time));
  }

  close() {
    this.holistic.close();
  }
}

/** Landmarkers, one after the other; the next one is made while nobody waits for it. */
export class Landmarkers {
  constructor(task, wasm) {
    Object.assign(this, {task, wasm});
    this.make = () => {
      const landmarker = Landmarker.load(task, wasm);
      landmarker.catch(() => {}); // told to whoever takes it
      return landmarker;
    };
    this.fresh = this.make();
  }

  /** @return {Promise<Landmarker>} A fresh one, which the caller closes. */
  take() {
    const fresh = this.fresh ?? this.make();
    this.fresh = null;
    return fresh;
  }

  /** Makes the next one ready. */
  prepare() {
    this.fresh ??= this.make();
  }
}
