// The page for signs: the webcam, videos and clips of landmarks.

import {Display, element} from './display.mjs';
import {draw} from './drawing.mjs';
import {FilmReader} from './film_reader.mjs';
import {Camera, VideoFile} from './films.mjs';
import {Landmarkers} from './landmarker.mjs';
import {readNpy} from './npy.mjs';
import {unselected} from './points.mjs';
import {Recognizer} from './recognizer.mjs';
import {MEANINGS, REASONS} from './remarks.mjs';
import {LITERT, bytes, compile, fetched, loadRuntime} from './runtime.mjs';

const MEDIAPIPE = 'node_modules/@mediapipe/tasks-vision/wasm/';
const ORDINARY_RATE = 30;
const CLIP_SIZE = [480, 640]; // of a phone's picture, which clips do not tell

export class Page {
  // Use Page.open.
  constructor(complain, recognizer) {
    Object.assign(this, {complain, recognizer, display: new Display(MEANINGS, REASONS)});
    this.turn = 0; // an answer to an earlier input comes too late
    element('start').addEventListener('click', () => this.film ? this.film.end() : this.readFilm(() => Camera.open()));
    element('file').addEventListener('click', () => element('file').value = ''); // the same file, too, is a change
    element('file').addEventListener('change', () => this.readFile());
    element('fps').addEventListener('input', () => this.clip && this.readClip(this.clip, 400));
    element('file').disabled = false;
  }

  static async open(complain) {
    const page = new Page(complain, await Recognizer.load('model_web.tflite', 'model_card.json', LITERT));
    await page.prepareFilms(); // clips of landmarks can be read before
    element('start').disabled = false;
    page.display.status('ready');
  }

  async prepareFilms() {
    const downloads = [
      fetched('holistic.task', bytes),
      Promise.all([fetched('pose_detector.tflite', bytes), loadRuntime(LITERT)]).then(([content]) => compile(content)),
    ];
    await Promise.allSettled(downloads); // so that of several problems the first one here is told, not the fastest
    const [task, detector] = await Promise.all(downloads);
    const landmarkers = new Landmarkers(task, MEDIAPIPE);
    await landmarkers.fresh;
    Object.assign(this, {landmarkers, detector});
  }

  readFile() {
    const [file] = element('file').files;
    if (!file) return;
    this.clip = /\.npy$/i.test(file.name) ? file : null;
    element('clips').open = Boolean(this.clip);
    if (this.clip) this.readClip(file, 50);
    else this.readFilm(() => VideoFile.open(file));
  }

  /** @param {number} pause Milliseconds: the page shows that it reads, and a number gets typed. */
  async readClip(file, pause) {
    const turn = await this.begin();
    try {
      const fps = numberOf(element('fps').value);
      this.display.status('reading …');
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (turn !== this.turn) return;
      const landmarks = readNpy(await file.arrayBuffer(), this.recognizer.numColumns);
      const reading = await this.recognizer.read(landmarks, {fps});
      if (turn !== this.turn) return;
      this.display.show(reading);
      this.display.status('done');
      this.play(landmarks, fps ?? this.recognizer.settings.frame_rate ?? ORDINARY_RATE, turn);
    } catch (error) {
      if (turn === this.turn) this.complain(error);
    }
  }

  /** Shows a clip of landmarks; a still of its middle to those who want no motion. */
  async play(landmarks, rate, turn) {
    const {numColumns, columns} = this.recognizer;
    const numFrames = landmarks.length / numColumns;
    const [blank, points] = [new OffscreenCanvas(...CLIP_SIZE), unselected(columns)];
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.label(`${this.clip.name}, as a skeleton`, false);
    for (let frame = isStill ? numFrames >> 1 : 0; frame < numFrames && turn === this.turn; frame++) {
      draw(element('picture'), blank, points(landmarks.subarray(frame * numColumns, (frame + 1) * numColumns)));
      if (isStill) break;
      await new Promise((resolve) => setTimeout(resolve, 1000 / rate));
    }
  }

  /** @param {function(): Promise<Film>} open */
  async readFilm(open) {
    const turn = await this.begin();
    const stopping = new AbortController();
    let film = null;
    const running = (async () => {
      if (!this.landmarkers) throw new Error('MediaPipe is not ready yet; wait a moment, and try again');
      film = await open();
      if (stopping.signal.aborted) return film.stop();
      this.showFilm(film);
      await new FilmReader(this, {
        onPicture: (...told) => this.showPicture(...told),
        onDraft: (reading, {isSettled}) => this.display.show(reading, {isOpen: !isSettled}),
        onText: (reading, span) => this.showText(reading, span),
      }).read(film, stopping.signal);
    })();
    this.film = {
      end: () => {
        stopping.abort();
        film?.stop();
        return running.catch(() => {});
      },
    };
    element('start').textContent = 'Stop';
    this.display.status('opening …');
    try {
      await running;
      if (film.isMirrored && film.isDamaged) throw new Error('the camera is gone; plug it in again, and start anew');
      if (turn === this.turn) this.display.status(this.display.texts.length ? 'done' : element('text').textContent);
    } catch (error) {
      if (turn === this.turn) this.complain(error);
    } finally {
      if (turn === this.turn) this.endFilm();
    }
  }

  /** Ends what is being read, and clears what was said; returns the number of the turn that begins. */
  async begin() {
    const turn = ++this.turn;
    await this.film?.end();
    if (turn !== this.turn) return turn;
    this.endFilm();
    this.display.clear();
    return turn;
  }

  endFilm() {
    this.film = null;
    element('start').textContent = 'Start camera';
    element('progress').hidden = true;
  }

  showFilm(film) {
    this.label(`${film.isMirrored ? 'Your camera' : film.name}, with the landmarks that were found`, film.isMirrored);
    element('progress').hidden = film.isMirrored;
    this.display.status(film.isMirrored ? 'watching: raise a hand and spell' : `reading ${film.name} …`);
  }

  showPicture(film, points) {
    draw(element('picture'), film.canvas, points);
    if (!film.isMirrored) element('progress').value = film.numPictures / film.numPromised;
  }

  showText(reading, span) {
    this.display.show(reading);
    if (reading.text) this.display.add(reading.text, span);
  }

  label(text, isMirrored) {
    element('hint').hidden = true;
    element('picture').classList.toggle('mirrored', isMirrored);
    element('picture').setAttribute('aria-label', text);
  }
}

/** What stands in the field for frames a second; null if nothing does. */
function numberOf(text) {
  if (!text.trim()) return null;
  if (text.includes(',')) throw new Error(`"${text}" has a comma; write a point, as in 29.97`);
  if (!Number.isFinite(Number(text))) throw new Error(`"${text}" is no number of frames a second`);
  return Number(text);
}
