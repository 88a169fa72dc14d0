/** A sentence, typed or spoken, and what a caller who says it would be answered. Nothing is recorded. */

import { put } from "./api.js";
import { Hearing } from "./hearing.js";
import { chip, empty, evidence, link, make, meter, player, toast, wait } from "./parts.js";

const REASON = "Why";

export const tryIt = {
  title: "Try it",
  windowed: false,
  async show(main, context) {
    const text = make("input", { type: "text", id: "sentence", maxlength: "1000", autocomplete: "off", spellcheck: "false", placeholder: "when do you open on sunday" });
    const final = make("input", { type: "checkbox", id: "speaking" });
    const speak = make("button", { type: "button", class: "hear", "aria-pressed": "false", "aria-describedby": "heard" }, ["Speak"]);
    const heard = make("p", { class: "hint", id: "heard", role: "status" });
    const form = make("form", { class: "ask" }, [
      make("label", { for: "sentence" }, ["What would a caller say?"]),
      make("div", { class: "row" }, [text, speak, make("button", { type: "submit" }, ["Ask"])]),
      heard,
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
    const ear = byMicrophone(context.tenant, { text, speak, heard }, ask);
    let timer = 0;
    text.addEventListener("input", () => {
      ear.leave(); // who types has thought better of it
      clearTimeout(timer);
      timer = setTimeout(ask, 250);
    });
    final.addEventListener("change", ask);
    if (context.path[0]) text.value = context.path[0];
    text.focus();
    await ask();
    if (!text.value) box.append(empty("Type a sentence", "Each keystroke asks again: the candidates, what speaks for them, and what vetoes them. Nothing is recorded."));
    return { leave: ear.leave };
  },
};

/** The button that takes a sentence from the microphone: what is heard stands in the box, and is asked. */
function byMicrophone(tenant, { text, speak, heard }, ask) {
  let hearing = /** @type {Hearing | null} */ (null);
  const rest = (told) => {
    hearing = null;
    speak.setAttribute("aria-pressed", "false");
    heard.textContent = told;
  };
  const told = {
    ready: () => (heard.textContent = "Listening. A pause ends it, or press Speak again."),
    partial: (words) => (text.value = words),
    final: (words) => {
      rest(words ? "" : "Nothing was heard.");
      if (!words) return;
      text.value = words;
      ask();
    },
    failed: (message, lasts) => {
      rest(message);
      speak.disabled = lasts;
    },
  };
  speak.addEventListener("click", () => {
    if (hearing) {
      heard.textContent = "Writing it down…";
      hearing.stop();
      return;
    }
    speak.setAttribute("aria-pressed", "true");
    heard.textContent = "Opening the microphone…";
    hearing = new Hearing(tenant, told);
  });
  return {
    leave() {
      hearing?.leave();
      if (hearing) rest("");
    },
  };
}

function result(answer, context) {
  const key = answer.entry && answer.path === "cache" ? `entry:${answer.entry.id}` : "";
  return make("div", { class: "result" }, [
    make("section", { class: `card verdict path-${answer.path}` }, [
      make("p", { class: "row" }, [
        answer.path === "handoff" ? chip("miss") : chip(answer.path),
        answer.entry ? link(answer.entry.id, `#/answers/${encodeURIComponent(answer.entry.id)}`, "") : "",
        answer.action ? make("code", {}, [answer.action]) : "",
        make("span", { class: "hint" }, [`catalogue ${answer.catalogue} · decided in ${wait(answer.match_ms)}`]),
      ]),
      make("p", { class: "words" }, [
        answer.entry && answer.path === "cache"
          ? answer.entry.answer
          : answer.clarify
            ? `Do you mean ${answer.clarify.join(", or ")}?`
            : answer.path === "route"
              ? "It would be passed on."
              : "It would go to the agent; where there is none, it would be handed on.",
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
