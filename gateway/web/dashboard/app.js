/** The frame: who is signed in, which page is shown for which tenant, keys, and news. */

import { byId, make } from "../dom.js";
import { session } from "./api.js";
import { draft } from "./draft.js";
import { Live } from "./live.js";
import { keepOnlyOne, toast } from "./parts.js";
import { answers } from "./answers.js";
import { calls } from "./calls.js";
import { imports } from "./imports.js";
import { missed } from "./missed.js";
import { overview } from "./overview.js";
import { tryIt } from "./try.js";
import { tune } from "./tune.js";

/**
 * @typedef {object} Shown a page that is on the screen
 * @property {(news: Set<string>) => unknown} [news] something has happened
 * @property {(key: string) => boolean} [key] a key was pressed; true if that meant something
 * @property {() => void} [leave]
 */

const PAGES = { overview, calls, answers, missed, try: tryIt, tune, import: imports };

const context = {
  tenant: "",
  window: "24h",
  /** The rest of the address, behind the page's name. */
  path: /** @type {string[]} */ ([]),
  go(...parts) {
    location.hash = `#/${parts.map(encodeURIComponent).join("/")}`;
  },
};

/** @type {Shown} */
let shown = {};
let current = "";
let asked = 0;

const live = new Live(
  (news) => shown.news?.(news),
  (state) => {
    const text = state === "live" ? "Live" : "Asking every 5 s";
    if (byId("live").textContent !== text) byId("live").textContent = text;
    byId("live").dataset.state = state;
  },
);

function route() {
  const [name, ...path] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  return { name: name in PAGES ? name : "overview", path };
}

async function show() {
  if (!session.open) return;
  const mine = (asked += 1);
  const { name, path } = route();
  const page = PAGES[name];
  shown.leave?.();
  keepOnlyOne();
  context.path = path;
  document.body.dataset.role = session.role;
  document.title = `${page.title} · Frontline`;
  byId("title").textContent = page.title;
  for (const link of byId("pages").querySelectorAll("a")) {
    if (link.dataset.page === name) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ inline: "center", block: "nearest" });
    } else link.removeAttribute("aria-current");
  }
  const main = byId("main");
  main.replaceChildren();
  main.dataset.page = name;
  main.dataset.ready = "no";
  byId("window").closest(".pick").hidden = !page.windowed;
  if (name !== current && current) byId("title").focus({ preventScroll: true });
  if (name !== current) window.scrollTo(0, 0);
  current = name;
  shown = {};
  let opened = {};
  try {
    opened = (await page.show(main, context)) ?? {};
  } catch (error) {
    if (error.status === 401 || mine !== asked) return;
    main.replaceChildren(
      make("div", { class: "empty" }, [
        make("h2", {}, ["This page could not be loaded"]),
        make("p", {}, [error.message]),
      ]),
    );
  }
  // Another page was asked for meanwhile: what came too late has nothing on the screen.
  if (mine !== asked) return opened.leave?.();
  shown = opened;
  main.dataset.ready = "yes";
}

async function begin() {
  const page = await (await fetch("v1/page", { cache: "no-store" })).json();
  const served = page.tenants.length ? page.tenants : [page.tenant];
  const names = session.tenants.length ? session.tenants : served;
  const kept = sessionStorage.getItem("frontline.admin.tenant") ?? "";
  context.tenant = names.includes(kept) ? kept : names.includes(page.tenant) ? page.tenant : names[0];
  byId("tenant").replaceChildren(...names.map((name) => make("option", { value: name }, [name])));
  byId("tenant").value = context.tenant;
  byId("tenant").closest(".pick").hidden = names.length < 2;
  draft.open(context.tenant);
  live.follow(context.tenant);
  await show();
}

function signIn(why = "") {
  live.stop();
  const dialog = byId("sign-in");
  byId("sign-in-wrong").textContent = why;
  byId("sign-in-wrong").hidden = !why;
  if (!dialog.open) dialog.showModal();
  byId("token").focus();
}

async function start() {
  for (const [name, page] of Object.entries(PAGES)) {
    const link = make("a", { href: `#/${name}`, "data-page": name }, [page.title]);
    byId("pages").append(make("li", {}, [link]));
  }
  session.onRefused(() => signIn("The session is over: sign in again."));
  byId("sign-in").addEventListener("cancel", (event) => event.preventDefault());
  byId("sign-in-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await session.begin(byId("token").value.trim());
    } catch (error) {
      signIn(error.status === 401 ? "The server does not know this token." : error.message);
      return;
    }
    byId("token").value = "";
    byId("sign-in").close();
    await begin();
  });
  byId("sign-out").addEventListener("click", async () => {
    await session.end();
    byId("main").replaceChildren();
    signIn();
  });
  byId("keys-open").addEventListener("click", () => byId("keys").showModal());
  byId("window").addEventListener("change", () => {
    context.window = byId("window").value;
    show();
  });
  byId("tenant").addEventListener("change", () => {
    context.tenant = byId("tenant").value;
    sessionStorage.setItem("frontline.admin.tenant", context.tenant);
    draft.open(context.tenant);
    live.follow(context.tenant);
    show();
  });
  window.addEventListener("hashchange", show);
  document.addEventListener("keydown", keyed);
  draft.attach(byId("draft"), context);
  const resumed = await session.resume().catch((error) => toast(error.message, "bad") && false);
  if (resumed) await begin().catch((error) => toast(error.message, "bad"));
  else signIn();
}

function keyed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const at = /** @type {HTMLElement} */ (event.target);
  if (at.closest("input, textarea, select, [contenteditable]")) {
    if (event.key === "Escape") at.blur();
    return;
  }
  const names = Object.keys(PAGES);
  if (/^[1-7]$/.test(event.key)) context.go(names[Number(event.key) - 1]);
  else if (event.key === "?") byId("keys").showModal();
  else if (event.key === "/") {
    const field = byId("main").querySelector("input[type=search], input[type=text], textarea");
    if (!field) return;
    field.focus();
  } else if (!shown.key?.(event.key)) return;
  event.preventDefault();
}

start();
