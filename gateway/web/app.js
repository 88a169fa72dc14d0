/** The page: buttons and fields on one side, a call on the other. */

import { Call } from "./call.js";
import { byId, make } from "./dom.js";
import { Signs } from "./signs.js";
import { Microphone, Player } from "./sound.js";
import { Turns } from "./turns.js";
import { Typist } from "./typing.js";
import { PATHS, SOURCES, ending } from "./words.js";

const TOKEN = "frontline.token";

/**
 * @typedef {object} Page what `GET /v1/page` tells
 * @property {string} tenant
 * @property {string[]} tenants
 * @property {boolean} token_required
 * @property {boolean} stt can the gateway recognise speech itself?
 * @property {string[]} suggestions
 */

class App {
  constructor() {
    /** @type {Page} */
    this.page = { tenant: "", tenants: [], token_required: false, stt: true, suggestions: [] };
    /** @type {Call | null} */
    this.call = null;
    /** @type {"voice" | "typing" | null} */
    this.mode = null;
    this.turns = new Turns();
    this.signs = new Signs();
    this.player = new Player({
      heard: (name) => this.call?.mark(name),
      playing: (playing) => this._playing(playing),
    });
    this.typist = new Typist({
      partial: (text, revision) => this.call?.partial(text, revision),
      final: (text) => this._said(text),
    });
    this._wire();
  }

  _wire() {
    byId("talk").addEventListener("click", () => this._talk());
    byId("text").addEventListener("input", () => this._typed());
    byId("typing").addEventListener("submit", (event) => {
      event.preventDefault();
      this._enter(byId("text").value);
    });
    byId("tenant").addEventListener("change", () => void this.load(byId("tenant").value));
    const dialog = byId("token-dialog");
    byId("token-cancel").addEventListener("click", () => dialog.close());
    byId("token-form").addEventListener("submit", () => {
      sessionStorage.setItem(TOKEN, byId("token").value.trim());
      byId("token").value = "";
      this._afterToken?.();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !dialog.open && this.mode) this.hangUp();
    });
    window.addEventListener("pagehide", () => this.hangUp());
  }

  /** Ask the gateway what there is. @param {string} tenant */
  async load(tenant) {
    this.hangUp();
    try {
      const query = tenant ? `?tenant=${encodeURIComponent(tenant)}` : "";
      const answer = await fetch(`v1/page${query}`);
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      this.page = { ...this.page, ...(await answer.json()) };
    } catch {
      this.signs.status("Not connected");
      this.signs.notice("The gateway cannot be reached.", "Try again", () => void this.load(tenant));
      return;
    }
    if (this.page.tenants.includes(tenant)) this.page.tenant = tenant;
    this._furnish();
  }

  _furnish() {
    const { tenant, tenants, suggestions, stt } = this.page;
    const names = tenants.length ? tenants : [tenant];
    const options = names.map((name) => make("option", { value: name }, [name]));
    byId("tenant").replaceChildren(...options);
    byId("tenant").value = tenant;
    byId("tenancy").hidden = !tenant;
    byId("suggestions").replaceChildren(
      ...suggestions.map((sentence) => {
        const button = make("button", { type: "button" }, [sentence]);
        button.addEventListener("click", () => this._suggest(sentence));
        return make("li", {}, [button]);
      }),
    );
    byId("try").hidden = !suggestions.length;
    byId("talk").disabled = !stt;
    this.signs.pressed(false);
    this.signs.status("Ready");
    document.body.dataset.ready = "yes"; // for those who drive the page
    this._withToken(() => undefined); // now rather than in the middle of a sentence
  }

  // --- placing and ending a call ----------------------------------------------------------

  /** @param {() => void} action runs at once, or after a token was given */
  _withToken(action) {
    if (!this.page.token_required || sessionStorage.getItem(TOKEN)) {
      action();
      return;
    }
    this._afterToken = action;
    byId("token-dialog").showModal();
  }

  /** @param {"voice" | "typing"} mode */
  _open(mode) {
    this.player.wake();
    this.player.reset();
    this.turns.begin();
    this.signs.quiet();
    this.mode = mode;
    this._started = false;
    this._complaint = "";
    this._speaking = null;
    const url = new URL("v1/call", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = "";
    const call = new Call(
      {
        url: url.href,
        token: sessionStorage.getItem(TOKEN) ?? "",
        tenant: this.page.tenant,
        stt: mode === "voice" ? "server" : "client",
      },
      {
        message: (message) => this.call === call && this._receive(message),
        audio: (chunk) => this.call === call && this._sound(chunk),
        closed: (code, reason) => this.call === call && this._closed(code, reason),
      },
    );
    this.call = call;
    this.signs.status("Connecting…");
  }

  _talk() {
    if (this.mode === "voice") {
      this.hangUp();
      return;
    }
    this._withToken(() => {
      this.hangUp();
      this.mode = "voice";
      this.signs.pressed(true);
      this.player.wake();
      this.signs.status("Waiting for the microphone…");
      void this._voice();
    });
  }

  async _voice() {
    const attempt = (this._attempt = Symbol("attempt"));
    const raw = new URLSearchParams(location.search).get("mic") === "raw";
    try {
      const microphone = await Microphone.open(
        (frame, level) => {
          this.signs.level(level);
          if (this.mode === "voice") this.call?.audio(frame);
        },
        () => this._lostMicrophone(),
        raw,
      );
      if (this._attempt !== attempt) {
        microphone.close(); // hung up while the browser was asking
        return;
      }
      this.microphone = microphone;
      this._open("voice");
    } catch (error) {
      if (this._attempt !== attempt) return;
      this.hangUp();
      this.signs.notice(error instanceof Error ? error.message : String(error));
    }
  }

  _lostMicrophone() {
    this.hangUp();
    this.signs.notice("The microphone has gone away.", "Call again", () => this._talk());
  }

  /** End whatever is going on. Nothing of it is heard any more. */
  hangUp() {
    this.typist.cancel();
    const call = this.call;
    this.call = null;
    call?.end();
    this._attempt = null;
    this.microphone?.close();
    this.microphone = undefined;
    this.signs.pressed(false);
    this.signs.level(0);
    if (this.mode) this.signs.status("Ready");
    this.mode = null;
    this.player.reset();
    this.player.rest();
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  _closed(code, reason) {
    const mode = this.mode;
    const started = this._started;
    this.hangUp();
    const told = ending(code, this._complaint || reason, started);
    this.signs.status(told ? "Not connected" : "Call ended");
    if (!told) return;
    if (code === 4401) {
      sessionStorage.removeItem(TOKEN);
      this.page.token_required = true;
    }
    const again = () => {
      if (mode === "voice") this._talk();
      else this._withToken(() => byId("text").focus());
    };
    this.signs.notice(told.text, told.action, again);
  }

  // --- typing -----------------------------------------------------------------------------

  /** Make sure that there is a call to type into. */
  _line() {
    if (this.mode === "typing") return;
    this.hangUp();
    this._open("typing");
  }

  _typed() {
    const text = byId("text").value;
    this.typist.cancel();
    if (!text.trim() && this.mode !== "typing") return;
    this._withToken(() => {
      this._line();
      this._asked = null;
      this.turns.heard(text, false);
      this.typist.type(text);
    });
  }

  /** @param {string} text */
  _enter(text) {
    if (!text.trim()) return;
    this._withToken(() => {
      this._line();
      this.typist.finish(text);
      byId("text").value = "";
    });
  }

  /** @param {string} text a whole turn */
  _said(text) {
    this.turns.heard(text, true);
    this._asked = performance.now();
    this.call?.final(text);
    this.signs.status("Deciding…");
  }

  /** @param {string} sentence to be said as if spoken */
  _suggest(sentence) {
    this._withToken(() => {
      this._line();
      this._asked = null;
      this.typist.speak(
        sentence,
        (text) => {
          byId("text").value = text;
          this.turns.heard(text, false);
        },
        () => this._enter(sentence),
      );
    });
  }

  // --- what the gateway says --------------------------------------------------------------

  /** @param {{type: string} & Record<string, any>} message */
  _receive(message) {
    switch (message.type) {
      case "started":
        this._started = true;
        this.signs.status(this.mode === "voice" ? "Listening" : "Connected");
        break;
      case "transcript":
        // What was typed is shown already; the gateway's echo of it may be behind.
        if (this.mode === "voice") this.turns.heard(message.text, message.final);
        break;
      case "speech":
        this.signs.status(message.state === "started" ? "You are speaking" : "Deciding…");
        break;
      case "decision":
        this._decided(message);
        break;
      case "audio.start":
        this._speaks(message);
        break;
      case "mark":
        this.player.mark(message.name);
        break;
      case "audio.end":
        this.player.end();
        break;
      case "clear":
        this._speaking?.card?.cut();
        this.player.clear(message.generation);
        break;
      case "turn":
        this.turns.of(message.turn).close(message);
        break;
      case "error":
        this._complaint = message.message || `The gateway reports: ${message.code}`;
        this.signs.notice(this._complaint);
        break;
      default: // a later protocol may say more
    }
  }

  _decided(message) {
    const card = this.turns.of(message.turn);
    card.decide(message);
    const path = PATHS[message.path] ?? message.path;
    byId("announce").textContent = message.question ? `${path}: ${message.question}` : path;
  }

  /** @param {Record<string, any>} message `audio.start` */
  _speaks({ turn, generation, source, text }) {
    this.player.begin(generation);
    // Turn 0 is none: a greeting, or "are you still there?".
    const card = turn ? this.turns.of(turn) : null;
    if (card) card.say(text ?? "", source);
    else this.turns.line(text ?? "");
    this._speaking = { card, source };
  }

  /** @param {ArrayBuffer} chunk */
  _sound(chunk) {
    if (this._asked && this._speaking?.card) {
      this._speaking.card.sounded(performance.now() - this._asked);
      this._asked = null;
    }
    this.player.audio(chunk);
  }

  /** @param {boolean} playing */
  _playing(playing) {
    document.body.classList.toggle("playing", playing);
    const speaking = this._speaking;
    speaking?.card?.playing(playing);
    if (!this.call) return;
    const idle = this.mode === "voice" ? "Listening" : "Connected";
    this.signs.status(playing ? (SOURCES[speaking?.source ?? ""] ?? "Speaking") : idle);
  }
}

const app = new App();
void app.load(new URLSearchParams(location.search).get("tenant") ?? "");
