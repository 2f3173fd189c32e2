// Cuts a film into utterances by the hands: podium/landmarks/utterances.py in JavaScript; a test compares both.

import {round} from './even_rate.mjs';
import {joined} from './points.mjs';
import {IDLE_FRAMES} from './timing.mjs';

const PAUSE_S = 0.6; // without a raised hand
const MIN_S = 0.1; // of raised hands; less is a false alarm
const MAX_S = 12.8; // of one utterance
const DOWN = 0.25; // of the upper arm's height: so far a resting hand hangs below its elbow
const ARMS = {left_hand: ['pose_11', 'pose_13'], right_hand: ['pose_12', 'pose_14']}; // shoulder, elbow
const HAND_POINTS = 21;

/** Takes a film frame by frame, and gives each utterance as soon as it has ended. */
export class Cutter {
  /**
   * @param {string[]} columns Of a frame. They must hold the hands; shoulders and elbows, too, if resting hands are to
   *     be told.
   * @param {number} rate Frames a second.
   */
  constructor(columns, rate) {
    this.size = columns.length;
    this.numPoints = columns.length / 3;
    const place = (name) => columns.indexOf(`x_${name}`);
    this.arms = Object.entries(ARMS).map(([hand, arm]) => ({
      points: Array.from({length: HAND_POINTS}, (_, index) => place(`${hand}_${index}`)),
      arm: arm.map(place),
    }));
    [this.pause, this.min, this.max] = [PAUSE_S, MIN_S, MAX_S].map((time) => Math.max(round(time * rate), 1));
    this.rows = []; // of the utterance, or the idle frames before it
    this.number = 0; // of the next frame
    this.numRaised = 0;
    this.lastRaised = -1;
    this.numWithHands = 0;
  }

  /** @return {{begin: number, end: number, landmarks: Float32Array}[]} What has ended with this frame. */
  take(frame) {
    const {hasHand, isRaised} = this.raised(frame);
    this.rows.push(frame);
    this.number++;
    this.numWithHands += hasHand;
    if (isRaised) {
      this.numRaised++;
      this.lastRaised = this.number - 1;
    }
    if (!this.numRaised) {
      this.forget();
    } else if (this.numIdle >= Math.max(this.pause, IDLE_FRAMES)) {
      return this.finish();
    } else if (this.rows.length >= this.max + 2 * IDLE_FRAMES) {
      return [this.cutOff(this.swiftest())];
    }
    return [];
  }

  /** How many frames have passed since a hand was raised. */
  get numIdle() {
    return this.number - 1 - this.lastRaised;
  }

  /** Whether the utterance stays as it is if no hand is raised from now on: its text is final unless hands go on. */
  get isResting() {
    return this.numRaised > 0 && this.numIdle >= IDLE_FRAMES;
  }

  /** What `finish` would give now, in an array; nothing is changed. */
  soFar() {
    if (this.numRaised < this.min) return [];
    const begin = this.number - this.rows.length;
    const end = Math.min(this.lastRaised + 1 + IDLE_FRAMES, this.number);
    return [{begin, end, landmarks: joined(this.rows.slice(0, end - begin), this.size)}];
  }

  /** Gives the utterance that has not ended yet, if there is one. */
  finish() {
    const found = this.soFar();
    this.numRaised = 0;
    this.forget();
    return found;
  }

  forget() {
    this.rows.splice(0, Math.max(this.rows.length - IDLE_FRAMES, 0));
  }

  cutOff(numRows) {
    const begin = this.number - this.rows.length;
    const rows = this.rows.splice(0, numRows);
    this.numRaised = this.rows.filter((row) => this.raised(row).isRaised).length;
    return {begin, end: begin + numRows, landmarks: joined(rows, this.size)};
  }

  /** Where the hands change most in the second half: between two signs rather than within one. */
  swiftest() {
    const half = Math.floor(this.rows.length / 2);
    let [best, most] = [half, -1];
    for (let row = half; row < this.rows.length - 1; row++) {
      const [before, after] = [this.rows[row], this.rows[row + 1]];
      const swiftness = this.arms.reduce((sum, {points}) => sum + this.change(points, before, after), 0);
      if (swiftness > most) [best, most] = [row, swiftness];
    }
    return best + 1;
  }

  /** By how much a hand's points, taken from its wrist, differ between two frames. */
  change(points, before, after) {
    let sum = 0;
    for (const axis of [0, this.numPoints]) {
      const fromWrist = (row, point) => Math.fround(row[axis + point] - row[axis + points[0]]);
      for (const point of points) sum += Math.abs(Math.fround(fromWrist(after, point) - fromWrist(before, point))) || 0;
    }
    return sum;
  }

  /** Whether a frame shows a hand, and whether it shows a raised one: if the arm is unknown, a hand that is seen is. */
  raised(frame) {
    let hasHand = false;
    for (const {points, arm} of this.arms) {
      const wrist = frame[this.numPoints + points[0]];
      if (Number.isNaN(wrist)) continue;
      hasHand = true;
      if (arm.includes(-1)) return {hasHand, isRaised: true};
      const [shoulder, elbow] = arm.map((point) => frame[this.numPoints + point]);
      const limit = Math.fround(elbow + Math.fround(DOWN * Math.abs(Math.fround(elbow - shoulder))));
      if (!(wrist > limit)) return {hasHand, isRaised: true}; // nor if the arm is unknown
    }
    return {hasHand, isRaised: false};
  }
}
