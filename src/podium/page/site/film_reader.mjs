// Reads a film: pictures → landmarks → utterances → texts, as podium/landmarks/clip_films.py does.

import {EvenFrames} from './even_rate.mjs';
import {LoneHands} from './lone_hands.mjs';
import {PLACES_OF_PARTS, selection} from './points.mjs';
import {Watch} from './people.mjs';
import {Cutter} from './utterances.mjs';

const DRAFT_EVERY_MS = 400; // an open utterance is read anew
const [MIN_PICTURES, MIN_FACES] = [30, 0.1]; // pictures that tell, and the share of them with a face
const DRAFT_SHARE = 3; // and not before so many times the time that reading it has taken

/** Reads one film. */
export class FilmReader {
  /**
   * @param {{recognizer, landmarkers, detector}} parts What reads.
   * @param {object} told What is called: `onPicture(film, points)`; `onDraft(reading, utterance)` while an utterance
   *     goes on; `onText(reading, utterance)` once it has ended. An utterance has `begin` and `end` in seconds;
   *     `isSettled` says that the hands are down, so that its text stays unless they rise again at once.
   */
  constructor({recognizer, landmarkers, detector}, told) {
    Object.assign(this, {recognizer, landmarkers, detector, told});
  }

  /**
   * @param {Film} film See films.mjs.
   * @param {AbortSignal} signal Ends it; what is open is read.
   * @throws {Error} Nobody is in the film.
   */
  async read(film, signal) {
    this.film = film;
    this.even = new EvenFrames(film.rate, film.isEven);
    this.cutter = new Cutter(this.recognizer.columns, film.rate);
    this.select = selection(this.recognizer.columns);
    this.watch = new Watch(this.detector);
    this.isCrowded = false;
    this.last = {}; // the reading of the utterance that is open
    [this.numTexts, this.numWithPerson, this.numWithFace, this.numLone, this.nextDraft] = [0, 0, 0, 0, 0];
    this.loneHands = new LoneHands(this.landmarkers.task, this.landmarkers.wasm);
    this.landmarker = await this.landmarkers.take();
    try {
      for await (const picture of film.pictures()) {
        if (signal.aborted) break;
        await this.take(picture);
      }
      await this.finish(film);
    } finally {
      this.landmarker.close();
      this.loneHands.close();
      this.landmarkers.prepare();
    }
  }

  /** Reads what is open at the end, and says why nothing was read. */
  async finish(film) {
    for (const utterance of this.cutter.finish()) await this.tell(utterance);
    if (film.numPictures && !this.numWithPerson) {
      throw new Error(`nobody was seen in ${film.numPictures} pictures; sit so that face and hands are in the ` +
          'picture, with light from the front');
    }
    if (!this.numTexts) {
      const reason = this.cutter.numWithHands ? 'hands_down' : this.cutter.number ? 'no_hand' : 'no_frames';
      const unread = {text: '', reason, remarks: this.remarks(), confidence: null};
      this.told.onText(unread, {begin: 0, end: this.cutter.number / film.rate});
    }
  }

  async take({time, canvas}) {
    const points = await this.find(time, canvas);
    this.numWithPerson += points.some((value) => !Number.isNaN(value));
    this.numWithFace += points.subarray(...PLACES_OF_PARTS.face).some((value) => !Number.isNaN(value));
    this.told.onPicture(this.film, points);
    for (const frame of this.even.take(time, points)) {
      for (const utterance of this.cutter.take(this.select(frame))) await this.tell(utterance);
    }
    await this.draft();
    await new Promise((resolve) => setTimeout(resolve)); // the page shows it
  }

  async find(time, canvas) {
    if (this.watch.isDue(time)) {
      const people = await this.watch.look(canvas);
      this.isCrowded ||= people.length > 1;
      if (this.watch.isWrongPerson(people, canvas)) { // begin anew, with the largest person alone
        this.landmarker.close();
        this.landmarkers.prepare();
        this.landmarker = await this.landmarkers.take();
      }
      this.watch.hideOthers(canvas, people);
    }
    const {width, height} = canvas;
    const picture = canvas.getContext('2d', {willReadFrequently: true}).getImageData(0, 0, width, height);
    const points = this.landmarker.find(picture, time);
    this.watch.follow(points);
    this.numLone += await this.loneHands.add(points, picture, time);
    return points;
  }

  /** Reads what is open, now and then, and as soon as the hands are down. */
  async draft() {
    const isSettled = this.cutter.isResting;
    if (!isSettled && performance.now() < this.nextDraft) return;
    for (const utterance of this.cutter.soFar()) {
      if (this.last.end === utterance.end && this.last.begin === utterance.begin) continue;
      const begin = performance.now();
      const reading = await this.reading(utterance);
      const now = performance.now();
      this.nextDraft = now + Math.max(DRAFT_EVERY_MS, DRAFT_SHARE * (now - begin));
      this.told.onDraft(reading, {...this.timesOf(utterance), isSettled});
    }
  }

  async tell(utterance) {
    this.numTexts++;
    this.told.onText(await this.reading(utterance), this.timesOf(utterance));
  }

  async reading({begin, end, landmarks}) {
    if (this.last.begin !== begin || this.last.end !== end) {
      const fps = this.recognizer.settings.frame_rate ? this.film.rate : null;
      this.last = {begin, end, reading: await this.recognizer.read(landmarks, {fps, shorten: true})};
    }
    const {reading} = this.last;
    return {...reading, remarks: [...reading.remarks, ...this.remarks()]};
  }

  remarks() {
    const {numPictures, isDamaged} = this.film;
    const isHeadless = numPictures >= MIN_PICTURES && this.numWithFace < MIN_FACES * numPictures;
    const found = {
      several_people: this.isCrowded, no_face: isHeadless, lone_hands: this.numLone > 0, pictures_lost: isDamaged,
    };
    return Object.keys(found).filter((kind) => found[kind]);
  }

  timesOf({begin, end}) {
    return {begin: begin / this.film.rate, end: end / this.film.rate};
  }
}
