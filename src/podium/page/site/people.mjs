// How many people are in a picture, and whom Holistic follows: podium/landmarks/pictures/people.py in JavaScript.

import {Tensor} from '@litertjs/core';
import {BEGINS} from './points.mjs';

const EVERY_S = 2; // between two looks
const MIN_SIZE = 0.4; // of the largest person's: who is smaller stands in the background
const MUCH_LARGER = 1.25; // than the person that is followed: begin anew with the larger one
const SIDE = 224; // pixels
const GRIDS = [[28, 2], [14, 2], [7, 6]]; // cells along a side, anchors in each
const MIN_SCORE = 0.5;
const NUM_VALUES = 12; // of an anchor: a box, four points
const GREY = 'rgb(128 128 128)';
const SHOULDERS = [11, 12].map((point) => 3 * (BEGINS.pose + point));
const ANCHORS = GRIDS.flatMap(([cells, number]) => Array.from({length: cells * cells * number}, (_, place) => {
  const cell = Math.floor(place / number);
  return [(cell % cells + 0.5) / cells, (Math.floor(cell / cells) + 0.5) / cells];
}));

/** Looks for people now and then, and remembers whom Holistic follows. */
export class Watch {
  /** @param {object} detector The pose detector among Holistic's models, compiled. */
  constructor(detector) {
    this.detector = detector;
    this.next = 0; // seconds
    this.followed = null; // the middle of the shoulders, in fractions of the picture
  }

  isDue(time) {
    if (time < this.next) return false;
    this.next = time + EVERY_S;
    return true;
  }

  /**
   * @param {OffscreenCanvas} canvas With the picture.
   * @return {Promise<object[]>} The people in it, the largest first; none that are far smaller than that one.
   */
  async look(canvas) {
    const people = (await this.people(canvas)).sort((a, b) => b.size - a.size);
    return people.filter((person) => person.size >= MIN_SIZE * people[0].size);
  }

  /** Notes whom Holistic follows. */
  follow(points) {
    const [x, y] = [0, 1].map((axis) => (points[SHOULDERS[0] + axis] + points[SHOULDERS[1] + axis]) / 2);
    this.followed = Number.isNaN(x) || Number.isNaN(y) ? null : [x, y];
  }

  /** Whether Holistic follows someone while another person is much larger. */
  isWrongPerson(people, {width, height}) {
    if (people.length < 2 || !this.followed) return false;
    const [x, y] = [this.followed[0] * width, this.followed[1] * height];
    const away = ({shoulders}) => Math.hypot(shoulders[0] - x, shoulders[1] - y);
    const followed = people.reduce((best, person) => away(person) < away(best) ? person : best);
    return people[0].size > MUCH_LARGER * followed.size;
  }

  /** Paints over all but the largest person, if Holistic is to choose whom it follows. */
  hideOthers(canvas, people) {
    if (people.length < 2 || !(this.followed === null || this.isWrongPerson(people, canvas))) return;
    const context = canvas.getContext('2d', {willReadFrequently: true});
    const [{box: [left, top, right, bottom]}, ...others] = people;
    const kept = right > left && bottom > top ? context.getImageData(left, top, right - left, bottom - top) : null;
    context.fillStyle = GREY;
    for (const {box} of others) context.fillRect(box[0], box[1], box[2] - box[0], box[3] - box[1]);
    if (kept) context.putImageData(kept, left, top);
  }

  async people(canvas) {
    const {width, height} = canvas;
    const side = Math.max(width, height);
    const [small, left, top] = squareOf(canvas);
    const {values, scores} = await this.ask(small);
    const found = [];
    const likeliest = Array.from(scores.keys()).filter((anchor) => scores[anchor] >= MIN_SCORE)
        .sort((a, b) => scores[b] - scores[a]);
    for (const anchor of likeliest) {
      const points = [0, 1, 2, 3].map((point) => [0, 1].map((axis) => {
        const value = values[anchor * NUM_VALUES + 4 + 2 * point + axis];
        return (value + ANCHORS[anchor][axis] * SIDE - [left, top][axis]) * side / SIDE;
      }));
      const person = personOf(points, width, height);
      const isNew = ({shoulders, size}) => Math.max(size, person.size) / 4 <
          Math.hypot(person.shoulders[0] - shoulders[0], person.shoulders[1] - shoulders[1]);
      if (found.every(isNew)) found.push(person);
    }
    return found;
  }

  async ask(square) {
    const given = new Tensor(square, [1, SIDE, SIDE, 3]);
    const answers = await this.detector.run([given]);
    const arrays = answers.map((answer) => answer.toTypedArray()).sort((a, b) => b.length - a.length);
    const [values, logits] = arrays.map((array) => array.slice());
    for (const tensor of [given, ...answers]) tensor.delete();
    return {values, scores: logits.map((logit) => 1 / (1 + Math.exp(-Math.min(Math.max(logit, -100), 100))))};
  }
}

/** The picture in the middle of a black square, from -1 to 1; and where it begins there. */
function squareOf(canvas) {
  const side = Math.max(canvas.width, canvas.height);
  const [width, height] = [canvas.width, canvas.height].map((length) => Math.round(length * SIDE / side));
  const [left, top] = [Math.floor((SIDE - width) / 2), Math.floor((SIDE - height) / 2)];
  const context = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true});
  context.imageSmoothingQuality = 'high';
  context.drawImage(canvas, 0, 0, width, height);
  const {data} = context.getImageData(0, 0, width, height);
  const square = new Float32Array(SIDE * SIDE * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const place = 3 * ((top + Math.floor(pixel / width)) * SIDE + left + pixel % width);
    for (let colour = 0; colour < 3; colour++) square[place + colour] = data[4 * pixel + colour] / 127.5 - 1;
  }
  return [square, left, top];
}

/** From hips, end of the body and shoulders, in pixels. */
function personOf([hips, end, shoulders], width, height) {
  const size = Math.hypot(end[0] - hips[0], end[1] - hips[1]);
  const edges = [-1, 1].flatMap((sign) => [0, 1].map((axis) =>
    Math.trunc((hips[axis] + shoulders[axis]) / 2 + sign * size * 0.8)));
  const box = edges.map((edge, place) => Math.min(Math.max(edge, 0), place % 2 ? height : width)); // left, top, …
  return {shoulders, size, box};
}
