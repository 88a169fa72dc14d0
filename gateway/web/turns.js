/** What became of each turn: a card for the present one, a folded line for each one before. */

import { byId, make } from "./dom.js";
import { draw } from "./timeline.js";
import { PATHS, milliseconds, plain } from "./words.js";

/** Turns kept in the page. */
const KEPT = 50;

/** One turn, as far as it is known. */
class Card {
  constructor() {
    /** @type {number | null} the gateway's number, once it has told it */
    this.turn = null;
    this.text = "";
    this.decided = false;
    this.path = "";
    /** @type {number | null} milliseconds from Enter to the first sound, in this browser */
    this.here = null;
    this.said = make("p", { class: "said" });
    this.decision = make("div", { class: "decision" });
    this.answer = make("p", { class: "answer" });
    this.time = make("div", { class: "time" });
    this.element = make("article", { class: "turn", "aria-label": "Turn" }, [
      this.said,
      this.decision,
      this.answer,
      this.time,
    ]);
  }

  /**
   * @param {string} text
   * @param {boolean} final
   */
  hear(text, final) {
    const words = text.split(/(?<=\s)/);
    const before = this.text.split(/(?<=\s)/);
    let same = 0;
    while (same < words.length && words[same].trim() === before[same]?.trim()) same++;
    this.text = text;
    if (final) same = words.length;
    this.said.classList.toggle("final", final);
    this.said.replaceChildren(words.slice(0, same).join(""));
    if (same < words.length) {
      this.said.append(make("span", { class: "tentative" }, [words.slice(same).join("")]));
    }
  }

  /** @param {Record<string, any>} message `decision` */
  decide({ path, entry, question, confidence, decided_on: on }) {
    this.decided = true;
    this.path = path;
    this.element.dataset.path = path;
    const when =
      on === "partial" ? "Decided while you were still speaking" : "Decided once you had finished";
    const parts = [
      make("p", { class: "verdict" }, [
        make("span", { class: `chip chip-${path}` }, [PATHS[path] ?? plain(String(path))]),
        ...(on ? [make("span", { class: "when" }, [when])] : []),
      ]),
    ];
    if (question) parts.push(fact("Matched question", question, "question"));
    if (entry) parts.push(fact("Entry", entry, "entry"));
    // Where nothing was near there is no confidence to speak of.
    if (typeof confidence === "number" && (confidence > 0 || entry)) parts.push(meter(confidence));
    this.decision.replaceChildren(...parts);
  }

  /**
   * @param {string} text what is being said
   * @param {string} source
   */
  say(text, source) {
    this.answer.dataset.source = source;
    this.answer.classList.remove("cut");
    if (text) this.answer.textContent = text;
  }

  /** Its answer is being heard, or no more. @param {boolean} playing */
  playing(playing) {
    this.answer.dataset.playing = playing ? "yes" : "no";
  }

  /** Its answer was cut off by the caller. */
  cut() {
    if (this.answer.dataset.playing === "yes") this.answer.classList.add("cut");
    this.playing(false);
  }

  /** @param {Record<string, any>} message `turn` */
  close({ path, timeline }) {
    if (path && !this.decided) this.decide({ path });
    this.timeline = timeline ?? {};
    this.refresh();
  }

  /** The first sound has come, after so many milliseconds. @param {number} ms */
  sounded(ms) {
    this.here = ms;
    this.refresh();
  }

  refresh() {
    if (this.timeline) this.time.replaceChildren(draw(this.timeline, this.here));
  }

  /** The card as a line that unfolds. */
  fold() {
    const total = this.timeline?.ttfa ?? this.timeline?.ttfa_ms;
    const summary = make("summary", {}, [
      make("span", { class: "gist" }, [this.text || this.answer.textContent || "…"]),
      make("span", { class: "chips" }, [
        ...(this.path
          ? [make("span", { class: `chip chip-${this.path}` }, [PATHS[this.path] ?? plain(this.path)])]
          : []),
        ...(typeof total === "number"
          ? [make("span", { class: "ms" }, [milliseconds(total)])]
          : []),
      ]),
    ]);
    return make("li", {}, [make("details", {}, [summary, this.element])]);
  }
}

/**
 * @param {string} label
 * @param {string} value
 * @param {string} kind
 */
function fact(label, value, kind) {
  return make("p", { class: `fact ${kind}` }, [
    make("span", { class: "label" }, [label]),
    make("span", { class: "value" }, [value]),
  ]);
}

/** @param {number} confidence 0 to 1 */
function meter(confidence) {
  const percent = Math.round(Math.min(1, Math.max(0, confidence)) * 1000) / 10;
  const level = make("span", { class: "level" });
  level.style.width = `${percent}%`;
  const attributes = {
    class: "meter",
    role: "meter",
    "aria-label": "Confidence",
    "aria-valuemin": "0",
    "aria-valuemax": "100",
    "aria-valuenow": String(percent),
    "aria-valuetext": `${percent} %`,
  };
  return make("div", { class: "fact confidence" }, [
    make("span", { class: "label" }, ["Confidence"]),
    make("span", { class: "gauge" }, [
      make("span", attributes, [level]),
      make("span", { class: "value", "aria-hidden": "true" }, [`${percent} %`]),
    ]),
  ]);
}

export class Turns {
  constructor() {
    /** @type {Map<number, Card>} */
    this._numbered = new Map();
    this._stage = byId("live");
    this._history = byId("history");
    this._empty = byId("empty");
    this._past = byId("past");
    this._line = byId("line");
    /** @type {Card | null} */
    this.live = null;
  }

  /** A new call: turns are numbered from the beginning again. */
  begin() {
    this._numbered = new Map();
    this.line("");
    if (this.live && !this.live.decided && !this.live.answer.textContent) this._drop();
    else if (this.live) this._archive();
  }

  /**
   * @param {string} text
   * @param {boolean} final
   */
  heard(text, final) {
    if (this.live?.decided && this.live.text === text) return; // said already
    if (!text && (!this.live || this.live.decided)) return;
    if (!this.live || this.live.decided) this._open();
    this.live?.hear(text, final);
  }

  /** The card of a turn the gateway speaks of. @param {number} turn */
  of(turn) {
    const known = this._numbered.get(turn);
    if (known) return known;
    const card = this.live && this.live.turn === null ? this.live : this._open();
    card.turn = turn;
    this._numbered.set(turn, card);
    return card;
  }

  /** Something was said that answers no turn. @param {string} text */
  line(text) {
    this._line.textContent = text;
    this._line.hidden = !text;
  }

  _open() {
    if (this.live) this._archive();
    this._empty.hidden = true;
    this.line("");
    this.live = new Card();
    this._stage.replaceChildren(this.live.element);
    return this.live;
  }

  _archive() {
    if (!this.live) return;
    this._history.prepend(this.live.fold());
    this._past.hidden = false;
    while (this._history.children.length > KEPT) this._history.lastElementChild?.remove();
    this.live = null;
  }

  _drop() {
    this.live?.element.remove();
    this.live = null;
  }
}
