/** One sentence by microphone: sound goes to the server, words come back. It is no call. */

import { Microphone } from "../sound.js";
import { put } from "./api.js";

const PROTOCOL = "frontline.hear.v1";

/** Frames kept until the server is ready, 20 ms each: ten seconds. */
const KEPT = 500;

/** How long the server may take to give its last word once it was asked for, in milliseconds. */
const PATIENCE = 10_000;

const CLOSED = "The connection to the server broke. Try again.";

/**
 * @typedef {object} Told
 * @property {() => void} ready speak now
 * @property {(text: string) => void} partial the sentence so far
 * @property {(text: string) => void} final the sentence; empty if nothing was said
 * @property {(message: string, lasts: boolean) => void} failed why there is none, and whether trying again is of no use
 */

export class Hearing {
  /** @param {string} tenant @param {Told} told exactly one of `final` and `failed` is called, unless it is left */
  constructor(tenant, told) {
    this._told = told;
    this._over = false;
    this._ready = false;
    this._stopped = false;
    this._kept = /** @type {ArrayBuffer[]} */ ([]);
    this._begin(tenant).catch((error) => this._fail(error.message, error.code === "no_recogniser"));
  }

  /** Have what was said so far. */
  stop() {
    if (this._over || this._stopped) return;
    if (!this._ready) {
      this._finish("");
      return;
    }
    this._stopped = true;
    this._microphone?.close();
    this._socket.send(JSON.stringify({ type: "end" }));
    this._timer = setTimeout(() => this._fail(CLOSED), PATIENCE);
  }

  /** Forget it. */
  leave() {
    this._over = true;
    clearTimeout(this._timer);
    this._microphone?.close();
    this._socket?.close();
  }

  async _begin(tenant) {
    // The ticket first: who cannot be heard need not be asked for the microphone.
    const { ticket } = await put("POST", "/hear", { tenant });
    if (this._over) return;
    const lost = () => this._fail("The microphone was unplugged.");
    const raw = new URLSearchParams(location.search).get("mic") === "raw";
    const microphone = await Microphone.open((frame) => this._heard(frame), lost, raw);
    if (this._over) {
      microphone.close();
      return;
    }
    this._microphone = microphone;
    const address = new URL("admin/v1/hear", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    this._socket = new WebSocket(address, [PROTOCOL, `ticket.${ticket}`]);
    this._socket.onmessage = (event) => this._take(JSON.parse(event.data));
    this._socket.onclose = () => this._fail(CLOSED);
  }

  /** @param {ArrayBuffer} frame */
  _heard(frame) {
    if (this._ready && this._socket.readyState === WebSocket.OPEN) this._socket.send(frame);
    else if (!this._ready && this._kept.length < KEPT) this._kept.push(frame);
  }

  _take(message) {
    if (this._over) return;
    if (message.type === "ready") {
      this._ready = true;
      for (const frame of this._kept.splice(0)) this._socket.send(frame);
      this._told.ready();
    } else if (message.type === "partial") this._told.partial(message.text);
    else if (message.type === "final") this._finish(message.text);
    else if (message.type === "error") this._fail(message.message);
  }

  _finish(text) {
    if (this._over) return;
    this.leave();
    this._told.final(text);
  }

  _fail(message, lasts = false) {
    if (this._over) return;
    this.leave();
    this._told.failed(message, lasts);
  }
}
