/** Where a turn's milliseconds went, as one stacked bar and its legend. */

import { make } from "./dom.js";
import { OWNERS, milliseconds, plain } from "./words.js";

/** The sum, under whichever name. */
const TOTALS = ["ttfa", "total"];

/** Told beside the sum, never a part of it. */
const BESIDE = ["heard"];

/** Shares are counted as part of the sum if they overrun it by no more than rounding does. */
const ROUNDING = 2;

/**
 * @typedef {object} Share
 * @property {string} name
 * @property {number} ms
 */

/**
 * Sort what the gateway sent: its sum, the shares that make it up, and whatever else it told.
 * @param {Record<string, unknown>} timeline
 * @returns {{total: number | null, shares: Share[], others: Share[]}}
 */
export function sort(timeline) {
  const known = [];
  const unknown = [];
  const beside = [];
  let total = null;
  for (const [key, value] of Object.entries(timeline)) {
    if (typeof value !== "number" || !Number.isFinite(value)) continue;
    const name = key.replace(/_ms$/, "");
    if (TOTALS.includes(name)) total = value;
    else if (name in OWNERS) known.push({ name, ms: value });
    else if (BESIDE.includes(name)) beside.push({ name, ms: value });
    else unknown.push({ name, ms: value });
  }
  const sum = (shares) => shares.reduce((all, { ms }) => all + ms, 0);
  const fits = total === null || sum([...known, ...unknown]) <= total + ROUNDING;
  const shares = fits ? [...known, ...unknown] : known;
  return { total: total ?? sum(shares), shares, others: [...beside, ...(fits ? [] : unknown)] };
}

/**
 * @param {Record<string, unknown>} timeline in milliseconds
 * @param {number | null} here first sound in this browser after Enter, in milliseconds
 */
export function draw(timeline, here) {
  const { total, shares, others } = sort(timeline);
  const figure = make("figure", { class: "timeline" });
  const caption = make("figcaption", {}, [
    make("span", { class: "label" }, ["Time to first audio"]),
    make("strong", { class: "total" }, [milliseconds(total ?? 0)]),
  ]);
  const bar = make("div", { class: "bar", "aria-hidden": "true" });
  const legend = make("ul", { class: "legend" });
  for (const { name, ms } of shares) {
    const kind = name in OWNERS ? name : "other";
    const piece = make("span", { class: `piece owner-${kind}` });
    piece.style.flexGrow = String(Math.max(ms, 0));
    if (ms > 0) bar.append(piece);
    legend.append(
      make("li", { "data-owner": name }, [
        make("span", { class: `swatch owner-${kind}` }),
        make("span", {}, [OWNERS[name] ?? plain(name)]),
        make("span", { class: "ms" }, [milliseconds(ms)]),
      ]),
    );
  }
  for (const { name, ms } of others) {
    legend.append(
      make("li", { "data-owner": name, class: "aside" }, [
        make("span", {}, [plain(name)]),
        make("span", { class: "ms" }, [milliseconds(ms)]),
      ]),
    );
  }
  figure.append(caption, bar, legend);
  if (here !== null) {
    figure.append(
      make("p", { class: "here" }, [`In this browser the first sound came ${milliseconds(here)} after Enter.`]),
    );
  }
  return figure;
}
