// Applies the page's rules to sounds: node sound_rules.mjs EXAMPLE LENGTHS.json SAMPLES.f32 → JSON.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

const [example, lengths, values] = process.argv.slice(2);
const {MEANINGS, clips, doubts} = await import(pathToFileURL(join(example, 'sounds.mjs')));
const content = readFileSync(values);
let all = new Float32Array(content.buffer, content.byteOffset, content.length / 4);
const sounds = JSON.parse(readFileSync(lengths)).map((length) => {
  const samples = all.slice(0, length);
  all = all.subarray(length);
  const found = clips(samples).map(({begin, samples, remarks}) =>
    ({begin, remarks, first: samples[0], last: samples.findLast((value) => value !== 0) ?? 0}));
  return {clips: found, doubts: doubts(samples)};
});
console.log(JSON.stringify({sounds, meanings: MEANINGS}));
