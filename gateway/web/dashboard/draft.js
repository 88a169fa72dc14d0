/** Changes of answers that are not live yet. They are kept in this tab until they are published, all
 * of them together, or discarded. */

import { job, Failed, entryState } from "./api.js";
import { lists, words } from "./diff.js";
import { button, keepOnlyOne, make, plural, progress, toast } from "./parts.js";

const FIELDS = {
  intent: "Intent",
  answer: "Answer",
  questions: "Questions",
  counter_examples: "Counter-examples",
  tags: "Tags",
  valid_from: "Valid from",
  valid_until: "Valid until",
  action: "Action",
  fallback: "Fallback line",
  locale: "Locale",
  voice: "Voice",
};

/** An entry without anything in it. */
export const BLANK = {
  id: "",
  intent: "",
  questions: [],
  answer: "",
  counter_examples: [],
  locale: "en-US",
  voice: "",
  tags: [],
  valid_from: "",
  valid_until: "",
  action: "",
  fallback: "",
};

class Draft {
  constructor() {
    this._tenant = "";
    /** @type {Record<string, {entry: any, before: any}>} entry null: to be deleted */
    this._changes = {};
    this._box = null;
    this._context = null;
    this._published = () => undefined;
  }

  open(tenant) {
    this._tenant = tenant;
    this._changes = JSON.parse(sessionStorage.getItem(this._place) ?? "{}");
    this._show();
  }

  get _place() {
    return `frontline.draft.${this._tenant}`;
  }

  attach(box, context) {
    this._box = box;
    this._context = context;
    this._show();
  }

  get size() {
    return Object.keys(this._changes).length;
  }

  /** The entry as it would be; undefined where the draft does not touch it, null if it goes. */
  of(id) {
    return this._changes[id]?.entry;
  }

  get added() {
    return Object.values(this._changes)
      .filter((one) => one.entry && !one.before)
      .map((one) => one.entry);
  }

  keep(entry, before) {
    const first = this._changes[entry.id] ? this._changes[entry.id].before : before;
    if (first && JSON.stringify({ ...BLANK, ...first }) === JSON.stringify({ ...BLANK, ...entry })) delete this._changes[entry.id];
    else this._changes[entry.id] = { entry, before: first };
    this._save();
  }

  remove(before) {
    const known = this._changes[before.id];
    if (known && !known.before) delete this._changes[before.id];
    else this._changes[before.id] = { entry: null, before: known?.before ?? before };
    this._save();
  }

  forget(id) {
    delete this._changes[id];
    this._save();
  }

  /**
   * @param {() => void} act what to do when something was published or discarded
   * @returns {() => void} ends it, unless another page has taken its place
   */
  onPublished(act) {
    this._published = act;
    return () => {
      if (this._published === act) this._published = () => undefined;
    };
  }

  _save() {
    sessionStorage.setItem(this._place, JSON.stringify(this._changes));
    this._show();
  }

  get _body() {
    const changes = Object.entries(this._changes);
    return {
      tenant: this._tenant,
      put: changes.filter(([, one]) => one.entry).map(([, one]) => one.entry),
      delete: changes.filter(([, one]) => !one.entry).map(([id]) => id),
    };
  }

  /** The state of each entry that the draft was begun on. Throws where one is another by now. */
  async _states() {
    const states = {};
    for (const [id, { before }] of Object.entries(this._changes)) {
      const { entry, tag } = await entryState(this._tenant, id);
      if (JSON.stringify(entry && { ...BLANK, ...entry }) !== JSON.stringify(before ? { ...BLANK, ...before } : null)) {
        throw new Failed(412, { message: `“${id}” was changed by somebody else since this draft began: discard the change and make it again.` });
      }
      states[id] = tag;
    }
    return states;
  }

  _show() {
    const box = this._box;
    if (!box) return;
    box.hidden = this.size === 0;
    box.replaceChildren(
      make("p", {}, [make("strong", {}, [plural(this.size, "change")]), " in the draft, not live yet"]),
      make("div", { class: "row" }, [
        button("Discard", () => this._discard(), { class: "quiet" }),
        button("Review and publish", () => this._review()),
      ]),
    );
  }

  _discard() {
    const kept = this._changes;
    this._changes = {};
    this._save();
    this._published();
    toast("The draft is discarded", "good", "Undo", () => {
      this._changes = kept;
      this._save();
      this._published();
    });
  }

  _review() {
    const dialog = make("dialog", { class: "review", "aria-labelledby": "review-title" });
    const outcome = make("div", { role: "status" });
    const close = button("Back", () => dialog.close(), { class: "quiet" });
    const run = async (dry) => {
      const bar = progress();
      outcome.replaceChildren(bar.box);
      act.forEach((one) => (one.disabled = true));
      try {
        const states = await this._states();
        const report = await job("POST", "/catalogues/publish", { body: { ...this._body, states, dry_run: dry } }, (step) => bar.tell(step));
        if (dry) outcome.replaceChildren(checked(report));
        else this._done(dialog, report);
      } catch (error) {
        outcome.replaceChildren(failed(error));
      } finally {
        act.forEach((one) => (one.disabled = false));
      }
    };
    const check = button("Check", () => run(true), { class: "quiet" });
    const publish = button("Render and publish", () => run(false));
    const act = [check, publish];
    dialog.append(
      make("h2", { id: "review-title" }, [`Review ${plural(this.size, "change")}`]),
      make("div", { class: "changes" }, Object.entries(this._changes).map(([id, one]) => difference(id, one))),
      outcome,
      make("div", { class: "row end" }, [close, check, publish]),
    );
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    keepOnlyOne();
    dialog.showModal();
    publish.focus();
  }

  _done(dialog, report) {
    this._changes = {};
    this._save();
    dialog.close();
    const text = report.outcome === "published" ? `Catalogue ${report.catalogue} is live: ${plural(report.rendered, "clip")} rendered` : "What is live says the same already";
    toast(text);
    this._published();
  }
}

function marked(pieces) {
  return pieces.map(({ kind, text }) => make(kind === "in" ? "ins" : kind === "out" ? "del" : "span", {}, [text]));
}

function difference(id, { entry, before }) {
  const kind = !entry ? "removed" : before ? "changed" : "new";
  const parts = [make("h3", {}, [id, " ", make("span", { class: `kind ${kind}` }, [kind])])];
  const [old, now] = [before ?? BLANK, entry ?? BLANK];
  const rows = [];
  for (const [name, label] of Object.entries(FIELDS)) {
    const [a, b] = [old[name], now[name]];
    if (JSON.stringify(a) === JSON.stringify(b) || (!before && name === "intent" && b === id)) continue;
    const pieces = Array.isArray(a)
      ? lists(a, b).map((one) => make("li", {}, marked([one])))
      : marked(words(String(a), String(b)));
    rows.push(make("dt", {}, [label]), make("dd", {}, Array.isArray(a) ? [make("ul", {}, pieces)] : pieces));
  }
  parts.push(make("dl", { class: "diff" }, rows));
  return make("section", {}, parts);
}

function checked(report) {
  const box = make("div", {}, [
    make("p", { class: "calm" }, [`✓ Good: ${plural(report.rendered, "clip")} to be rendered, ${report.reused.toLocaleString()} kept.`]),
  ]);
  if (report.warnings.length) box.append(problems(report.warnings));
  return box;
}

export function failed(error) {
  const box = make("div", { role: "alert" }, [make("p", { class: "wrong" }, [error.message])]);
  const report = error instanceof Failed ? error.report : null;
  if (report?.errors?.length) box.append(problems(report.errors));
  for (const one of report?.conflicts ?? []) {
    box.append(make("p", { class: "hint" }, [`“${one.question}” (${one.first}) asks the same as “${one.other}” (${one.second}).`]));
  }
  return box;
}

function problems(rows) {
  return make("ul", { class: "problems" }, rows.slice(0, 20).map((one) => make("li", {}, [`${one.reason}: ${one.mend}`])));
}

export const draft = new Draft();
