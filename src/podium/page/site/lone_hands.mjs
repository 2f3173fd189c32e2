// Hands without a body, in pictures in which Holistic finds neither a face nor a hand: the rule of
// podium/landmarks/pictures/lone_hands.py in JavaScript.

import {HandLandmarker} from '@mediapipe/tasks-vision';
import {Clock, made} from './landmarker.mjs';
import {PLACES_OF_PARTS} from './points.mjs';

const DETECTOR = 'hand_detector.tflite'; // a file of the user's own may lack it
const DIRECTORY = 8192; // bytes at the end of a task's file, in which the names of its models stand
const MAX_HANDS = 2;
const {face, left_hand: Left, pose, right_hand: Right} = PLACES_OF_PARTS;
const PLACES = {Left, Right};

/** Finds the hands in pictures of one film. Make a fresh one for each: it remembers the pictures before. */
export class LoneHands {
  /** Takes what `made` takes. MediaPipe is loaded for the first picture that needs it. */
  constructor(task, wasm) {
    Object.assign(this, {task, wasm, clock: new Clock(), landmarker: null});
    this.isAble = new TextDecoder('latin1').decode(task.slice(-DIRECTORY)).includes(DETECTOR);
  }

  /**
   * Adds hands to what Holistic has found in a picture, if the rule says so.
   *
   * @param {Float32Array} points (543, 3), changed in place.
   * @param {ImageData} picture As Holistic has seen it.
   * @param {number} time Seconds since the first picture.
   * @return {Promise<boolean>} Whether a hand was added.
   */
  async add(points, picture, time) {
    const isSeen = (place) => points.subarray(...place).some((value) => !Number.isNaN(value));
    if (!this.isAble || [face, Left, Right].some(isSeen)) return false;
    this.landmarker ??= await made(HandLandmarker, this.task, this.wasm, {numHands: MAX_HANDS});
    const {handedness, landmarks} = this.clock.ask(this.landmarker, picture, time);
    const hands = handedness.map(([side], number) => ({...side, landmarks: landmarks[number]}));
    if (hands.length) points.fill(NaN, ...pose);
    for (const hand of hands.sort((a, b) => a.score - b.score)) { // the surest one comes last, and stays
      points.set(hand.landmarks.flatMap(({x, y, z}) => [x, y, z]), PLACES[hand.categoryName][0]);
    }
    return hands.length > 0;
  }

  close() {
    this.landmarker?.close();
  }
}
