/** What callers asked and the cache could not answer, put together by what they asked. */

import { job, put } from "./api.js";
import { slug } from "./answers.js";
import { failed } from "./draft.js";
import { button, empty, field, link, make, percent, plural, progress, toast } from "./parts.js";

/** Milliseconds in which a dismissal can be undone; it is told to the server after them. */
const UNDO = 6_000;

export const missed = {
  title: "Missed",
  windowed: false,
  async show(main, context) {
    const smallest = make("select", { id: "smallest" }, [
      make("option", { value: "1" }, ["every question"]),
      make("option", { value: "2" }, ["asked twice or more"]),
      make("option", { value: "5" }, ["asked five times or more"]),
    ]);
    smallest.value = "1";
    const box = make("div");
    main.append(
      make("p", { class: "lead" }, ["Questions that went to the agent, were handed on, or had to be asked back about. Add them to an answer, give them one of their own, or say that they were rightly passed on."]),
      make("p", { class: "row" }, [make("label", { for: "smallest" }, ["Show"]), smallest]),
      box,
    );
    const waiting = new Set();
    const load = async () => {
      const bar = progress();
      if (!box.childElementCount) box.replaceChildren(bar.box);
      let found;
      try {
        found = await job("GET", "/misses/clusters", { query: { tenant: context.tenant, smallest: smallest.value } }, (step) => bar.tell(step));
      } catch (error) {
        box.replaceChildren(failed(error), button("Try again", load, { class: "quiet" }));
        return;
      }
      const groups = found.clusters.filter((one) => !waiting.has(one.id));
      box.replaceChildren(
        found.note ? make("p", { class: "hint" }, [found.note]) : "",
        groups.length
          ? make("ol", { class: "clusters" }, groups.map((one) => group(one, context, { load, waiting })))
          : empty("Nothing is missed", found.misses ? `${plural(found.misses, "question")} asked more seldom: show every question.` : "What callers ask and no answer fits gathers here.", link("Try a sentence", "#/try")),
      );
    };
    smallest.addEventListener("change", () => {
      box.replaceChildren();
      load();
    });
    await load();
    return {
      key: (pressed) => {
        if (pressed !== "j" && pressed !== "k") return false;
        const all = [...box.querySelectorAll("li.cluster")];
        const at = all.findIndex((one) => one.contains(document.activeElement));
        all[Math.max(0, Math.min(all.length - 1, at + (pressed === "j" ? 1 : -1)))]?.focus();
        return true;
      },
    };
  },
};

function group(one, context, { load, waiting }) {
  const nearest = one.nearest;
  const work = make("div", { role: "status" });
  const item = make("li", { class: "card cluster", tabindex: "-1", "data-cluster": one.id });

  const promote = async (entry) => {
    const bar = progress();
    work.replaceChildren(bar.box);
    try {
      const report = await job("POST", "/misses/promote", { body: { tenant: context.tenant, cluster: one.id, entry } }, (step) => bar.tell(step));
      toast(`Catalogue ${report.catalogue} is live: ${plural(report.added, "question")} added to ${report.entry}`);
      await load();
    } catch (error) {
      work.replaceChildren(failed(error));
    }
  };

  const dismiss = () => {
    waiting.add(one.id);
    item.hidden = true;
    const flags = one.turns.map((turn) => ({ turn, verdict: "right" }));
    const send = async () => {
      for (const body of flags) await put("POST", "/flags", body);
      waiting.delete(one.id);
    };
    const timer = setTimeout(() => send().catch((error) => toast(error.message, "bad")), UNDO);
    toast(`“${one.name}” was rightly passed on`, "good", "Undo", () => {
      clearTimeout(timer);
      waiting.delete(one.id);
      item.hidden = false;
    });
  };

  item.append(
    make("div", { class: "row between" }, [
      make("h2", {}, [one.name]),
      make("span", { class: "size" }, [`${plural(one.size, "time")} · ${percent(one.share)} of the misses`]),
    ]),
    one.examples.length > 1 ? make("ul", { class: "examples" }, one.examples.slice(1).map((text) => make("li", {}, [text]))) : "",
    nearest
      ? make("p", { class: "hint" }, [
          "Nearest answer: ",
          link(nearest.entry, `#/answers/${encodeURIComponent(nearest.entry)}`, ""),
          ` (“${nearest.question}”, likeness ${nearest.similarity.toFixed(2)})`,
        ])
      : "",
    make("div", { class: "row" }, [
      nearest ? button(`Add to ${nearest.entry}`, () => promote(nearest.entry), { class: one.suggestion === "extend" ? "" : "quiet" }) : "",
      writer(one, promote),
      button("Dismiss", dismiss, { class: "quiet", title: "Rightly passed on: do not list it" }),
    ]),
    work,
  );
  return item;
}

/** An answer of its own, written on the spot. */
function writer(one, promote) {
  const answer = make("textarea", { rows: "3", required: "" });
  const id = make("input", { type: "text", pattern: "\\S+", required: "" });
  id.value = slug(one.name);
  const form = make("form", { class: "edit" }, [
    field("Answer", answer, "What is spoken, word for word."),
    field("Id", id),
    make("div", { class: "row end" }, [make("button", { type: "submit" }, ["Render and publish"])]),
  ]);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    promote({ id: id.value.trim(), answer: answer.value.trim() });
  });
  return make("details", { class: `writer ${one.suggestion === "new" ? "wanted" : ""}` }, [make("summary", {}, ["New answer…"]), form]);
}
