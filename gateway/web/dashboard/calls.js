/** Calls, live and past; one call as a conversation. */

import { redraw } from "../dom.js";
import { get, put } from "./api.js";
import { draft } from "./draft.js";
import { EXACT, button, chip, draw, empty, evidence, flagMark, link, make, moment, player, plural, toast } from "./parts.js";

const PAGE = 200;

/** What is told of a turn whose words are not kept. */
const UNKEPT = {
  handoff: "The hand-off line was said.",
  clarify: "A question was asked back.",
  none: "Nothing was said.",
};

/** @param {any[]} turns newest first */
function byCall(turns) {
  const found = new Map();
  for (const turn of turns) {
    if (!found.has(turn.call_id)) found.set(turn.call_id, []);
    found.get(turn.call_id).unshift(turn);
  }
  return found;
}

function state(text) {
  return text.replaceAll("_", " ").toLowerCase();
}

// --- the list ------------------------------------------------------------------------------------

async function list(main, context) {
  const filters = make("div", { class: "row filters", role: "group", "aria-label": "Which turns" });
  const head = make("h2");
  const live = make("ul", { class: "calls" });
  const nobody = make("p", { class: "hint" }, ["Nobody is on the line."]);
  const past = make("ol", { class: "calls" });
  const more = make("p", { class: "row" });
  let only = { path: "", flagged: "" };
  let next = "";
  let turns = [];

  const choices = [
    ["All", { path: "", flagged: "" }],
    ["Answered", { path: "cache", flagged: "" }],
    ["Asked back", { path: "clarify", flagged: "" }],
    ["Agent", { path: "agent", flagged: "" }],
    ["Handed on", { path: "handoff", flagged: "" }],
    ["Flagged", { path: "", flagged: "true" }],
  ];
  const chosen = choices.map(([name, filter], at) => {
    const one = button(name, async () => {
      only = filter;
      chosen.forEach((other) => other.setAttribute("aria-pressed", String(other === one)));
      await load();
    }, { class: "choice", "aria-pressed": String(at === 0) });
    return one;
  });
  filters.append(...chosen);

  const loadLive = async () => {
    const calls = (await get("/calls")).calls.filter((one) => one.tenant === context.tenant);
    head.textContent = `Live now: ${calls.length}`;
    live.hidden = !calls.length;
    nobody.hidden = calls.length > 0;
    redraw(
      live,
      calls.map((one) =>
        make("li", { "data-key": one.id }, [
          make("a", { class: "call", href: `#/calls/${encodeURIComponent(one.id)}` }, [
            make("span", { class: "pulse", "aria-hidden": "true" }),
            make("strong", {}, [plural(one.turns, "turn")]),
            make("span", {}, [`${one.transport}, ${state(one.state)}`]),
            make("span", { class: "when" }, ["since ", moment(one.since)]),
          ]),
        ]),
      ),
    );
  };

  const load = async (older = false) => {
    const page = await get("/turns", { tenant: context.tenant, limit: PAGE, ...only, before: older ? next : "" });
    turns = older ? [...turns, ...page.turns] : page.turns;
    next = page.next;
    const items = [...byCall(turns)].map(([call, its]) => {
      const first = its[0];
      return make("li", { "data-key": call }, [
        make("a", { class: "call", href: `#/calls/${encodeURIComponent(call)}` }, [
          make("strong", {}, [first.text || "(nothing was heard)"]),
          make("span", { class: "chips" }, its.slice(0, 8).map((one) => make("span", { class: `dot path-${one.path}`, title: one.path }))),
          make("span", {}, [plural(its.length, "turn"), its.some((one) => one.flag === "wrong") ? " · ✗ flagged wrong" : ""]),
          make("span", { class: "when" }, [moment(its.at(-1).at)]),
        ]),
      ]);
    });
    redraw(past, items);
    past.hidden = !items.length;
    more.replaceChildren(
      ...(next ? [button("Older calls", () => load(true), { class: "quiet" })] : []),
      ...(items.length
        ? []
        : [empty("No calls here", only.path || only.flagged ? "No turn fits this choice." : "Place one from the browser: it appears here while you speak.", link("Place a call", "./"))]),
    );
  };
  main.append(head, live, nobody, make("h2", {}, ["Calls"]), filters, past, more);
  await Promise.all([loadLive(), load()]);
  return {
    news: (what) => {
      const all = (!what.has("calls") || what.size > 1) && turns.length <= PAGE;
      return Promise.all([loadLive(), all ? load() : undefined]).catch(() => undefined);
    },
    key: (pressed) => {
      if (pressed !== "j" && pressed !== "k") return false;
      const all = [...main.querySelectorAll("a.call")];
      const at = all.indexOf(document.activeElement);
      all[Math.max(0, Math.min(all.length - 1, at + (pressed === "j" ? 1 : -1)))]?.focus();
      return true;
    },
  };
}

// --- one call ------------------------------------------------------------------------------------

async function one(main, context, call, turnId) {
  const head = make("div", { class: "row between" }, [link("← All calls", "#/calls", "")]);
  const box = make("ol", { class: "conversation" });
  main.append(head, box);
  let turns = [];
  let chosen = turnId ?? "";
  /** What was opened stays open when the page is drawn anew. */
  const open = new Set();

  const flag = async (turn, verdict) => {
    await put("POST", "/flags", { turn: turn.id, verdict });
    toast(`Flagged ${verdict}`);
    await load();
    choose(turn.id);
  };

  const choose = (id, focus = true) => {
    chosen = id;
    for (const item of box.children) {
      const mine = item.dataset.key === id;
      item.classList.toggle("chosen", mine);
      if (mine) {
        if (focus) item.focus({ preventScroll: true });
        item.scrollIntoView({ block: "nearest" });
        history.replaceState(null, "", `#/calls/${encodeURIComponent(call)}/${encodeURIComponent(id)}`);
      }
    }
  };

  const load = async () => {
    const page = await get("/turns", { tenant: "*", call, limit: 200 });
    const whole = await Promise.all(page.turns.reverse().map((turn) => get(`/turns/${encodeURIComponent(turn.id)}`)));
    const answers = await said(whole, context);
    turns = whole;
    if (!turns.length) {
      box.replaceChildren();
      main.append(empty("Nothing of this call yet", "Its first turn appears here when it has ended."));
      return;
    }
    main.querySelector(".empty")?.remove();
    const items = turns.map((turn) => shown(turn, answers, { flag, choose, open, context }));
    items.find((one) => one.dataset.key === chosen)?.classList.add("chosen");
    redraw(box, items);
    if (chosen) choose(chosen, document.activeElement === document.body);
  };
  await load();
  if (!chosen && turns.length) choose(turns[0].id, false);
  return {
    news: (what) => {
      if (what.has("turn") || what.has("flags") || what.has("poll")) return load().catch(() => undefined);
      return undefined;
    },
    key: (pressed) => {
      const at = turns.findIndex((turn) => turn.id === chosen);
      if (pressed === "j" || pressed === "k") {
        const next = turns[Math.max(0, Math.min(turns.length - 1, at + (pressed === "j" ? 1 : -1)))];
        if (next) choose(next.id);
      } else if ((pressed === "r" || pressed === "w") && at >= 0) {
        flag(turns[at], pressed === "r" ? "right" : "wrong").catch((error) => toast(error.message, "bad"));
      } else if (pressed === "p" && at >= 0) {
        box.children[at]?.querySelector(".hear")?.click();
      } else return false;
      return true;
    },
  };
}

/** The answers' texts, by entry, as they are live; a deleted entry has none. */
async function said(turns, context) {
  const names = [...new Set(turns.filter((turn) => turn.path === "cache").map((turn) => turn.entry))];
  const found = await Promise.all(
    names.map((name) => get(`/entries/${encodeURIComponent(name)}`, { tenant: turns[0]?.tenant ?? context.tenant }).catch(() => null)),
  );
  return Object.fromEntries(names.map((name, at) => [name, found[at]?.entry.answer ?? ""]));
}

function shown(turn, answers, { flag, choose, open, context }) {
  const key = turn.path === "cache" && turn.entry ? `entry:${turn.entry}` : turn.path === "handoff" && turn.catalogue ? "line:handoff" : "";
  const answer = turn.path === "cache" ? answers[turn.entry] : turn.says || turn.reply;
  const item = make("li", { class: "turn", "data-key": turn.id, tabindex: "-1" });
  item.addEventListener("click", (event) => {
    if (!event.target.closest("a, button, summary, select, .scroll")) choose(turn.id);
  });
  const details = make("details", {}, [
    make("summary", {}, ["Why, and where the time went"]),
    Object.keys(turn.timeline).length ? draw(turn.timeline, null) : make("p", { class: "hint" }, ["Nothing was waited for."]),
    turn.evidence.reason ? make("p", { class: "reason" }, [`Reason: ${turn.evidence.reason}`]) : "",
    evidence(turn.evidence.candidates ?? [], turn.evidence.vetoes ?? []),
  ]);
  details.open = open.has(turn.id);
  details.addEventListener("toggle", () => (details.open ? open.add(turn.id) : open.delete(turn.id)));
  const ours = make("div", { class: "ours" }, [
    make("p", { class: "row" }, [
      chip(turn.path),
      turn.entry ? link(turn.entry, `#/answers/${encodeURIComponent(turn.entry)}`, "") : "",
      turn.confidence ? make("span", { class: "hint" }, [`confidence ${turn.confidence.toFixed(2)}`]) : "",
      turn.shadow ? make("span", { class: "hint" }, ["shadow: only recorded"]) : "",
      turn.interrupted ? make("span", { class: "hint" }, ["the caller cut in"]) : "",
    ]),
    answer ? make("p", { class: "words" }, [answer]) : make("p", { class: "hint" }, [UNKEPT[turn.path] ?? "What was said is not kept."]),
    make("p", { class: "row" }, [
      key ? player({ tenant: turn.tenant, key, catalogue: turn.catalogue }) : "",
      ...flags(turn, flag),
      turn.flag === "wrong" && turn.path === "cache" ? counter(turn, context) : "",
    ]),
    details,
  ]);
  item.append(
    make("div", { class: "caller" }, [
      make("p", { class: "words" }, [turn.text || "(nothing was heard)"]),
      make("p", { class: "hint" }, [`Turn ${turn.turn} · `, moment(turn.at, EXACT)]),
    ]),
    ours,
  );
  return item;
}

function flags(turn, flag) {
  if (turn.path === "none" && !turn.shadow) return [flagMark(turn.flag)];
  return ["right", "wrong"].map((verdict) =>
    button(verdict === "right" ? "✓ Right" : "✗ Wrong", () => flag(turn, verdict), {
      class: `flag ${verdict}`,
      "aria-pressed": String(turn.flag === verdict),
      title: `Flag ${verdict} (${verdict[0]})`,
    }),
  );
}

/** What was asked must not get this answer again: a line in the draft. */
function counter(turn, context) {
  return button("Make it a counter-example", async () => {
    const { entry } = await get(`/entries/${encodeURIComponent(turn.entry)}`, { tenant: turn.tenant });
    const known = draft.of(entry.id) ?? entry;
    if (!known.counter_examples.includes(turn.text)) {
      draft.keep({ ...known, counter_examples: [...known.counter_examples, turn.text] }, entry);
    }
    toast("In the draft: review and publish it");
    context.go("answers", entry.id);
  }, { class: "quiet" });
}

export const calls = {
  title: "Calls",
  windowed: false,
  show(main, context) {
    const [call, turn] = context.path;
    return call ? one(main, context, call, turn) : list(main, context);
  },
};
