/**
 * The microphone and the loudspeaker, as the page sees them. The work is done in `worklet.js`.
 */

import { SAMPLE_RATE } from "./call.js";

const WORKLET = new URL("worklet.js", import.meta.url);

/** The microphone cannot be had; the message is for a person. */
export class MicrophoneError extends Error {}

/** @param {unknown} error @returns {string} what a person can do about it */
function inWords(error) {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") {
    return "The browser does not let this page use the microphone. Allow it beside the address, then try again.";
  }
  if (name === "NotFoundError") return "No microphone was found. You can type instead.";
  if (name === "NotReadableError") {
    return "The microphone is in use by another program, or was unplugged.";
  }
  return "The microphone could not be opened. You can type instead.";
}

export class Microphone {
  /**
   * @param {(frame: ArrayBuffer, level: number) => void} heard 20 ms of PCM16, and how loud, 0 to 1
   * @param {() => void} lost the device has gone away
   * @param {boolean} raw without echo cancelling and the like: for recordings and headphones
   */
  static async open(heard, lost, raw = false) {
    if (!navigator.mediaDevices?.getUserMedia) {
      throw new MicrophoneError(
        "A microphone needs a secure page: open this one over https, or on localhost.",
      );
    }
    const microphone = new Microphone();
    try {
      await microphone._open(heard, lost, !raw);
    } catch (error) {
      microphone.close();
      throw new MicrophoneError(inWords(error), { cause: error });
    }
    return microphone;
  }

  async _open(heard, lost, processed) {
    this._stream = await navigator.mediaDevices.getUserMedia({
      audio: {
        channelCount: 1,
        echoCancellation: processed,
        noiseSuppression: processed,
        autoGainControl: processed,
      },
    });
    for (const track of this._stream.getTracks()) track.onended = lost;
    try {
      await this._listen(new AudioContext({ sampleRate: SAMPLE_RATE }), heard);
    } catch {
      // Firefox does not join a context to a microphone of another rate: the worklet resamples.
      await this._context?.close();
      await this._listen(new AudioContext(), heard);
    }
  }

  async _listen(context, heard) {
    this._context = context;
    await context.audioWorklet.addModule(WORKLET);
    const source = context.createMediaStreamSource(this._stream);
    const node = new AudioWorkletNode(context, "frontline-capture", { numberOfInputs: 1 });
    node.port.onmessage = ({ data }) => heard(data.pcm, data.level);
    // Its output is silence, but a node that leads nowhere is not run everywhere.
    source.connect(node).connect(context.destination);
    await context.resume();
  }

  /** Let go of the device. */
  close() {
    for (const track of this._stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    if (this._context && this._context.state !== "closed") void this._context.close();
  }
}

/**
 * @typedef {object} Hearing
 * @property {(name: string) => void} heard everything before that mark has come out
 * @property {(playing: boolean) => void} playing sound has begun or ended
 */

/**
 * Plays generations of PCM16 and says what has been heard.
 *
 * `window.frontlineTap`, if it is an array, gets `{kind: "received", generation, samples}` for
 * every chunk (Int16Array), `{kind: "clear", generation, dropped}` once the player is empty,
 * `{kind: "mark", name}` for every mark heard, and, if `window.frontlineTap.rendered` is true,
 * `{kind: "rendered", samples}` (Float32Array) for every block that went to the sound card.
 */
export class Player {
  /** @param {Hearing} hearing */
  constructor(hearing) {
    this._hearing = hearing;
    // The gateway counts generations anew in each call; ours go on, so that nothing late of the
    // call before can be taken for something of this one.
    this._before = 0;
    this._generation = 0; // ours, as all below
    this._dead = 0; // the latest that was cleared
    this._waiting = /** @type {object[]} */ ([]);
  }

  /** Make sure that sound can come out. The first time, this must be on a click or a key. */
  wake() {
    this._context ??= this._open();
    if (this._context.state === "suspended") void this._context.resume().catch(() => undefined);
  }

  /** Let the sound card sleep. */
  rest() {
    void this._context?.suspend().catch(() => undefined);
  }

  /** Forget the last call: generations begin anew. */
  reset() {
    this.clear(this._generation - this._before);
    this._before = this._generation;
  }

  /** @param {number} generation what follows belongs to it */
  begin(generation) {
    this._generation = this._before + generation;
    const tap = window.frontlineTap;
    this._post({ type: "tap", on: Array.isArray(tap) && tap.rendered === true });
  }

  /** @param {ArrayBuffer} chunk PCM16 */
  audio(chunk) {
    const pcm = new Int16Array(chunk, 0, chunk.byteLength >> 1);
    const generation = this._generation - this._before;
    this._tap({ kind: "received", generation, samples: pcm });
    if (this._generation <= this._dead) return; // was on its way when it was cleared
    const samples = Float32Array.from(pcm, (sample) => sample / 32768);
    this._post({ type: "audio", generation: this._generation, samples });
  }

  /** @param {string} name to be reported once the sound before it has been heard */
  mark(name) {
    if (this._generation > this._dead) {
      this._post({ type: "mark", generation: this._generation, name });
    }
  }

  /** Nothing more comes for the present generation. */
  end() {
    this._post({ type: "end", generation: this._generation });
  }

  /** @param {number} generation is not to be heard any more, nor any before it */
  clear(generation) {
    this._dead = Math.max(this._dead, this._before + generation);
    this._post({ type: "clear", generation: this._dead });
  }

  _open() {
    const context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: "interactive" });
    void context.audioWorklet.addModule(WORKLET).then(() => {
      this._node = new AudioWorkletNode(context, "frontline-player", {
        numberOfInputs: 0,
        outputChannelCount: [1],
      });
      this._node.port.onmessage = ({ data }) => this._report(data);
      this._node.connect(context.destination);
      for (const message of this._waiting.splice(0)) this._node.port.postMessage(message);
    });
    return context;
  }

  _post(message) {
    if (this._node) this._node.port.postMessage(message);
    else this._waiting.push(message);
  }

  _report(data) {
    if (data.type === "played") this._heard(data.name, data.generation);
    else if (data.type === "playing") this._hearing.playing(true);
    else if (data.type === "quiet") this._hearing.playing(false);
    else if (data.type === "cleared") {
      const generation = data.generation - this._before;
      this._tap({ kind: "clear", generation, dropped: data.dropped });
    } else if (data.type === "rendered") this._tap({ kind: "rendered", samples: data.samples });
  }

  /** A mark was rendered; it is heard a moment later, when the sound card gets there. */
  _heard(name, generation) {
    const delay = (this._context?.outputLatency || 0) * 1000;
    setTimeout(() => {
      if (generation <= this._dead) return; // flushed, not heard
      this._tap({ kind: "mark", name });
      this._hearing.heard(name);
    }, delay);
  }

  _tap(entry) {
    if (Array.isArray(window.frontlineTap)) window.frontlineTap.push(entry);
  }
}
