// What happens to a clip's frames before it is read: podium/landmarks/timing.py in JavaScript; a test compares both.

const SAME_RATE = 0.05; // rates that differ by less are taken for the same
// At an end up to IDLE_FRAMES frames without a hand stay; of more, KEPT_FRAMES are kept.
export const [IDLE_FRAMES, KEPT_FRAMES] = [3, 1];
export const FRAME_RATES = [1, 1000];

/**
 * The clip as a camera of another rate sees it; values lie on lines between frames.
 *
 * @param {Float32Array} clip Frame by frame.
 * @param {number} numColumns
 * @param {number} fps Frames a second of the clip.
 * @param {number} frameRate Frames a second that are wanted.
 * @return {Float32Array}
 */
export function resample(clip, numColumns, fps, frameRate) {
  const step = fps / frameRate;
  const numFrames = clip.length / numColumns;
  if (numFrames < 2 || Math.abs(step - 1) <= SAME_RATE) return clip;
  const numNew = Math.floor((numFrames - 1) / step + 1e-6) + 1;
  const resampled = new Float32Array(numNew * numColumns);
  for (let frame = 0; frame < numNew; frame++) {
    const place = frame * step;
    const before = Math.min(Math.floor(place), numFrames - 1);
    const after = Math.min(before + 1, numFrames - 1);
    const share = Math.fround(place - before);
    for (let column = 0; column < numColumns; column++) {
      const first = clip[before * numColumns + column];
      const second = clip[after * numColumns + column];
      const between = Math.fround(first + Math.fround(Math.fround(second - first) * share));
      const nearer = share < 0.5 ? first : second;
      resampled[frame * numColumns + column] = Number.isNaN(between) ? nearer : between;
    }
  }
  return resampled;
}

/**
 * The frames from the first to the last with a hand, and a little around them; none if no frame has a hand.
 *
 * @param {Float32Array} clip Frame by frame.
 * @param {string[]} columns Their names.
 * @param {number} minFrames So many frames are kept, if the clip has them.
 * @return {Float32Array} A part of the clip.
 */
export function signing(clip, columns, minFrames) {
  const numFrames = clip.length / columns.length;
  const hands = columns.filter((name) => /^x_(left|right)_hand_/.test(name))
      .map((name) => [columns.indexOf(name), columns.indexOf(name.replace('x_', 'y_'))]);
  const hasHand = (frame) => hands.some((place) =>
    place.every((column) => !Number.isNaN(clip[frame * columns.length + column])));
  let begin = 0;
  while (begin < numFrames && !hasHand(begin)) begin++;
  if (begin === numFrames) return clip.subarray(0, 0);
  let end = numFrames;
  while (!hasHand(end - 1)) end--;
  const kept = (numIdle) => numIdle <= IDLE_FRAMES ? numIdle : KEPT_FRAMES;
  [begin, end] = [begin - kept(begin), end + kept(numFrames - end)];
  const numLacking = Math.max(minFrames - (end - begin), 0);
  begin = Math.max(Math.min(begin - Math.floor(numLacking / 2), numFrames - Math.max(minFrames, end - begin)), 0);
  end = Math.min(Math.max(end, begin + minFrames), numFrames);
  return clip.subarray(begin * columns.length, end * columns.length);
}
