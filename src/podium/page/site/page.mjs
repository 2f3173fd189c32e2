// The page: what its buttons do, and what it shows.

import {draw} from './drawing.mjs';
import {FilmReader} from './film_reader.mjs';
import {Camera, VideoFile} from './films.mjs';
import {Landmarkers} from './landmarker.mjs';
import {readNpy} from './npy.mjs';
import {Recognizer} from './recognizer.mjs';
import {MEANINGS, REASONS} from './remarks.mjs';
import {compile, fetched, loadRuntime} from './runtime.mjs';

const LITERT = 'node_modules/@litertjs/core/wasm/';
const MEDIAPIPE = 'node_modules/@mediapipe/tasks-vision/wasm/';
const HINT = '"podium page" puts the model, its card and settings, MediaPipe\'s models and all scripts beside this page';
const element = (id) => document.querySelector(`#${id}`);
const bytes = (response) => response.arrayBuffer();

/** @param {function(Error)} complain Shows what is wrong. */
export async function start(complain) {
  const page = new Page(complain);
  try {
    page.recognizer = await Recognizer.load('model_web.tflite', 'model_card.json', LITERT);
    element('file').disabled = false;
    await page.prepareFilms();
  } catch (error) {
    complain(`${error.message}; ${HINT}`);
    return;
  }
  element('camera').disabled = false;
  page.status('ready');
}

class Page {
  constructor(complain) {
    this.complain = complain;
    this.turn = 0; // an answer to an earlier input comes too late
    this.texts = []; // of utterances that have ended
    this.current = ''; // the text of one that has not, or of a clip
    element('camera').addEventListener('click', () => this.film ? this.film.end() : this.readFilm(() => Camera.open()));
    element('file').addEventListener('click', () => element('file').value = ''); // the same file, too, is a change
    element('file').addEventListener('change', () => this.readFile());
    element('fps').addEventListener('input', () => this.clip && this.readClip(this.clip, 400));
    element('copy').addEventListener('click', () => this.copy());
  }

  /** MediaPipe's models; clips of landmarks can be read before. */
  async prepareFilms() {
    const [task, detector] = await Promise.all([
      fetched('holistic.task', bytes),
      Promise.all([fetched('pose_detector.tflite', bytes), loadRuntime(LITERT)]).then(([content]) => compile(content)),
    ]);
    this.landmarkers = new Landmarkers(task, MEDIAPIPE);
    this.detector = detector;
    await this.landmarkers.fresh;
  }

  readFile() {
    const [file] = element('file').files;
    if (!file) return;
    this.clip = null;
    if (/\.npy$/i.test(file.name)) {
      this.clip = file;
      this.readClip(file, 50);
    } else {
      this.readFilm(() => VideoFile.open(file));
    }
  }

  /** @param {number} pause Milliseconds: the page shows that it reads, and a number gets typed. */
  async readClip(file, pause) {
    const turn = await this.begin();
    try {
      const fps = numberOf(element('fps').value);
      this.status('reading …');
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (turn !== this.turn) return;
      const landmarks = readNpy(await file.arrayBuffer(), this.recognizer.numColumns);
      const reading = await this.recognizer.read(landmarks, {fps});
      if (turn !== this.turn) return;
      this.show(reading);
      this.status('done');
    } catch (error) {
      if (turn === this.turn) this.complain(error);
    }
  }

  /** @param {function(): Promise<Film>} open */
  async readFilm(open) {
    const turn = await this.begin();
    const stopping = new AbortController();
    let film = null;
    const running = (async () => {
      if (!this.landmarkers) throw new Error(`videos cannot be read yet; ${HINT}`);
      film = await open();
      if (stopping.signal.aborted) {
        film.stop();
        return;
      }
      this.showFilm(film);
      await new FilmReader(this, {
        onPicture: (...told) => this.showPicture(...told),
        onDraft: (reading, {isSettled}) => this.show(reading, {isOpen: !isSettled}),
        onText: (...told) => this.add(...told),
      }).read(film, stopping.signal);
    })();
    this.film = {
      end: () => {
        stopping.abort();
        film?.stop();
        return running.catch(() => {});
      },
    };
    element('camera').textContent = 'Stop';
    this.status('opening …');
    try {
      await running;
      if (film?.isMirrored && film.isDamaged) throw new Error('the camera is gone; plug it in again, and start anew');
      if (turn === this.turn) this.status('done');
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
    this.texts = [];
    element('texts').replaceChildren();
    element('problem').textContent = '';
    this.show({text: '', reason: '', remarks: [], confidence: null});
    return turn;
  }

  endFilm() {
    this.film = null;
    element('camera').textContent = 'Start camera';
    element('progress').hidden = true;
  }

  showFilm(film) {
    element('hint').hidden = true;
    element('picture').classList.toggle('mirrored', film.isMirrored);
    element('picture').setAttribute('aria-label', `${film.isMirrored ? 'Your camera' : film.name}, with the landmarks that were found`);
    element('progress').hidden = film.isMirrored;
    this.status(film.isMirrored ? 'watching: raise a hand and spell' : `reading ${film.name} …`);
  }

  showPicture(film, points) {
    draw(element('picture'), film.canvas, points);
    if (!film.isMirrored) element('progress').value = film.numPictures / film.numPromised;
  }

  /** Shows a reading; one that is open may still change. */
  show({text, reason, remarks, confidence}, {isOpen = false} = {}) {
    const output = element('text');
    const why = reason && !isOpen ? `no text: ${REASONS[reason]}` : '';
    output.textContent = text || why;
    output.className = isOpen ? 'open' : text ? '' : 'unread';
    element('confidence').value = confidence ?? 0;
    element('percent').textContent = confidence === null ? '–' : `${Math.round(100 * confidence)} %`;
    this.current = text;
    element('copy').disabled = !text && !this.texts.length;
    element('remarks').replaceChildren(...remarks.map((remark) => made('li', MEANINGS[remark])));
  }

  /** Shows the reading of an utterance that has ended. */
  add(reading, {begin, end}) {
    this.show(reading);
    if (!reading.text) return;
    this.texts.push(reading.text);
    this.current = '';
    const item = made('li', made('span', reading.text));
    item.append(made('small', `${clock(begin)} – ${clock(end)}`));
    element('texts').append(item);
    this.status(`read: ${reading.text}`);
  }

  status(text) {
    element('status').textContent = text;
  }

  async copy() {
    try {
      await navigator.clipboard.writeText([...this.texts, this.current].filter(Boolean).join('\n'));
      this.status('copied');
    } catch {
      getSelection().selectAllChildren(element('text'));
      this.status('the browser does not let this page copy; the text is selected, press Ctrl+C');
    }
  }
}

function made(name, content) {
  const one = document.createElement(name);
  one.append(content);
  return one;
}

/** As in 0:04.20. */
function clock(time) {
  return `${Math.floor(time / 60)}:${(time % 60).toFixed(2).padStart(5, '0')}`;
}

/** What stands in the field for frames a second; null if nothing does. */
function numberOf(text) {
  if (!text.trim()) return null;
  if (text.includes(',')) throw new Error(`"${text}" has a comma; write a point, as in 29.97`);
  if (!Number.isFinite(Number(text))) throw new Error(`"${text}" is no number of frames a second`);
  return Number(text);
}
