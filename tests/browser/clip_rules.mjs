// Applies the page's rules to the clips of a file: node clip_rules.mjs EXAMPLE CLIPS.json CLIPS.f32 → JSON, and OUT.f32.
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

const [example, list, values, out] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(join(example, name)));
const {doubts, withoutZeros} = await load('plausibility.mjs');
const {resample, signing} = await load('timing.mjs');
const words = await load('remarks.mjs');
const {columns, clips, frameRate} = JSON.parse(readFileSync(list));
const content = readFileSync(values);
const all = new Float32Array(content.buffer, content.byteOffset, content.length / 4);
const [answers, read] = [[], []];
let begin = 0;
for (const {numFrames, fps, minFrames} of clips) {
  const end = begin + numFrames * columns.length;
  const [seen, hasZeros] = withoutZeros(all.slice(begin, end), columns);
  const clip = signing(resample(seen, columns.length, fps, frameRate), columns, minFrames);
  answers.push({hasZeros, doubts: doubts(seen, columns), numFrames: clip.length / columns.length});
  read.push(Buffer.from(clip.buffer, clip.byteOffset, clip.byteLength));
  begin = end;
}
writeFileSync(out, Buffer.concat(read));
console.log(JSON.stringify({answers, meanings: words.MEANINGS, reasons: words.REASONS}));
