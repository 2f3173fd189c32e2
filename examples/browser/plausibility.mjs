// Whether a clip's landmarks can be those of a person: podium/plausibility.py in JavaScript; a test compares both.

const MIN_FRAMES = 3;
const [MAX_CONTOUR, MAX_BONE] = [0.3, 0.95];
const [MIN_FACE, MAX_FACE] = [1.5, 3.3];
const [MAX_WRIST_GAP, MAX_OWN_LEAD] = [1.2, 0.5];
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
const FINGERS = [[0, 1, 2, 3, 4], [0, 5, 6, 7, 8], [5, 9, 10, 11, 12], [9, 13, 14, 15, 16], [13, 17, 18, 19, 20], [0, 17]];
