/** A sentence, and what a caller who says it would be answered. Nothing is recorded. */

import { put } from "./api.js";
import { chip, empty, evidence, link, make, meter, player, toast, wait } from "./parts.js";

const REASON = "Why";

export const tryIt = {
  title: "Try it",
  windowed: false,
  async show(main, context) {
    const text = make("input", { type: "text", id: "sentence", maxlength: "1000", autocomplete: "off", spellcheck: "false", placeholder: "when do you open on sunday" });
    const final = make("input", { type: "checkbox", id: "speaking" });
    const form = make("form", { class: "ask" }, [
      make("label", { for: "sentence" }, ["What would a caller say?"]),
      make("div", { class: "row" }, [text, make("button", { type: "submit" }, ["Ask"])]),
      make("p", { class: "row" }, [final, make("label", { for: "speaking" }, ["as if still speaking"])]),
    ]);
    const box = make("div", { "aria-live": "polite" });
    main.append(form, box);
    let asked = 0;
    const ask = async () => {
      const said = text.value.trim();
      if (!said) return;
      const mine = (asked += 1);
      history.replaceState(null, "", `#/try/${encodeURIComponent(said)}`);
      try {
        const answer = await put("POST", "/ask", { tenant: context.tenant, text: said, final: !final.checked });
        if (mine === asked) box.replaceChildren(result(answer, context));
      } catch (error) {
        if (mine !== asked) return;
        if (error.status === 404) box.replaceChildren(empty("There is nothing to answer with yet", error.message, link("Import a table", "#/import")));
        else toast(error.message, "bad");
      }
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask();
    });
    let timer = 0;
    text.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 250);
    });
    final.addEventListener("change", ask);
    if (context.path[0]) text.value = context.path[0];
    text.focus();
    await ask();
    if (!text.value) box.append(empty("Type a sentence", "Each keystroke asks again: the candidates, what speaks for them, and what vetoes them. Nothing is recorded."));
    return {};
  },
};

function result(answer, context) {
  const key = answer.entry && answer.path === "cache" ? `entry:${answer.entry.id}` : "";
  return make("div", { class: "result" }, [
    make("section", { class: `card verdict path-${answer.path}` }, [
      make("p", { class: "row" }, [
        chip(answer.path),
        answer.entry ? link(answer.entry.id, `#/answers/${encodeURIComponent(answer.entry.id)}`, "") : "",
        answer.action ? make("code", {}, [answer.action]) : "",
        make("span", { class: "hint" }, [`catalogue ${answer.catalogue} · decided in ${wait(answer.match_ms)}`]),
      ]),
      make("p", { class: "words" }, [
        answer.entry && answer.path === "cache"
          ? answer.entry.answer
          : answer.clarify
            ? `Do you mean ${answer.clarify.join(", or ")}?`
            : "It would be passed on.",
      ]),
      key ? player({ tenant: context.tenant, key, catalogue: answer.catalogue }) : "",
      make("dl", { class: "facts" }, [
        make("div", {}, [make("dt", {}, ["Confidence"]), make("dd", {}, [meter(answer.confidence, `confidence ${answer.confidence.toFixed(2)}`)])]),
        answer.question ? make("div", {}, [make("dt", {}, ["Understood as"]), make("dd", {}, [answer.question])]) : "",
        answer.reason ? make("div", {}, [make("dt", {}, [REASON]), make("dd", {}, [answer.reason])]) : "",
      ]),
    ]),
    make("section", { class: "card" }, [make("h2", {}, ["Candidates"]), evidence(answer.candidates, answer.vetoes)]),
  ]);
}
