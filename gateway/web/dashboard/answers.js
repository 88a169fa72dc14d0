/** The answers: found, heard, edited into the draft; and the catalogues that were live before. */

import { redraw } from "../dom.js";
import { get, put } from "./api.js";
import { BLANK, draft } from "./draft.js";
import { button, empty, field, link, make, meter, moment, percent, player, plural, table, toast } from "./parts.js";

const PAGE = 100;

/** What was looked for, and how far down, while one answer after the other is opened. */
const place = { tenant: "", search: "", limit: PAGE, top: 0 };

function line(entry, counts) {
  const one = counts[entry.id];
  const inDraft = draft.of(entry.id);
  return make("li", { "data-key": entry.id }, [
    make("a", { class: "entry", href: `#/answers/${encodeURIComponent(entry.id)}`, "data-entry": entry.id }, [
      make("strong", {}, [entry.id, inDraft !== undefined ? make("span", { class: "kind changed" }, [inDraft ? "in the draft" : "to be removed"]) : ""]),
      make("span", { class: "answer" }, [entry.answer || `→ ${entry.action}`]),
      make("span", { class: "hint" }, [
        plural(entry.questions.length, "question"),
        one ? ` · ${plural(one.hits, "hit")}` : "",
        one?.wrong ? make("span", { class: "mark mark-wrong" }, [` · ✗ ${one.wrong}`]) : "",
      ]),
    ]),
  ]);
}

export const answers = {
  title: "Answers",
  windowed: true,
  async show(main, context) {
    const search = make("input", { type: "search", id: "search", placeholder: "Words of a question, answer, id or tag", autocomplete: "off", "aria-label": "Search answers" });
    const items = make("ul", { class: "entries" });
    const foot = make("div", { class: "hint" });
    const side = make("section", { class: "card detail", "aria-label": "The answer" });
    const versions = make("section", { class: "card" });
    const master = make("div", { class: "master" }, [
      make("div", { class: "row" }, [search, link("New answer", "#/answers/+")]),
      items,
      foot,
    ]);
    main.append(make("div", { class: "split" }, [master, side]), versions);
    let counts = {};
    let asked = 0;
    if (place.tenant !== context.tenant) Object.assign(place, { tenant: context.tenant, search: "", limit: PAGE, top: 0 });
    search.value = place.search;

    const load = async () => {
      const mine = (asked += 1);
      let page = { entries: [], total: 0 };
      try {
        page = await get("/entries", { tenant: context.tenant, search: search.value.trim(), limit: place.limit });
      } catch (error) {
        if (error.status !== 404) throw error;
      }
      if (mine !== asked) return;
      const fresh = search.value ? [] : draft.added;
      const { top } = place;
      redraw(items, [...fresh, ...page.entries].map((entry) => line(entry, counts)));
      foot.replaceChildren(
        page.total > page.entries.length
          ? button(`Show more of ${page.total.toLocaleString()}`, () => {
              place.limit = Math.min(500, place.limit + PAGE);
              return load();
            }, { class: "quiet" })
          : plural(page.total, "answer"),
      );
      if (!page.total && !fresh.length && !search.value) {
        items.replaceChildren(
          make("li", {}, [empty("No answers yet", "Import a table, or write the first one here.", link("Import a table", "#/import"))]),
        );
      }
      mark();
      items.scrollTop = top;
    };
    const mark = () => {
      for (const one of items.querySelectorAll("a.entry")) {
        if (one.dataset.entry === context.path[0]) one.setAttribute("aria-current", "true");
        else one.removeAttribute("aria-current");
      }
    };
    const loadVersions = async () => {
      const { catalogues } = await get("/catalogues", { tenant: context.tenant });
      versions.hidden = !catalogues.length;
      versions.replaceChildren(...history(catalogues, context, again));
    };
    const again = async () => {
      await Promise.all([load(), loadVersions(), detail(side, context, again)]);
    };
    let timer = 0;
    search.addEventListener("input", () => {
      clearTimeout(timer);
      Object.assign(place, { search: search.value, top: 0 });
      timer = setTimeout(load, 150);
    });
    items.addEventListener("scroll", () => (place.top = items.scrollTop), { passive: true });
    const forget = draft.onPublished(() => again().catch((error) => toast(error.message, "bad")));
    get("/stats", { tenant: context.tenant, window: context.window }).then((stats) => {
      counts = stats.entries;
      return load();
    }).catch(() => undefined);
    await again();
    items.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    if (context.path[0]) {
      side.scrollIntoView({ block: "nearest" });
      if (matchMedia("(max-width: 60rem)").matches) side.scrollIntoView({ block: "start" });
    }
    return {
      key: (pressed) => {
        if (pressed === "p") {
          side.querySelector(".hear")?.click();
          return true;
        }
        if (pressed !== "j" && pressed !== "k") return false;
        const all = [...items.querySelectorAll("a.entry")];
        const at = all.findIndex((one) => one === document.activeElement);
        all[Math.max(0, Math.min(all.length - 1, at + (pressed === "j" ? 1 : -1)))]?.focus();
        return true;
      },
      news: (what) => {
        if (what.has("catalogue")) loadVersions().catch(() => undefined);
      },
      leave: () => {
        forget();
        if (!location.hash.startsWith("#/answers")) place.tenant = "";
      },
    };
  },
};

// --- one answer ----------------------------------------------------------------------------------

async function detail(side, context, again) {
  const [id] = context.path;
  if (!id) {
    side.replaceChildren(make("p", { class: "hint" }, ["Choose an answer to hear it, to edit it, and to see how it does; or write a new one."]));
    return;
  }
  if (id === "+") {
    side.replaceChildren(make("h2", {}, ["New answer"]), form(BLANK, null, context, again));
    side.querySelector("textarea")?.focus();
    return;
  }
  const live = await get(`/entries/${encodeURIComponent(id)}`, { tenant: context.tenant }).catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });
  const planned = draft.of(id);
  if (!live && !planned) {
    side.replaceChildren(empty("This answer is not there", `No live entry is called ${id}: it may have been removed, or rolled back.`, link("All answers", "#/answers")));
    return;
  }
  const entry = planned ?? live.entry;
  const use = make("div", { class: "use" });
  const near = make("div");
  side.replaceChildren(
    make("h2", {}, [id]),
    make("div", { class: "row" }, [
      live && live.entry.answer ? player({ tenant: context.tenant, key: `entry:${id}` }, "▶ Hear what is live") : "",
      planned !== undefined ? button("Forget the change", () => {
        draft.forget(id);
        return again();
      }, { class: "quiet" }) : "",
    ]),
    use,
    planned === null
      ? make("p", { class: "wrong" }, ["The draft removes this answer."])
      : form(entry, live?.entry ?? null, context, again),
    near,
  );
  if (live) {
    usage(use, id, context).catch(() => undefined);
    neighbours(near, live.entry, context).catch(() => undefined);
  }
}

async function usage(box, id, context) {
  const [stats, last] = await Promise.all([
    get("/stats", { tenant: context.tenant, window: context.window }),
    get("/turns", { tenant: context.tenant, entry: id, path: "cache", limit: 1 }),
  ]);
  const one = stats.entries[id] ?? { hits: 0, right: 0, wrong: 0, wrong_rate: 0 };
  const turn = last.turns[0];
  const fact = (label, ...value) => make("div", {}, [make("dt", {}, [label]), make("dd", {}, value)]);
  box.replaceChildren(
    make("dl", { class: "facts" }, [
      fact("Hits", one.hits.toLocaleString()),
      fact("Flagged wrong", one.wrong ? `${one.wrong} (${percent(one.wrong_rate)})` : "0"),
      fact("Flagged right", String(one.right)),
      fact("Last used", turn ? make("a", { href: `#/calls/${encodeURIComponent(turn.call_id)}/${encodeURIComponent(turn.id)}` }, [moment(turn.at)]) : "never"),
    ]),
  );
}

/** Other entries that its questions come near to. */
async function neighbours(box, entry, context) {
  const found = await put("POST", "/ask", { tenant: context.tenant, texts: entry.questions.slice(0, 20) });
  const nearest = new Map();
  found.forEach((answer, at) => {
    for (const one of answer.candidates) {
      if (one.id !== entry.id && one.similarity > (nearest.get(one.id)?.similarity ?? 0)) {
        nearest.set(one.id, { ...one, asked: entry.questions[at] });
      }
    }
  });
  const rows = [...nearest.values()].sort((a, b) => b.similarity - a.similarity).slice(0, 5);
  if (!rows.length) return;
  box.replaceChildren(
    make("h3", {}, ["Most easily confused with"]),
    table(
      "Confusable neighbours",
      ["Entry", "Its question", "Ours", "#Likeness"],
      rows.map((one) => [link(one.id, `#/answers/${encodeURIComponent(one.id)}`, ""), one.question, one.asked, meter(one.similarity, `likeness ${one.similarity.toFixed(2)}`)]),
    ),
  );
}

const lines = (text) => text.split("\n").map((one) => one.trim()).filter(Boolean);

function area(value, rows, more = {}) {
  const made = make("textarea", { rows: String(rows), ...more });
  made.value = value;
  return made;
}

function input(value, more = {}) {
  const made = make("input", { type: "text", autocomplete: "off", ...more });
  made.value = value;
  return made;
}

function form(entry, live, context, again) {
  const isNew = !live && !entry.id;
  const questions = area(entry.questions.join("\n"), Math.min(8, Math.max(3, entry.questions.length + 1)), { required: "" });
  const answer = area(entry.answer, 4, { maxlength: "6000" });
  const id = input(entry.id, { maxlength: "100", pattern: "\\S+", ...(isNew ? {} : { readonly: "" }) });
  const counters = area(entry.counter_examples.join("\n"), 2);
  const tags = input(entry.tags.join(", "));
  const from = input(entry.valid_from, { type: "date" });
  const until = input(entry.valid_until, { type: "date" });
  const fallback = input(entry.fallback ?? "");
  const action = input(entry.action, { placeholder: "transfer, agent:fast, …" });
  const more = make("details", {}, [
    make("summary", {}, ["Counter-examples, dates, tags, action"]),
    field("Counter-examples", counters, "One a line: what must not get this answer."),
    make("div", { class: "pair" }, [field("Valid from", from), field("Valid until", until)]),
    field("Tags", tags, "With commas between them."),
    field("Action", action, "Where a turn about it goes instead of an answer."),
    field("Fallback line", fallback, "What is said where a live value, such as {order.status}, cannot be."),
  ]);
  more.open = Boolean(entry.counter_examples.length || entry.valid_from || entry.valid_until || entry.action || entry.fallback);
  const made = make("form", { class: "edit", autocomplete: "off" }, [
    field("Questions", questions, "One a line, as callers ask it: three to ten wordings."),
    field("Answer", answer, "What is spoken, word for word."),
    isNew ? field("Id", id, "Without spaces; made of the first question if you leave it empty.") : "",
    more,
    make("div", { class: "row between" }, [
      live ? button("Remove", () => {
        draft.remove(live);
        return again();
      }, { class: "quiet danger" }) : make("span"),
      make("button", { type: "submit" }, ["Keep in the draft"]),
    ]),
  ]);
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = lines(questions.value);
    const name = id.value.trim() || slug(asked[0] ?? "");
    if (!name) return;
    draft.keep(
      {
        ...entry,
        id: name,
        intent: entry.intent || name,
        questions: asked,
        answer: answer.value.trim(),
        counter_examples: lines(counters.value),
        tags: tags.value.split(",").map((one) => one.trim()).filter(Boolean),
        valid_from: from.value,
        valid_until: until.value,
        action: action.value.trim(),
        fallback: fallback.value.trim(),
      },
      live,
    );
    toast("Kept in the draft: review and publish it below");
    if (isNew) context.go("answers", name);
    else again().catch((error) => toast(error.message, "bad"));
  });
  return made;
}

export function slug(question) {
  return question.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60);
}

// --- versions ------------------------------------------------------------------------------------

function history(catalogues, context, again) {
  const live = catalogues.find((one) => one.live);
  return [
    make("h2", {}, ["Catalogues"]),
    make("p", { class: "hint" }, ["Each publication is a catalogue with a number. Rolling back makes an earlier one live at once; its sound is kept."]),
    table(
      "Catalogues",
      ["Number", "Published", "From", "#Answers", ""],
      catalogues.slice(0, 12).map((one) => [
        `${one.number}`,
        moment(Date.parse(one.created) / 1000),
        one.source,
        one.entries.toLocaleString(),
        one.live
          ? make("span", { class: "chip path-cache" }, ["live"])
          : button("Roll back", async () => {
              await put("POST", "/catalogues/rollback", { tenant: context.tenant, number: one.number, over: live?.number ?? null });
              toast(`Catalogue ${one.number} is live`, "good", "Undo", async () => {
                await put("POST", "/catalogues/rollback", { tenant: context.tenant, number: live.number, over: one.number });
                await again();
              });
              await again();
            }, { class: "quiet", "aria-label": `Roll back to catalogue ${one.number}` }),
      ]),
    ),
  ];
}
