/**
 * One call to the gateway over its WebSocket: what the page says, and what it hears.
 *
 * The protocol is that of `WS /v1/call`. Nothing here knows of buttons or of sound cards.
 */

/** Sub-protocol of the native call; the server selects it. */
const PROTOCOL = "frontline.v1";

/** Sixteen thousand samples a second is what recognisers want. */
export const SAMPLE_RATE = 16000;

/** Most that may wait for the network, in bytes: ten seconds of speech. */
const BACKLOG = 10 * SAMPLE_RATE * 2;

/** How long the gateway may take to close after `end`, in milliseconds. */
const GOODBYE = 1500;

/**
 * @typedef {object} Listener
 * @property {(message: {type: string} & Record<string, any>) => void} message a JSON message
 * @property {(chunk: ArrayBuffer) => void} audio PCM16, mono, little endian
 * @property {(code: number, reason: string) => void} closed called once, after everything else
 */

/**
 * A token as a sub-protocol may carry it: base64url without padding.
 * @param {string} token
 */
export function asProtocol(token) {
  const bytes = new TextEncoder().encode(token);
  const base64 = btoa(String.fromCharCode(...bytes));
  return "token." + base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export class Call {
  /**
   * @param {{url: string, token: string, tenant: string, stt: "server" | "client"}} options
   * @param {Listener} listener
   */
  constructor(options, listener) {
    this._listener = listener;
    this._waiting = /** @type {(string | ArrayBuffer)[]} */ ([]);
    this._backlog = 0;
    this._over = false;
    this._send({
      type: "start",
      tenant: options.tenant,
      audio: { encoding: "pcm_s16le", sample_rate: SAMPLE_RATE },
      stt: options.stt,
    });
    const protocols = options.token ? [PROTOCOL, asProtocol(options.token)] : [PROTOCOL];
    this._socket = new WebSocket(options.url, protocols);
    this._socket.binaryType = "arraybuffer";
    this._socket.onopen = () => this._flush();
    this._socket.onmessage = (event) => this._receive(event.data);
    this._socket.onclose = (event) => this._closed(event.code, event.reason);
  }

  /**
   * What is being said, as it stands.
   * @param {string} text
   * @param {number} revision
   */
  partial(text, revision) {
    this._send({ type: "partial", text, revision });
  }

  /** @param {string} text what was said, finished */
  final(text) {
    this._send({ type: "final", text });
  }

  /** @param {string} name of a mark whose audio has been heard */
  mark(name) {
    this._send({ type: "mark", name });
  }

  /** @param {ArrayBuffer} frame microphone sound; kept until the line is open */
  audio(frame) {
    this._send(frame);
  }

  /** Hang up. The listener hears of it once the gateway has closed. */
  end() {
    if (this._over || this._ending) return;
    this._ending = true;
    this._send({ type: "end" });
    if (this._socket.readyState === WebSocket.CONNECTING) this._socket.close();
    else setTimeout(() => this._socket.close(1000), GOODBYE);
  }

  /** @param {object | ArrayBuffer} what */
  _send(what) {
    const data = what instanceof ArrayBuffer ? what : JSON.stringify(what);
    if (this._over) return;
    if (this._socket?.readyState === WebSocket.OPEN) {
      // Sound that is this late is of no use; text always goes.
      if (typeof data !== "string" && this._socket.bufferedAmount > BACKLOG) return;
      this._socket.send(data);
    } else if (typeof data === "string") {
      this._waiting.push(data);
    } else if ((this._backlog += data.byteLength) <= BACKLOG) {
      this._waiting.push(data);
    }
  }

  _flush() {
    for (const data of this._waiting.splice(0)) this._socket.send(data);
  }

  /** @param {string | ArrayBuffer} data */
  _receive(data) {
    if (this._over) return;
    if (typeof data !== "string") {
      this._listener.audio(data);
      return;
    }
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return; // not of this protocol; the next message may be
    }
    if (typeof message?.type === "string") this._listener.message(message);
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  _closed(code, reason) {
    if (this._over) return;
    this._over = true;
    this._listener.closed(this._ending ? 1000 : code, reason);
  }
}
