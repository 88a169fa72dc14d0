/** A table of questions and answers: dropped, its columns named, checked, published. */

import { job } from "./api.js";
import { failed } from "./draft.js";
import { button, link, make, plural, progress, table, toast } from "./parts.js";

const COLUMNS = {
  question: "what callers say; several with | between them",
  answer: "what is spoken",
  id: "a name without spaces",
  intent: "",
  counter_example: "what must not get the answer",
  tags: "",
  valid_from: "YYYY-MM-DD",
  valid_until: "YYYY-MM-DD",
  action: "transfer, agent:fast…",
  fallback: "said where a live value cannot be",
  locale: "",
  voice: "",
};
const ALSO = {
  question: "questions q faq utterance utterances phrase phrases query example examples title",
  answer: "answers a reply response responses answer_text solution content",
  id: "entry_id faq_id key",
  intent: "intent_name label",
  tags: "tag topic topics category categories keywords",
  valid_from: "from start_date effective_from",
  valid_until: "until valid_to end_date expires expiry_date",
  action: "route handoff",
  fallback: "fallback_line fallback_answer",
  counter_example: "counter_examples negative negatives not",
  locale: "language lang",
  voice: "voice_name",
};
const LARGEST = 64 << 20;
/** Rows that are shown: a table of thousands is checked by the server, not drawn. */
const SHOWN = 50;

/**
 * The records of a CSV file, each with the line it begins on and where it ends in the text.
 * @param {string} text
 */
export function* records(text, separator) {
  let [cells, cell, quoted, line, first] = [/** @type {string[]} */ ([]), "", false, 1, 1];
  for (let at = 0; at <= text.length; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign === undefined) quoted = false;
      else if (sign === '"' && text[at + 1] === '"') {
        cell += '"';
        at += 1;
        continue;
      } else if (sign === '"') {
        quoted = false;
        continue;
      } else {
        if (sign === "\n") line += 1;
        cell += sign;
        continue;
      }
    }
    if (sign === '"' && cell === "") quoted = true;
    else if (sign === separator) {
      cells.push(cell);
      cell = "";
    } else if (sign === "\n" || sign === undefined) {
      cells.push(cell.replace(/\r$/, ""));
      if (cells.length > 1 || cells[0] !== "") yield { cells, line: first, end: at };
      [cells, cell] = [[], ""];
      line += 1;
      first = line;
    } else cell += sign;
  }
}

function separatorOf(text) {
  const head = text.slice(0, text.indexOf("\n") + 1 || undefined);
  return [",", ";", "\t"].sort((a, b) => head.split(b).length - head.split(a).length)[0];
}

function guess(name) {
  const plain = name.trim().toLowerCase().replaceAll(/[\s-]+/g, "_");
  if (plain in COLUMNS) return plain;
  return Object.keys(ALSO).find((one) => ALSO[one].split(" ").includes(plain)) ?? "";
}

const quoted = (cell) => (/[",;\t\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

export const imports = {
  title: "Import",
  windowed: false,
  async show(main, context) {
    const file = make("input", { type: "file", id: "file", accept: ".csv,.tsv,text/csv" });
    const drop = make("div", { class: "drop" }, [
      make("p", {}, [make("label", { for: "file" }, ["Drop a CSV here, or choose one"])]),
      file,
      make("p", { class: "hint" }, ["With a column of questions and one of answers; any spreadsheet saves it. It replaces the whole catalogue, and nothing is live before you publish."]),
    ]);
    const box = make("div");
    main.append(drop, box);
    const take = async (given) => {
      if (!given) return;
      if (given.size > LARGEST) return toast("A table may have 64 MiB", "bad");
      await open(box, (await given.text()).replace(/^\ufeff/, ""), given.name, context);
    };
    file.addEventListener("change", () => take(file.files?.[0]));
    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.add("over");
      });
    }
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      take(event.dataTransfer?.files[0]);
    });
    return {};
  },
};

async function open(box, text, name, context) {
  const separator = separatorOf(text);
  const all = records(text, separator);
  const head = all.next().value;
  if (!head) {
    box.replaceChildren(make("p", { class: "wrong", role: "alert" }, ["The file is empty."]));
    return;
  }
  const rows = [];
  for (const one of all) {
    rows.push(one);
    if (rows.length >= SHOWN) break;
  }
  const taken = new Set();
  const selects = head.cells.map((column, at) => {
    const select = make("select", { "data-column": column }, [
      make("option", { value: "" }, ["leave out"]),
      ...Object.keys(COLUMNS).map((one) => make("option", { value: one }, [one])),
    ]);
    const likely = guess(column);
    select.value = taken.has(likely) ? "" : likely;
    if (select.value) taken.add(select.value);
    select.id = `column-${at}`;
    return select;
  });
  const need = make("p", { class: "wrong", role: "alert", hidden: "" });
  const outcome = make("div", { role: "status" });
  const preview = make("div");

  /** The table with its columns renamed; every row stays on its line. */
  const renamed = () => head.cells.map((column, at) => quoted(selects[at].value || `ignored_${at + 1}`)).join(separator) + text.slice(head.end);
  const look = () => {
    const chosen = selects.map((one) => one.value).filter(Boolean);
    const missing = ["question", "answer"].filter((one) => !chosen.includes(one));
    const twice = chosen.find((one, at) => chosen.indexOf(one) !== at);
    need.textContent = missing.length ? `Choose the column of the ${missing.join(" and of the ")}.` : twice ? `Two columns are ${twice}.` : "";
    need.hidden = !need.textContent;
    act.forEach((one) => (one.disabled = Boolean(need.textContent)));
    return !need.textContent;
  };
  const run = async (dry) => {
    if (!look()) return;
    const bar = progress();
    outcome.replaceChildren(bar.box);
    act.forEach((one) => (one.disabled = true));
    try {
      const report = await job("POST", "/seed", { query: { tenant: context.tenant, dry_run: dry, name }, text: renamed() }, (step) => bar.tell(step));
      show(report, !dry);
    } catch (error) {
      outcome.replaceChildren(failed(error));
      if (error.report) show(error.report, false, error);
    } finally {
      look();
    }
  };
  const show = (report, published, error = null) => {
    draw(report.errors, report.warnings);
    const count = `${plural(report.entries, "answer")}, ${plural(report.questions, "question")}`;
    const parts = [];
    if (error) parts.push(make("p", { class: "wrong", role: "alert" }, [`${plural(report.errors.length, "fault")}: nothing was published.`]));
    else if (published) parts.push(make("p", { class: "calm" }, [`✓ Catalogue ${report.catalogue} is live: ${count}.`]), make("p", { class: "row" }, [link("Try a sentence", "#/try"), link("See the answers", "#/answers", "button quiet")]));
    else parts.push(make("p", { class: "calm" }, [`✓ Good: ${count}; ${plural(report.rendered, "clip")} to be rendered, ${report.reused.toLocaleString()} kept.`]));
    for (const [kind, list] of [["Faults", report.errors], ["Worth a look", report.warnings]]) {
      if (list.length) {
        parts.push(
          make("h3", {}, [kind]),
          table(kind, ["Line", "Column", "What", "What mends it"], list.slice(0, 100).map((one) => [one.line ? String(one.line) : "", one.column, one.reason, one.mend])),
        );
      }
    }
    if (report.conflicts.length) {
      parts.push(
        make("h3", {}, ["The same question, two answers"]),
        table("Conflicts", ["Line", "One", "The other", "#Likeness"], report.conflicts.slice(0, 100).map((one) => [String(one.line || ""), `${one.question} (${one.first})`, `${one.other} (${one.second})`, one.similarity.toFixed(2)])),
      );
    }
    outcome.replaceChildren(...parts);
  };
  const draw = (errors = [], warnings = []) => {
    const found = new Map();
    for (const [kind, list] of [["bad", errors], ["look", warnings]]) {
      for (const one of list) found.set(`${one.line}:${one.column}`, { kind, ...one });
    }
    const body = rows.map((row) => {
      const whole = found.get(`${row.line}:`);
      return make(
        "tr",
        whole ? { class: whole.kind } : {},
        [make("th", { scope: "row", class: "number" }, [String(row.line)])].concat(
          head.cells.map((_, at) => {
            const problem = found.get(`${row.line}:${selects[at].value}`);
            const cell = make("td", problem ? { class: problem.kind } : {}, [row.cells[at] ?? ""]);
            if (problem) cell.append(make("p", { class: "fault" }, [`${problem.reason}: ${problem.mend}`]));
            return cell;
          }),
        ),
      );
    });
    const heads = make("tr", {}, [
      make("th", { scope: "col", class: "number" }, ["Line"]),
      ...head.cells.map((column, at) => make("th", { scope: "col" }, [make("label", { for: `column-${at}` }, [column || `column ${at + 1}`]), selects[at]])),
    ]);
    preview.replaceChildren(
      make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The table" }, [
        make("table", { class: "preview" }, [make("thead", {}, [heads]), make("tbody", {}, body)]),
      ]),
      rows.length >= SHOWN ? make("p", { class: "hint" }, [`The first ${SHOWN} rows are shown; all are checked.`]) : "",
    );
  };
  const act = [button("Check", () => run(true), { class: "quiet" }), button("Render and publish", () => run(false))];
  selects.forEach((one) => one.addEventListener("change", look));
  box.replaceChildren(make("h2", {}, [name]), preview, need, make("div", { class: "row end" }, act), outcome);
  draw();
  look();
}

