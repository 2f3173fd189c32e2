// Whether landmarks can be those of a person: podium/landmarks/plausibility.py in JavaScript; a test compares both.

const MAX_FRAMES = 256; // that are looked at, spread evenly
const MIN_FRAMES = 3; // that must show what a rule looks at
const [MAX_CONTOUR, MAX_BONE] = [0.3, 0.95];
const [MIN_FACE, MAX_FACE] = [1.5, 3.3];
const [MAX_WRIST_GAP, MAX_CHEST, MAX_OWN_LEAD] = [1.2, 3.5, 0.5];
const [MAX_TILT, MIN_TURNED] = [4, 0.25];
const MAX_COORDINATE = 1e15;

const LIPS = [
  0, 61, 185, 40, 39, 37, 267, 269, 270, 409, 291, 146, 91, 181, 84, 17, 314, 405, 321, 375,
  78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308,
];
const RIGHT_EYE = [33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173];
const LEFT_EYE = [263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398];
const STRETCHES = [
  [61, 37], [267, 291], [146, 17], [314, 375], [191, 82], [312, 415], [95, 87], [317, 324],
  [33, 133], [246, 173], [263, 362], [466, 398],
];
const FINGERS = [
  [0, 1, 2, 3, 4], [0, 5, 6, 7, 8], [5, 9, 10, 11, 12], [9, 13, 14, 15, 16], [13, 17, 18, 19, 20], [0, 17],
];
const PARTS = ['left_hand', 'right_hand', 'face', 'pose'];
const WRISTS = {left_hand: ['pose_15', 'pose_16'], right_hand: ['pose_16', 'pose_15']}; // its own arm's, the other's

/** The landmarks of a clip's columns, which stand as all x, all y, all z. */
class Landmarks {
  constructor(columns) {
    this.size = columns.length / 3;
    this.slots = new Map(columns.slice(0, this.size).map((name, slot) => [name.replace('x_', ''), slot]));
    const names = [...this.slots.keys()];
    const startingWith = (part) => names.filter((name) => name.startsWith(part)).map((name) => this.slots.get(name));
    this.groups = {
      right_eye: RIGHT_EYE.map((point) => this.slots.get(`face_${point}`)),
      left_eye: LEFT_EYE.map((point) => this.slots.get(`face_${point}`)),
      mouth: LIPS.map((point) => this.slots.get(`face_${point}`)),
      ...Object.fromEntries(PARTS.map((part) => [part, startingWith(part)])),
    };
    this.contour = STRETCHES.flatMap(([first, last]) => {
      const [begin, end] = [first, last].map((point) => this.slots.get(`face_${point}`));
      return Array.from({length: end - begin}, (_, step) => [begin + step, begin + step + 1]);
    });
    this.bones = Object.fromEntries(Object.keys(WRISTS).map((hand) => [hand, FINGERS.flatMap((finger) =>
      finger.slice(1).map((point, place) => [this.groups[hand][finger[place]], this.groups[hand][point]]))]));
  }
}

/**
 * Reads as missing a hand, the face or the pose of a frame if all its landmarks lie in one point, as zeros do.
 *
 * @param {Float32Array} clip Frame by frame.
 * @param {string[]} columns Their names.
 * @return {[Float32Array, boolean]} The array itself, or a copy with NaN; and whether there were such parts.
 */
export function withoutZeros(clip, columns) {
  const {size, groups} = new Landmarks(columns);
  let cleaned = clip;
  for (let start = 0; start < clip.length; start += columns.length) {
    for (const part of PARTS) {
      const isOnePoint = [0, 1, 2].every((axis) => {
        const first = clip[start + axis * size + groups[part][0]];
        return groups[part].every((slot) => {
          const value = clip[start + axis * size + slot];
          return value === first || axis === 2 && Number.isNaN(value);
        });
      });
      if (!isOnePoint) continue;
      if (cleaned === clip) cleaned = clip.slice();
      for (const slot of groups[part]) for (const axis of [0, 1, 2]) cleaned[start + axis * size + slot] = NaN;
    }
  }
  return [cleaned, cleaned !== clip];
}

/**
 * What speaks against a clip, from its landmarks alone.
 *
 * @param {Float32Array} clip Frame by frame, NaN where a landmark is missing.
 * @param {string[]} columns Their names.
 * @return {string[]} Keys of `MEANINGS` in remarks.mjs.
 */
export function doubts(clip, columns) {
  const of = figures(clip, new Landmarks(columns));
  const lengths = [Math.hypot(of.eyes_x, of.eyes_y), Math.hypot(of.mouth_x, of.mouth_y)];
  if (of.contour > MAX_CONTOUR || of.bone > MAX_BONE || of.wrist_gap > MAX_WRIST_GAP ||
      Math.hypot(of.chest_x, of.chest_y) > MAX_CHEST ||
      lengths.some((length) => length < MIN_FACE || length > MAX_FACE)) {
    return ['columns_in_another_order'];
  }
  if (exceed(MAX_TILT, tilt(of, 'eyes', 'mouth'), tilt(of, 'shoulders', 'chest'))) {
    return of.own_lead > MAX_OWN_LEAD ? ['hands_swapped', 'rotated'] : ['rotated'];
  }
  return [
    ...(of.own_lead > MAX_OWN_LEAD ? ['hands_swapped'] : []),
    ...(exceed(MIN_TURNED, -of.mouth_y, -of.chest_y) ? ['upside_down'] : []),
    ...(exceed(MIN_TURNED, -of.eyes_x, -of.shoulders_x) ? ['mirrored'] : []),
  ];
}

/** Whether all known figures exceed a limit, and one is known. */
function exceed(limit, ...figures) {
  const known = figures.filter((figure) => !Number.isNaN(figure));
  return known.length > 0 && known.every((figure) => figure > limit);
}

function tilt(of, across, down) {
  const upright = Math.abs(of[`${across}_x`] * of[`${down}_y`]);
  return Math.abs(of[`${across}_y`] * of[`${down}_x`]) / Math.max(upright, 1e-9);
}

/** Medians over the frames of what the rules look at; see `figures` in podium/landmarks/plausibility.py. */
function figures(clip, {size, slots, groups, contour, bones}) {
  const seen = {};
  const note = (name, value) => (seen[name] ??= []).push(value);
  const stride = Math.max(Math.ceil(clip.length / (3 * size) / MAX_FRAMES), 1);
  for (let start = 0; start < clip.length; start += stride * 3 * size) {
    const at = (axis, slot) => {
      const value = clip[start + axis * size + slot];
      return Math.abs(value) > MAX_COORDINATE ? NaN : value;
    };
    const offsets = {left_hand: [[], []], right_hand: [[], []]}; // by hand: to its own arm's wrist, to the other one's
    const lengths = {left_hand: [], right_hand: []};
    for (const [axis, letter] of ['x', 'y'].entries()) {
      const of = Object.fromEntries(Object.entries(groups).map(([name, group]) =>
        [name, centreAndSpread(group.map((slot) => at(axis, slot)))]));
      const step = (pairs) => mean(pairs.map(([first, last]) => Math.abs(at(axis, last) - at(axis, first))));
      const [right, left] = ['pose_12', 'pose_11'].map((name) => at(axis, slots.get(name)));
      const {face, pose, mouth, left_eye: leftEye, right_eye: rightEye} = of;
      note(`contour_${letter}`, step(contour) / face.spread);
      note(`eyes_${letter}`, (leftEye.centre - rightEye.centre) / face.spread);
      note(`mouth_${letter}`, (mouth.centre - (leftEye.centre + rightEye.centre) / 2) / face.spread);
      note(`shoulders_${letter}`, (left - right) / pose.spread);
      note(`chest_${letter}`, ((left + right) / 2 - face.centre) / pose.spread);
      for (const [hand, wrists] of Object.entries(WRISTS)) {
        lengths[hand].push(step(bones[hand]) / of[hand].spread);
        const wrist = at(axis, groups[hand][0]);
        wrists.forEach((name, place) => offsets[hand][place].push((at(axis, slots.get(name)) - wrist) / pose.spread));
      }
    }
    for (const hand of Object.keys(WRISTS)) {
      const [own, other] = offsets[hand].map((offset) => Math.hypot(...offset));
      note('bone', (lengths[hand][0] + lengths[hand][1]) / 2);
      note('wrist_gap', Math.min(own, other));
      note('own_lead', own - other);
    }
  }
  const names = [
    'contour_x', 'contour_y', 'bone', 'wrist_gap', 'own_lead',
    ...['eyes', 'mouth', 'shoulders', 'chest'].flatMap((name) => [`${name}_x`, `${name}_y`]),
  ];
  const of = Object.fromEntries(names.map((name) => [name, median(seen[name] ?? [])]));
  const contours = [of.contour_x, of.contour_y].filter((value) => !Number.isNaN(value));
  return {...of, contour: contours.length ? Math.max(...contours) : NaN};
}

/** Of what is there; NaN if that is less than half, or all in one point. */
function centreAndSpread(values) {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length < values.length / 2) return {centre: NaN, spread: NaN};
  const centre = mean(known);
  const variance = mean(known.map((value) => value ** 2)) - centre ** 2;
  return {centre, spread: variance > 1e-12 * centre ** 2 ? Math.sqrt(variance) : NaN};
}

/** Of what is there; NaN of nothing. */
function mean(values) {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function median(values) {
  const known = values.filter((value) => !Number.isNaN(value)).sort((one, other) => one - other);
  if (known.length < MIN_FRAMES) return NaN;
  const middle = known.length >> 1;
  return known.length % 2 ? known[middle] : (known[middle - 1] + known[middle]) / 2;
}
