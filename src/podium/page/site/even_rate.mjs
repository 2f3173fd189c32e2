// Landmarks at an even rate, whatever the times of the pictures: podium/landmarks/pictures/finding.py in JavaScript;
// and the rate of a video as in video_file.py. A test compares both.

const ROUNDING = 1e-6; // seconds
const MAX_ODD = 0.5; // of a picture's length: so far a time may be off in an even film
const ORDINARY_RATE = 30; // of a film that tells no times
const LONGEST = 24 * 3600; // seconds between two pictures; beyond it times are damaged

/** As Python rounds: halves to the even neighbour. */
export function round(value) {
  const low = Math.floor(value);
  if (value - low === 0.5) return low % 2 ? low + 1 : low;
  return Math.round(value);
}

/**
 * @param {number[]} times Seconds, rising.
 * @return {{rate: number, isEven: boolean}} The mean rate if each picture is where it would be at that rate, within
 *     half a picture; else that of the median distance.
 */
export function rateOf(times) {
  const steps = times.slice(1).map((time, number) => time - times[number]).filter((step) => step > 0 && step < LONGEST);
  if (!steps.length) return {rate: ORDINARY_RATE, isEven: true};
  const mean = (times.at(-1) - times[0]) / (times.length - 1);
  if (times.every((time, number) => Math.abs(time - (times[0] + number * mean)) <= MAX_ODD * mean)) {
    return {rate: 1 / mean, isEven: true};
  }
  steps.sort((a, b) => a - b);
  const half = steps.length / 2;
  const median = Number.isInteger(half) ? (steps[half - 1] + steps[half]) / 2 : steps[Math.floor(half)];
  return {rate: 1 / median, isEven: false};
}

/** Takes the landmarks of pictures with their times; gives frames at an even rate as soon as they are known. */
export class EvenFrames {
  /**
   * @param {number} rate Frames a second.
   * @param {boolean} isEven The pictures come at that rate; those that are lost are bridged.
   */
  constructor(rate, isEven) {
    [this.rate, this.isEven] = [rate, isEven];
    this.before = null;
    this.number = 0; // of the next frame
  }

  /** @return {Float32Array[]} The frames that have become known with a picture; `time` in seconds. */
  take(time, points) {
    const after = {time, points};
    const frames = this.isEven ? this.bridged(after) : this.between(after);
    this.before = after;
    return frames;
  }

  bridged(after) {
    const steps = this.before ? Math.max(round((after.time - this.before.time) * this.rate), 1) : 1;
    const frames = [];
    for (let step = 1; step < steps; step++) frames.push(onLine(this.before.points, after.points, step / steps));
    return [...frames, after.points];
  }

  between(after) {
    const before = this.before ?? after;
    const length = after.time - before.time;
    const frames = [];
    for (; this.number / this.rate <= after.time + ROUNDING; this.number++) {
      const share = length <= 0 ? 0 : Math.min(Math.max((this.number / this.rate - before.time) / length, 0), 1);
      frames.push(onLine(before.points, after.points, share));
    }
    return frames;
  }
}

/** What lies between two frames; if one of both lacks a value, that of the nearer one. */
function onLine(before, after, share) {
  const rounded = Math.fround(share);
  return before.map((first, place) => {
    const value = Math.fround(first + Math.fround(Math.fround(after[place] - first) * rounded));
    return Number.isNaN(value) ? (share < 0.5 ? first : after[place]) : value;
  });
}
