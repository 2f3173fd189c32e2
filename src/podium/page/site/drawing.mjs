// Draws a picture and the person's landmarks over it.

import {BEGINS} from './points.mjs';

const FINGERS = [1, 5, 9, 13, 17].map((first) => [0, first, first + 1, first + 2, first + 3]);
const PALM = [5, 9, 13, 17];
const BODY = [[15, 13, 11, 12, 14, 16], [11, 23, 24, 12]]; // wrist to wrist; the trunk
const FACE = [ // lips, eyes and brows, outline
  [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61],
  [33, 160, 158, 133, 153, 144, 33], [362, 385, 387, 263, 373, 380, 362],
  [70, 63, 105, 66, 107], [336, 296, 334, 293, 300],
  [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10],
];
const LINES = [
  {part: 'face', lines: FACE, colour: '#ffffffc0', width: 1.5},
  {part: 'pose', lines: BODY, colour: '#7cc4ff', width: 3},
  {part: 'left_hand', lines: [...FINGERS, PALM], colour: '#ffd166', width: 3, hasDots: true},
  {part: 'right_hand', lines: [...FINGERS, PALM], colour: '#5df2a6', width: 3, hasDots: true},
];
const NUM_HAND = 21;
const UNIT = 640; // pixels of width for which the lines' widths are meant

/**
 * @param {HTMLCanvasElement} shown
 * @param {OffscreenCanvas} picture
 * @param {Float32Array} points See `pointsOf`.
 */
export function draw(shown, picture, points) {
  if (shown.width !== picture.width || shown.height !== picture.height) {
    [shown.width, shown.height] = [picture.width, picture.height];
  }
  const context = shown.getContext('2d');
  context.clearRect(0, 0, shown.width, shown.height);
  context.drawImage(picture, 0, 0);
  const scale = picture.width / UNIT;
  context.lineJoin = context.lineCap = 'round';
  for (const {part, lines, colour, width, hasDots} of LINES) {
    const at = (index) => [0, 1].map((axis) =>
      points[3 * (BEGINS[part] + index) + axis] * [picture.width, picture.height][axis]);
    for (const [style, extra] of [['#0009', 2], [colour, 0]]) { // a dark edge shows on bright pictures
      context.strokeStyle = style;
      context.lineWidth = (width + extra) * scale;
      context.beginPath();
      for (const line of lines) trace(context, line.map(at));
      context.stroke();
    }
    context.fillStyle = colour;
    for (let index = 0; hasDots && index < NUM_HAND; index++) {
      context.beginPath();
      context.arc(...at(index), 2.5 * scale, 0, 7);
      context.fill();
    }
  }
}

/** A line through the points that are known; it ends where one is not. */
function trace(context, line) {
  let isOpen = false;
  for (const [x, y] of line) {
    const isKnown = !Number.isNaN(x);
    if (isKnown) context[isOpen ? 'lineTo' : 'moveTo'](x, y);
    isOpen = isKnown;
  }
}
