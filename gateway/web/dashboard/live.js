/** Keeps the page up to date: by events, and by asking again where there are none. */

import { listen, session } from "./api.js";

/** Milliseconds between two looks without events; with them, as a safety net. */
const POLL = 5_000;
const NET = 30_000;

/** A turn is told of before it is in the store; by then it is, even where the server is busy. */
const WRITTEN = 2_000;

/** News that come together are told together. */
const TOGETHER = 500;

/** After a look the page rests for so many times what it took, so that a page that is left open asks
 * for no more than a twentieth of the server's time; but not for longer than this. */
const RESTS = 20;
const LONGEST = 15_000;

export class Live {
  /**
   * @param {(what: Set<string>) => unknown} news is awaited, where it is a promise
   * @param {(state: "live" | "polling") => void} state
   */
  constructor(news, state) {
    this._news = news;
    this._state = state;
    this._waiting = new Set();
    this._resting = false;
    this._stop = () => undefined;
    document.addEventListener("visibilitychange", () => this._flush());
  }

  /** Follow that tenant from now on. */
  follow(tenant) {
    this._stop();
    const stopped = new AbortController();
    let poll = 0;
    const every = (ms) => {
      clearInterval(poll);
      poll = setInterval(() => this._tell("poll"), ms);
    };
    this._stop = () => {
      stopped.abort();
      clearInterval(poll);
    };
    every(POLL);
    this._listen(tenant, stopped.signal, every);
  }

  stop() {
    this._stop();
  }

  async _listen(tenant, signal, every) {
    let written = 0;
    while (!signal.aborted && session.open) {
      try {
        for await (const { event, data } of listen(tenant, signal)) {
          this._state("live");
          every(NET);
          if (event === "dropped") this._tell("poll");
          else if (event === "turn") {
            this._tell("turn");
            clearTimeout(written);
            written = setTimeout(() => this._tell("turn"), WRITTEN);
          }
          else if (event === "changed") this._tell(data.what);
        }
      } catch (error) {
        if (signal.aborted || error.status === 401) return;
      }
      if (signal.aborted) return;
      this._state("polling");
      every(POLL);
      await new Promise((later) => setTimeout(later, POLL));
    }
  }

  _tell(what) {
    if (!this._waiting.size && !document.hidden) setTimeout(() => this._flush(), TOGETHER);
    this._waiting.add(what);
  }

  /** A page in the background is told when somebody looks at it again. */
  async _flush() {
    if (document.hidden || this._resting || !this._waiting.size) return;
    const news = this._waiting;
    this._waiting = new Set();
    this._resting = true;
    const began = performance.now();
    try {
      await this._news(news);
    } finally {
      const rest = Math.min(LONGEST, RESTS * (performance.now() - began));
      setTimeout(() => {
        this._resting = false;
        this._flush();
      }, rest);
    }
  }
}
