/** What several pages show: figures, chips, a turn's waterfall, candidates, sound, progress. */

import { make } from "../dom.js";
import { draw } from "../timeline.js";
import { PATHS } from "../words.js";
import { clip } from "./api.js";

export { make, draw };

/** @param {number | null | undefined} share 0 to 1 */
export function percent(share, digits = share != null && share > 0 && share < 0.1 ? 1 : 0) {
  return share == null ? "–" : `${(share * 100).toFixed(digits)}\u00a0%`;
}

/** @param {number} ms */
export function wait(ms) {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)}\u00a0s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)}\u00a0ms`;
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

const TODAY = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const MINUTE = /** @type {const} */ ({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const BEFORE = new Intl.DateTimeFormat(undefined, MINUTE);
/** To the second on other days too: for what happens within a call. */
export const EXACT = new Intl.DateTimeFormat(undefined, { ...MINUTE, second: "2-digit" });

/**
 * @param {number} at unix seconds
 * @param {Intl.DateTimeFormat} before how a moment of another day is told
 */
export function moment(at, before = BEFORE) {
  const date = new Date(at * 1000);
  const format = date.toDateString() === new Date().toDateString() ? TODAY : before;
  return make("time", { datetime: date.toISOString() }, [format.format(date)]);
}

export function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

/** What was done with a turn. */
export function chip(path) {
  return make("span", { class: `chip path-${path}` }, [PATHS[path] ?? path]);
}

export function flagMark(flag) {
  if (!flag) return "";
  return make("span", { class: `mark mark-${flag}` }, [flag === "right" ? "✓ right" : "✗ wrong"]);
}

/**
 * @param {string} text
 * @param {() => unknown} act
 * @param {Record<string, string>} attributes
 */
export function button(text, act, attributes = {}) {
  const made = make("button", { type: "button", ...attributes }, [text]);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await act();
    } catch (error) {
      toast(error.message, "bad");
    } finally {
      made.disabled = false;
    }
  });
  return made;
}

let told = 0;

/** A short message; with an action it waits longer. */
export function toast(text, kind = "good", action = "", act = () => undefined) {
  const box = make("div", { class: `toast ${kind}`, id: `toast-${(told += 1)}` }, [make("p", {}, [text])]);
  const gone = () => box.remove();
  if (action) {
    box.append(
      button(action, () => {
        gone();
        return act();
      }),
    );
  }
  box.append(button("×", gone, { class: "plain", "aria-label": "Dismiss" }));
  document.getElementById("toasts")?.append(box);
  setTimeout(gone, action || kind === "bad" ? 8000 : 4000);
  return box;
}

// --- sound ---------------------------------------------------------------------------------------

/** @type {{audio: HTMLAudioElement, button: HTMLButtonElement, address: string} | null} */
let playing = null;

/** Whatever is on the air ends. */
export function keepOnlyOne() {
  if (!playing) return;
  playing.audio.pause();
  URL.revokeObjectURL(playing.address);
  playing.button.setAttribute("aria-pressed", "false");
  playing.button.textContent = playing.button.dataset.text ?? "";
  playing = null;
}

/** A button that plays a clip of ours, and stops it. */
export function player(query, text = "▶ Hear it") {
  const made = make("button", { type: "button", class: "hear", "aria-pressed": "false", "data-text": text }, [text]);
  made.addEventListener("click", async () => {
    const mine = playing?.button === made;
    keepOnlyOne();
    if (mine) return;
    try {
      const address = await clip(query);
      const audio = new Audio(address);
      playing = { audio, button: made, address };
      audio.addEventListener("ended", () => {
        made.dataset.heard = "yes";
        if (playing?.button === made) keepOnlyOne();
      });
      made.setAttribute("aria-pressed", "true");
      made.textContent = "■ Stop";
      await audio.play();
    } catch (error) {
      keepOnlyOne();
      toast(error.message, "bad");
    }
  });
  return made;
}

// --- evidence ------------------------------------------------------------------------------------

/** A share as a bar with its number, for a table's cell. */
export function meter(share, label) {
  const bar = make("span", { class: "meter", role: "img", "aria-label": label });
  const fill = make("span");
  fill.style.width = `${Math.round(Math.max(0, Math.min(1, share)) * 100)}%`;
  bar.append(fill);
  return make("span", { class: "metered" }, [bar, make("span", { class: "number" }, [share.toFixed(2)])]);
}

/**
 * @param {string} caption
 * @param {string[]} heads; those that begin with # are numbers
 * @param {(Node | string)[][]} rows
 */
export function table(caption, heads, rows, attributes = {}) {
  const body = make(
    "tbody",
    {},
    rows.map((row) =>
      make(
        "tr",
        {},
        row.map((cell, at) =>
          make(at === 0 ? "th" : "td", { ...(at === 0 ? { scope: "row" } : {}), ...(heads[at].startsWith("#") ? { class: "number" } : {}) }, [cell]),
        ),
      ),
    ),
  );
  const head = make("tr", {}, heads.map((one) => make("th", { scope: "col", ...(one.startsWith("#") ? { class: "number" } : {}) }, [one.replace("#", "")])));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, [
    make("table", attributes, [make("caption", { class: "unseen" }, [caption]), make("thead", {}, [head]), body]),
  ]);
}

/** Candidates with their evidence, and what spoke against them. */
export function evidence(candidates, vetoes) {
  const parts = [];
  if (candidates.length) {
    const vetoed = new Set(vetoes.map((one) => one.entry));
    parts.push(
      table(
        "Candidates",
        ["Entry", "Nearest question", "#Likeness", "#Probability"],
        candidates.map((one) => [
          make("a", { href: `#/answers/${encodeURIComponent(one.id)}`, class: vetoed.has(one.id) ? "vetoed" : "" }, [one.id]),
          one.question,
          meter(one.similarity, `likeness ${one.similarity.toFixed(2)}`),
          meter(one.probability, `probability ${one.probability.toFixed(2)}`),
        ]),
      ),
    );
  } else parts.push(make("p", { class: "hint" }, ["There was no candidate."]));
  if (vetoes.length) {
    parts.push(
      make("h3", {}, ["Vetoes"]),
      make(
        "ul",
        { class: "vetoes" },
        vetoes.map((one) =>
          make("li", {}, [make("strong", {}, [one.guard]), ` against ${one.entry}: ${one.reason}`]),
        ),
      ),
    );
  }
  return make("div", { class: "evidence" }, parts);
}

// --- work that takes a while ---------------------------------------------------------------------

/** A progress bar that says what is being done. */
export function progress() {
  const bar = make("progress", { "aria-label": "Progress" });
  const text = make("span", { class: "hint" }, ["Beginning…"]);
  const box = make("p", { class: "progress" }, [bar, text]);
  return {
    box,
    /** @param {{what: string, done: number, of: number}} step */
    tell({ what, done, of }) {
      text.textContent = of ? `${what}: ${done.toLocaleString()} of ${of.toLocaleString()}` : what;
      if (of) {
        bar.max = of;
        bar.value = done;
      } else bar.removeAttribute("value");
    },
  };
}

/** What to do where there is nothing yet. */
export function empty(title, text, ...links) {
  return make("div", { class: "empty" }, [
    make("h2", {}, [title]),
    make("p", {}, [text]),
    make("p", { class: "row" }, links),
  ]);
}

export function link(text, href, kind = "button") {
  return make("a", { href, class: kind }, [text]);
}

/** A labelled field. */
export function field(label, control, hint = "") {
  const id = control.id || `field-${(told += 1)}`;
  control.id = id;
  const parts = [make("label", { for: id }, [label]), control];
  if (hint) {
    parts.push(make("span", { class: "hint", id: `${id}-hint` }, [hint]));
    control.setAttribute("aria-describedby", `${id}-hint`);
  }
  return make("p", { class: "field" }, parts);
}
