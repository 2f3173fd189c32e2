// Holds made short, so that slow and quick clips look alike: podium/landmarks/holds.py in JavaScript.
// A test compares both.

const WAY_PER_FRAME = 0.15; // radii of the hand between two frames that are kept
const LEAST_ADVANCE = 0.06; // of a frame in which nothing moves
const SPAN = 3; // frames over which a speed is taken
const HANDS = ['left_hand', 'right_hand'];

/**
 * @param {Float32Array} clip Frame by frame, at least one frame; NaN where a landmark is missing.
 * @param {string[]} columns Their names.
 * @param {number} minFrames At least so many frames are kept, if the clip has them.
 * @return {Float32Array} The frames that are kept.
 */
export function moving(clip, columns, minFrames) {
  const numFrames = clip.length / columns.length;
  const advance = new Float64Array(numFrames).fill(LEAST_ADVANCE);
  for (const hand of HANDS) {
    speeds(handOf(clip, columns, hand)).forEach((speed, frame) => {
      advance[frame] = Math.max(advance[frame], Math.min(speed / WAY_PER_FRAME, 1));
    });
  }
  advance[0] = 1;
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const lacking = Math.min(minFrames, numFrames) - sum(advance);
  if (lacking > 0) {
    const slow = advance.map((value) => 1 - value);
    const share = lacking / sum(slow);
    slow.forEach((value, frame) => advance[frame] += value * share);
  }
  const kept = [];
  let [way, place] = [0, 0];
  advance.forEach((value, frame) => {
    way += value;
    const next = Math.floor(way + 1e-6);
    if (next > place) kept.push(frame);
    place = next;
  });
  const short = new Float32Array(kept.length * columns.length);
  kept.forEach((frame, number) =>
    short.set(clip.subarray(frame * columns.length, (frame + 1) * columns.length), number * columns.length));
  return short;
}

/** Frame by frame the x and the y of a hand's points, or null if one is missing. */
function handOf(clip, columns, hand) {
  const places = ['x', 'y'].map((axis) =>
    columns.flatMap((name, place) => name.startsWith(`${axis}_${hand}`) ? [place] : []));
  return Array.from({length: clip.length / columns.length}, (_, frame) => {
    const axes = places.map((group) => group.map((place) => clip[frame * columns.length + place]));
    return axes.flat().some(Number.isNaN) ? null : axes;
  });
}

/** Radii per frame, over the last `SPAN` frames; 0 while the hand was not seen at both ends of them. */
function speeds(frames) {
  const speed = new Float64Array(frames.length);
  if (!frames.some(Boolean)) return speed;
  const smooth = frames.map((frame, number) => frame && smoothed(frames.slice(Math.max(number - 1, 0), number + 2)));
  const seen = smooth.filter(Boolean);
  const radii = [0, 1].map((axis) => Math.max(median(seen.map((frame) => deviation(frame[axis]))), 1e-9));
  for (let span = 1; span <= Math.min(SPAN, frames.length - 1); span++) { // the first frames have fewer before them
    for (let frame = span; frame < frames.length; frame++) {
      const [after, before] = [smooth[frame], smooth[frame - span]];
      speed[frame] = after && before ? distance(after, before, radii) / span : 0;
    }
  }
  return speed;
}

/** The mean of the frames in which the hand was seen. */
function smoothed(frames) {
  const seen = frames.filter(Boolean);
  return seen[0].map((points, axis) =>
    points.map((_, point) => seen.reduce((sum, frame) => sum + frame[axis][point], 0) / seen.length));
}

function distance(after, before, radii) {
  const [x, y] = [0, 1].map((axis) => after[axis].map((value, point) => (value - before[axis][point]) / radii[axis]));
  return Math.sqrt(mean(x.map((value, point) => value ** 2 + y[point] ** 2)) / 2);
}

function deviation(values) {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return Number.isInteger(half) ? (sorted[half - 1] + sorted[half]) / 2 : sorted[Math.floor(half)];
}
