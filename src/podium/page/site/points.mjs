// The 543 landmarks that MediaPipe Holistic finds, and which of them a model reads: podium/landmarks/mediapipe.py.

const PART_SIZES = {face: 468, left_hand: 21, pose: 33, right_hand: 21};
export const NUM_POINTS = 543;
export const BEGINS = {}; // part → its first landmark
export const PLACES_OF_PARTS = {}; // part → where its values begin and end among (543, 3)
const PLACES = new Map(); // name → number of the landmark
for (const [part, size] of Object.entries(PART_SIZES)) {
  BEGINS[part] = PLACES.size;
  PLACES_OF_PARTS[part] = [3 * PLACES.size, 3 * (PLACES.size + size)];
  for (let index = 0; index < size; index++) PLACES.set(`${part}_${index}`, PLACES.size);
}

/** Where a column such as `x_left_hand_0` stands among (543, 3). */
function placeOf(column) {
  const place = PLACES.get(column.slice(2));
  if (place === undefined) throw new Error(`the model reads ${column}, which MediaPipe Holistic does not find`);
  return 3 * place + 'xyz'.indexOf(column[0]);
}

/**
 * Landmarks of one picture out of what MediaPipe returns.
 *
 * @param {object} found A HolisticLandmarkerResult.
 * @return {Float32Array} (543, 3): x and y in fractions of the picture, z; NaN for a part that was not found.
 */
export function pointsOf(found) {
  const points = new Float32Array(3 * NUM_POINTS).fill(NaN);
  const parts = {
    face: found.faceLandmarks, left_hand: found.leftHandLandmarks,
    pose: found.poseLandmarks, right_hand: found.rightHandLandmarks,
  };
  for (const [part, [landmarks]] of Object.entries(parts)) {
    landmarks?.slice(0, PART_SIZES[part]).forEach(({x, y, z}, index) =>
      points.set([x, y, z], 3 * (BEGINS[part] + index)));
  }
  return points;
}

/**
 * @param {string[]} columns Of a model: all x, all y, all z, called as in `x_left_hand_0`.
 * @return {function(Float32Array): Float32Array} Takes (543, 3), gives the values of the columns.
 */
export function selection(columns) {
  const places = Int32Array.from(columns, placeOf);
  return (points) => Float32Array.from(places, (place) => points[place]);
}

/**
 * @param {string[]} columns
 * @return {function(Float32Array): Float32Array} Takes the values of the columns, gives (543, 3); NaN for all others.
 */
export function unselected(columns) {
  return (values) => {
    const points = new Float32Array(3 * NUM_POINTS).fill(NaN);
    columns.forEach((column, number) => points[placeOf(column)] = values[number]);
    return points;
  };
}

/** Frames of equal size, laid end to end. */
export function joined(rows, size) {
  const all = new Float32Array(rows.length * size);
  rows.forEach((row, number) => all.set(row, number * size));
  return all;
}
