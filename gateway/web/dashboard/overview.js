/** Is it fast, is it right, what wants a look. */

import { get } from "./api.js";
import { chart, key, stacked } from "./charts.js";
import { empty, link, make, moment, duration, percent, plural, table, wait } from "./parts.js";
import { PATHS } from "../words.js";

const FELT = {
  detection: "End of speech to decision",
  first_sound: "End of speech to first sound",
  answer: "End of speech to the answer itself",
  silence: "Silences over a second",
  barge_in: "Cutting in to our silence",
};

const SERIES = [
  { label: "Hit", colour: "c-hit", of: (one) => one.hit - one.wrong },
  { label: "Flagged wrong", colour: "c-wrong", of: (one) => one.wrong },
  { label: "Asked back", colour: "c-clarify", of: (one) => one.clarify },
  { label: "Routed", colour: "c-route", of: (one) => one.route },
  { label: "Agent", colour: "c-agent", of: (one) => one.agent },
  { label: "Handed on", colour: "c-handoff", of: (one) => one.handoff },
];

const ALERTS = {
  budget: "Error budget burning",
  breaker: "Provider left alone",
  catalogue: "Catalogue is stale",
  near_share: "Near share has moved",
  look_alikes: "Look-alikes are asked",
  stalls: "Event loop stalls",
  clips: "Clips are lost",
  losses: "Things were dropped",
};

function tile(label, value, note, kind = "") {
  return make("div", { class: `tile ${kind}` }, [
    make("p", { class: "label" }, [label]),
    make("p", { class: "value" }, [value]),
    make("p", { class: "note" }, [note]),
  ]);
}

function alertList(alerts) {
  if (!alerts.length) return make("p", { class: "calm" }, ["✓ Nothing wants a look."]);
  return make(
    "ul",
    { class: "alerts" },
    alerts.map((one) =>
      make("li", { class: one.severity, "data-kind": one.kind }, [make("strong", {}, [ALERTS[one.kind] ?? one.kind]), make("span", {}, [one.text])]),
    ),
  );
}

function tiles(stats, status) {
  const { rates } = stats;
  const saved = status.saved;
  const money =
    saved.money == null
      ? ["–", "set prices.agent_turn to see it"]
      : [new Intl.NumberFormat(undefined, { style: "currency", currency: saved.currency }).format(saved.money), `${plural(saved.turns, "turn")} the agent did not take`];
  return make("div", { class: "tiles" }, [
    tile("Hit", percent(rates.hit), `${plural(stats.paths.cache ?? 0, "turn")} answered from the cache`, "hit"),
    tile("Asked back", percent(rates.clarify), plural(stats.paths.clarify ?? 0, "turn"), "clarify"),
    tile("Miss", percent(rates.miss), `${plural((stats.paths.agent ?? 0) + (stats.paths.handoff ?? 0), "turn")} passed on`, "miss"),
    tile(
      "Flagged wrong",
      stats.flagged.right + stats.flagged.wrong ? percent(rates.wrong_flagged, 1) : "–",
      stats.flagged.right + stats.flagged.wrong ? `of the hits; ${plural(stats.flagged.right + stats.flagged.wrong, "flag")}` : "nobody has flagged a turn yet",
      "wrong",
    ),
    tile("Live calls", status.calls.toLocaleString(), status.mode === "live" ? "answering" : `mode is ${status.mode}`, "now"),
    tile("Waiting saved", saved.seconds == null ? "–" : duration(saved.seconds), saved.seconds == null ? "needs hits and agent turns to compare" : "against the agent's first sound"),
    tile("Money saved", ...money),
  ]);
}

function waits(latency, status) {
  const rows = Object.entries(latency.paths)
    .filter(([, stages]) => stages.ttfa?.count)
    .map(([path, { ttfa }]) => [PATHS[path] ?? path, ttfa.count.toLocaleString(), wait(ttfa.p50_ms), wait(ttfa.p95_ms), wait(ttfa.p99_ms)]);
  const felt = Object.entries(status.felt)
    .filter(([name]) => name in FELT)
    .map(([name, one]) => [FELT[name], one.count.toLocaleString(), wait(one.p50_ms), wait(one.p95_ms), wait(one.p99_ms)]);
  const heads = ["", "#Turns", "#p50", "#p95", "#p99"];
  return make("section", { class: "card" }, [
    make("h2", {}, ["Time to the first audible sound"]),
    make("p", { class: "hint" }, ["From the end of the caller's turn, over the window."]),
    rows.length ? table("Time to first audio by path", ["By path", ...heads.slice(1)], rows) : make("p", { class: "hint" }, ["Nothing was waited for in this window."]),
    ...(felt.length ? [make("h3", {}, ["As callers feel it, since this server started"]), table("As callers feel it", ["Figure", ...heads.slice(1)], felt)] : []),
  ]);
}

function helpers(status) {
  const { helpers: one } = status;
  const rows = [
    ["Second model asked because the first was slow (hedge)", percent(one.hedge)],
    ["Another model asked because the first failed (fallback)", percent(one.fallback)],
    ["Something said meanwhile (filler)", percent(one.filler)],
    ["Voices that failed", one.voice_failures.toLocaleString()],
  ];
  return make("section", { class: "card" }, [
    make("h2", {}, ["The agent's helpers"]),
    make("p", { class: "hint" }, [
      status.agent ? "Shares of the agent's answers, since this server started." : "No agent is set: what the cache does not answer is handed on.",
    ]),
    table("The agent's helpers", ["What", "#Share"], rows),
  ]);
}

function top(stats) {
  const rows = Object.entries(stats.entries)
    .sort(([, a], [, b]) => b.hits - a.hits)
    .slice(0, 8)
    .map(([name, one]) => [link(name, `#/answers/${encodeURIComponent(name)}`, ""), one.hits.toLocaleString(), one.wrong ? one.wrong.toLocaleString() : "0"]);
  return make("section", { class: "card" }, [
    make("h2", {}, ["Answered most"]),
    rows.length ? table("Answered most", ["Entry", "#Hits", "#Wrong"], rows) : make("p", { class: "hint" }, ["Nothing yet in this window."]),
  ]);
}

export const overview = {
  title: "Overview",
  windowed: true,
  async show(main, context) {
    const box = make("div", { class: "overview" });
    main.append(box);
    /** @type {ReturnType<typeof chart> | null} */
    let plot = null;
    let data = null;

    const load = async () => {
      const asked = { tenant: context.tenant, window: context.window };
      // One after the other: all at once they would keep both cores of a small machine from callers.
      const stats = await get("/stats", asked);
      const status = await get("/status", asked);
      const latency = await get("/latency", asked);
      const course = await get("/course", asked);
      data = course;
      if (!status.catalogue) {
        box.replaceChildren(
          empty(
            "There is nothing to answer with yet",
            "Drop a table of questions and answers on the Import page: it is checked, rendered and published in a minute or two. Then try a sentence, and place a call.",
            link("Import a table", "#/import"),
            link("Add one answer by hand", "#/answers/+", "button quiet"),
          ),
        );
        return;
      }
      const parts = [alertList(status.alerts), tiles(stats, status)];
      if (stats.turns) {
        plot ??= chart("Turns over time by the way they went", () => {
          const times = data.points.map((one) => one.at + data.piece_s / 2);
          const series = SERIES.map((one) => ({ ...one, values: data.points.map(one.of) }));
          return stacked(times, series, data.piece_s);
        });
        parts.push(
          make("section", { class: "card wide" }, [
            make("h2", {}, [`Turns, each bar ${duration(course.piece_s)}`]),
            plot.box,
            key(SERIES),
            summary(course),
          ]),
        );
      } else {
        parts.push(
          empty(
            "No turns in this window",
            "Place a call from the browser, or try a sentence without calling: what is said appears here as it happens.",
            link("Place a call", "./"),
            link("Try a sentence", "#/try", "button quiet"),
          ),
        );
      }
      parts.push(make("div", { class: "columns" }, [make("div", {}, [waits(latency, status), helpers(status)]), top(stats)]));
      box.replaceChildren(...parts);
      plot?.draw();
    };
    await load();
    return {
      news: () => load().catch(() => undefined),
      leave: () => plot?.leave(),
    };
  },
};

/** The chart as a table, for those who would rather read it. */
function summary(course) {
  const rows = course.points
    .filter((one) => one.hit + one.clarify + one.route + one.agent + one.handoff)
    .map((one) => [moment(one.at), ...["hit", "wrong", "clarify", "route", "agent", "handoff"].map((name) => String(one[name]))]);
  return make("details", {}, [
    make("summary", {}, ["As a table"]),
    table("Turns over time", ["From", "#Hits", "#Wrong", "#Asked back", "#Routed", "#Agent", "#Handed on"], rows),
  ]);
}
