// Applies the page's rules to films: node film_rules.mjs EXAMPLE FOLDER. FOLDER/told.json says what lies in FOLDER/values.f32.
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

const [example, folder] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(join(example, name)));
const {moving} = await load('holds.mjs');
const {Cutter} = await load('utterances.mjs');
const {EvenFrames, rateOf} = await load('even_rate.mjs');
const {selection} = await load('points.mjs');
const {columns, holds, films, pictures} = JSON.parse(readFileSync(join(folder, 'told.json')));
const content = readFileSync(join(folder, 'values.f32'));
let values = new Float32Array(content.buffer, content.byteOffset, content.length / 4);
const next = (numFrames, size) => {
  const frames = Array.from({length: numFrames}, (_, frame) => values.slice(frame * size, (frame + 1) * size));
  const all = values.slice(0, numFrames * size);
  values = values.subarray(numFrames * size);
  return {all, frames};
};
const answer = {holds: [], films: [], pictures: []};
const out = [];

for (const {numFrames, minFrames} of holds) {
  const short = moving(next(numFrames, columns.length).all, columns, minFrames);
  answer.holds.push(short.length / columns.length);
  out.push(short);
}
for (const {numFrames, rate} of films) {
  const cutter = new Cutter(columns, rate);
  const found = next(numFrames, columns.length).frames.flatMap((frame) => cutter.take(frame));
  found.push(...cutter.finish());
  answer.films.push({spans: found.map(({begin, end}) => [begin, end]), numWithHands: cutter.numWithHands});
  out.push(...found.map(({landmarks}) => landmarks));
}
for (const times of pictures) {
  const {rate, isEven} = rateOf(times);
  const even = new EvenFrames(rate, isEven);
  const select = selection(columns);
  const frames = next(times.length, 3 * 543).frames.flatMap((points, number) => even.take(times[number] - times[0], points));
  answer.pictures.push({rate, isEven, numFrames: frames.length});
  out.push(...frames.map(select));
}
writeFileSync(join(folder, 'out.f32'), Buffer.concat(out.map((one) => Buffer.from(one.buffer, one.byteOffset, one.byteLength))));
console.log(JSON.stringify(answer));
