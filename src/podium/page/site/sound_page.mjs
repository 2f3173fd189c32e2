// The page for spoken words: the microphone and sound files.

import {Display, element} from './display.mjs';
import {Listener} from './listener.mjs';
import {LITERT} from './runtime.mjs';
import {MEANINGS, Microphone, clips, readSound} from './sounds.mjs';

const NO_WORDS = ['silence', 'unknown'];
const STEPS = 400; // across the picture of the wave

export class Page {
  // Use Page.open.
  constructor(complain, listener) {
    Object.assign(this, {complain, listener, display: new Display(MEANINGS, {})});
    this.turn = 0;
    element('start').addEventListener('click', () => this.microphone ? this.microphone.stop() : this.listen());
    element('file').addEventListener('click', () => element('file').value = '');
    element('file').addEventListener('change', () => this.readFile());
  }

  static async open(complain) {
    element('purpose').textContent = 'Say a word; read it here.';
    element('hint').textContent = 'Start the microphone, or choose a sound file.';
    element('start').textContent = 'Start microphone';
    element('file').accept = 'audio/*';
    element('clips').remove();
    const page = new Page(complain, await Listener.load('model_web.tflite', 'model_card.json', LITERT));
    for (const button of ['start', 'file']) element(button).disabled = false;
    const words = page.listener.classes.filter((word) => !NO_WORDS.includes(word));
    page.display.status(`ready; the words it knows: ${words.join(', ')}`);
  }

  async listen() {
    const turn = this.begin();
    try {
      const microphone = await Microphone.open();
      if (turn !== this.turn) return microphone.stop();
      this.microphone = microphone;
      element('start').textContent = 'Stop';
      this.display.status('listening');
      await this.hear(microphone.clips(), [], turn);
      if (turn === this.turn) this.display.status('done');
    } catch (error) {
      if (turn === this.turn) this.complain(error);
    } finally {
      if (turn === this.turn) this.end();
    }
  }

  async readFile() {
    const [file] = element('file').files;
    if (!file) return;
    const turn = this.begin();
    try {
      this.display.status('reading …');
      const {samples, remarks} = await readSound(file);
      await this.hear(clips(samples), remarks, turn);
      if (turn === this.turn) this.display.status('done');
    } catch (error) {
      if (turn === this.turn) this.complain(error);
    }
  }

  /** Shows what is heard in each clip; a word that goes on into the next one is told once. */
  async hear(all, remarks, turn) {
    let last = '';
    for await (const clip of all) {
      const reading = await this.listener.hear(clip.samples);
      if (turn !== this.turn) return;
      this.draw(clip.samples);
      this.display.show({...reading, remarks: [...new Set([...remarks, ...clip.remarks, ...reading.remarks])]});
      if (reading.text !== last && !NO_WORDS.includes(reading.text)) {
        this.display.add(reading.text, {begin: clip.begin, end: clip.begin + 1});
      }
      last = reading.text;
    }
  }

  begin() {
    this.end();
    this.display.clear();
    return ++this.turn;
  }

  end() {
    this.microphone?.stop();
    this.microphone = null;
    element('start').textContent = 'Start microphone';
  }

  /** The wave of a clip. */
  draw(samples) {
    element('hint').hidden = true;
    element('picture').setAttribute('aria-label', 'The sound of the last second, as a wave');
    const {width, height} = element('picture');
    const context = element('picture').getContext('2d');
    context.clearRect(0, 0, width, height);
    context.fillStyle = '#5df2a6';
    const length = samples.length / STEPS;
    for (let step = 0; step < STEPS; step++) {
      const part = samples.subarray(step * length, (step + 1) * length);
      const peak = part.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const reach = Math.max(Math.sqrt(peak) * height * 0.45, 1);
      context.fillRect(step * width / STEPS, height / 2 - reach, width / STEPS * 0.7, 2 * reach);
    }
  }
}
