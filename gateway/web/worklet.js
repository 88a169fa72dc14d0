/**
 * The two ends of the sound card, in the audio thread: a microphone that speaks 16 kHz PCM16, and
 * a player that can be emptied at once and knows what it has played.
 */

/** What goes out, in samples a second. */
const WIRE_RATE = 16000;

/** 20 ms of it. */
const FRAME = WIRE_RATE / 50;

/** Zero crossings of the filter on each side: 60 dB of alias rejection with a Hann window. */
const CROSSINGS = 16;

/** Positions between two input samples for which the filter is worked out. */
const PHASES = 128;

/** Brings a sound down to 16 kHz, whatever it came in; a millisecond of delay. */
class Downsampler {
  /** @param {number} rate of the input, in samples a second, 16000 or more */
  constructor(rate) {
    this.step = rate / WIRE_RATE;
    this.half = Math.ceil(CROSSINGS * this.step);
    this.history = new Float32Array(0);
    this.at = this.half; // where in the history the next output lies
    this.filters = Array.from({ length: PHASES + 1 }, (_, phase) => this.filter(phase / PHASES));
    this.history = new Float32Array(this.half);
  }

  /** @param {number} offset of the output after an input sample, 0 to 1 */
  filter(offset) {
    const taps = new Float32Array(2 * this.half);
    const cutoff = 0.92 / this.step; // of the input's Nyquist: a little below 8 kHz
    let sum = 0;
    for (let i = 0; i < taps.length; i++) {
      const x = i - this.half + 1 - offset;
      const arc = Math.PI * x * cutoff;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / (this.half + 1));
      taps[i] = (Math.abs(arc) < 1e-9 ? 1 : Math.sin(arc) / arc) * window;
      sum += taps[i];
    }
    return taps.map((tap) => tap / sum);
  }

  /**
   * @param {Float32Array} input
   * @param {(sample: number) => void} emit
   */
  feed(input, emit) {
    const sound = new Float32Array(this.history.length + input.length);
    sound.set(this.history);
    sound.set(input, this.history.length);
    for (; this.at + this.half < sound.length; this.at += this.step) {
      const base = Math.floor(this.at);
      const taps = this.filters[Math.round((this.at - base) * PHASES)];
      let sample = 0;
      for (let i = 0, j = base - this.half + 1; i < taps.length; i++, j++) {
        sample += taps[i] * sound[j];
      }
      emit(sample);
    }
    const used = Math.max(0, Math.floor(this.at) - this.half);
    this.history = sound.slice(used);
    this.at -= used;
  }
}

/** Posts `{pcm: ArrayBuffer, level: 0..1}` for every 20 ms of microphone. */
class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.down = sampleRate === WIRE_RATE ? null : new Downsampler(sampleRate);
    this.emit = this.emit.bind(this);
    this.begin();
  }

  begin() {
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
    this.energy = 0;
  }

  /** @param {number} sample */
  emit(sample) {
    const level = Math.max(-1, Math.min(1, sample));
    this.energy += level * level;
    this.frame[this.filled++] = Math.round(level * 32767);
    if (this.filled < FRAME) return;
    const pcm = this.frame.buffer;
    this.port.postMessage({ pcm, level: Math.sqrt(this.energy / FRAME) }, [pcm]);
    this.begin();
  }

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const input = inputs[0][0];
    if (!input) return true; // the stream has not begun, or has ended
    if (this.down) this.down.feed(input, this.emit);
    else input.forEach(this.emit);
    return true;
  }
}

/** How much is collected before the first sound, in seconds: network jitter within a burst. */
const CUSHION = 0.04;

/** The most it grows to after the sound has broken off. */
const CUSHION_MOST = 0.24;

/** The longest a start waits for its cushion. */
const PATIENCE = 0.08;

/**
 * Plays what it is given, in order.
 *
 * Takes `{type: "audio", generation, samples}`, `{type: "mark", generation, name}`,
 * `{type: "end", generation}`, `{type: "clear", generation}` and `{type: "tap", on}`.
 * Posts `played` (a mark has been reached), `playing` and `quiet`, `cleared` and `rendered`.
 */
class Player extends AudioWorkletProcessor {
  constructor() {
    super();
    this.queue = [];
    this.buffered = 0; // samples in the queue
    this.position = 0; // in the first item of the queue
    this.cushion = CUSHION;
    this.flowing = false;
    this.complete = false; // no more is coming for what is in the queue
    this.waited = 0; // seconds
    this.last = 0; // the sample before
    this.tap = false;
    this.port.onmessage = ({ data }) => this.take(data);
  }

  take(message) {
    if (message.type === "tap") {
      this.tap = message.on;
    } else if (message.type === "clear") {
      this.clear(message.generation);
    } else if (message.type === "end") {
      this.complete = true;
    } else {
      if (message.type === "audio") {
        this.buffered += message.samples.length;
        this.complete = false;
      }
      this.queue.push(message);
    }
  }

  /** Forget everything up to and with a generation, marks too: they will never be heard. */
  clear(generation) {
    const before = this.buffered;
    if (this.queue.length && this.queue[0].generation <= generation) this.position = 0;
    this.queue = this.queue.filter((item) => item.generation > generation);
    this.buffered = -this.position;
    for (const item of this.queue) this.buffered += item.samples ? item.samples.length : 0;
    this.port.postMessage({ type: "cleared", generation, dropped: before - this.buffered });
    if (!this.queue.length) this.stop();
  }

  stop() {
    if (this.flowing) this.port.postMessage({ type: "quiet" });
    this.flowing = false;
    this.waited = 0;
  }

  /** May sound flow? Not before there is enough of it to last. */
  ready(length) {
    if (this.flowing) return true;
    if (!this.buffered) return this.queue.length > 0; // marks alone
    this.waited += length / sampleRate;
    const enough = this.buffered >= this.cushion * sampleRate;
    if (!enough && !this.complete && this.waited < PATIENCE + this.cushion) return false;
    this.flowing = true;
    this.port.postMessage({ type: "playing" });
    return true;
  }

  /**
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   */
  process(_inputs, outputs) {
    const out = outputs[0][0];
    let filled = this.ready(out.length) ? this.fill(out) : 0;
    if (filled < out.length) {
      if (this.flowing) {
        // Broken off in mid-sentence: collect more before going on.
        if (!this.complete) this.cushion = Math.min(CUSHION_MOST, this.cushion * 1.5);
        else this.cushion = CUSHION;
        this.stop();
      }
      // A sound that is cut falls to zero within a few milliseconds, so that it does not click.
      for (; filled < out.length; filled++) out[filled] = this.last = this.fade(this.last);
    }
    if (this.tap) this.port.postMessage({ type: "rendered", samples: out.slice() });
    return true;
  }

  /** @param {number} sample */
  fade(sample) {
    return Math.abs(sample) < 1e-3 ? 0 : sample * 0.9;
  }

  /** Copy from the queue; how many samples there were. */
  fill(out) {
    let filled = 0;
    while (this.queue.length) {
      const item = this.queue[0];
      if (item.type === "mark") {
        this.port.postMessage({ type: "played", name: item.name, generation: item.generation });
        this.queue.shift();
        continue;
      }
      if (filled === out.length) break;
      const part = item.samples.subarray(this.position, this.position + out.length - filled);
      out.set(part, filled);
      filled += part.length;
      this.position += part.length;
      this.buffered -= part.length;
      if (this.position === item.samples.length) {
        this.queue.shift();
        this.position = 0;
      }
    }
    if (filled) this.last = out[filled - 1];
    return filled;
  }
}

registerProcessor("frontline-capture", Capture);
registerProcessor("frontline-player", Player);
