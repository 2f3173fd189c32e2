// Runs on the browser's audio thread: hands over what the microphone hears, a tenth of a second at a time.

const CHUNK = 1600;

class SampleTaker extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunk = new Float32Array(CHUNK);
    this.size = 0;
  }

  process([[samples]]) {
    for (const value of samples ?? []) {
      this.chunk[this.size++] = value;
      if (this.size < CHUNK) continue;
      this.port.postMessage(this.chunk);
      this.chunk = new Float32Array(CHUNK);
      this.size = 0;
    }
    return true;
  }
}

registerProcessor('sample-taker', SampleTaker);
