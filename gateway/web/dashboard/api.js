/** The admin API. Who is signed in is this module's business alone: the server keeps a session in a
 * cookie that no script can read; a change also needs the session's proof, which only we are told. */

const BASE = "admin/v1";

/** Whether this browser may have a session: the cookie itself is not ours to see. */
const SIGNED_IN = "frontline.signed-in";

/** @type {{csrf: string, role: string, tenants: string[], name: string} | null} */
let opened = null;
let unauthorised = () => undefined;

/** An answer that is no success, as the API words it. */
export class Failed extends Error {
  /**
   * @param {number} status
   * @param {{code?: string, message?: string, field?: string}} problem
   * @param {any} report the faults of a table, where it was one
   */
  constructor(status, problem, report = null) {
    super(problem.message ?? `the server answered ${status}`);
    this.status = status;
    this.code = problem.code ?? "";
    this.field = problem.field ?? "";
    this.report = report;
  }
}

export const session = {
  get open() {
    return opened !== null;
  },
  /** The tenants that are this person's; empty: all. */
  get tenants() {
    return opened?.tenants ?? [];
  },
  get role() {
    return opened?.role ?? "viewer";
  },
  /** Sign in with a token. Throws ``Failed``. */
  async begin(token) {
    opened = await (await send("POST", "/session", { body: { token }, quiet: true })).json();
    localStorage.setItem(SIGNED_IN, "yes");
  },
  /** Go on with the session that this browser has; false if it has none. */
  async resume() {
    if (!localStorage.getItem(SIGNED_IN)) return false; // nothing to ask for
    try {
      opened = await (await send("GET", "/session", { quiet: true })).json();
    } catch (error) {
      if (error.status !== 401) throw error;
    }
    return opened !== null;
  },
  async end() {
    if (opened) await send("DELETE", "/session", { quiet: true }).catch(() => undefined);
    opened = null;
    localStorage.removeItem(SIGNED_IN);
  },
  /** @param {() => void} act what to do when the server does not know us (any more) */
  onRefused(act) {
    unauthorised = act;
  },
};

/** @param {Record<string, unknown>} query; what is empty is left out */
function address(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return `${BASE}${path}${text ? `?${text}` : ""}`;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{query?: object, body?: unknown, text?: string, accept?: string, signal?: AbortSignal, quiet?: boolean}} more
 */
async function send(method, path, { query = {}, body, text, accept = "application/json", signal, quiet = false } = {}) {
  const headers = { Accept: accept };
  if (method !== "GET" && opened) headers["X-Frontline-CSRF"] = opened.csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (text !== undefined) headers["Content-Type"] = "text/csv";
  const response = await fetch(address(path, query), {
    method,
    headers,
    body: body === undefined ? text : JSON.stringify(body),
    signal,
    cache: "no-store",
  });
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  if (response.status === 401 && !quiet) {
    opened = null;
    unauthorised();
  }
  throw new Failed(response.status, told.error ?? {}, told.report ?? null);
}

/** @param {string} path @param {object} query */
export async function get(path, query = {}, signal) {
  return (await send("GET", path, { query, signal })).json();
}

/** The live entry and its ETag; null and an empty one if it is not there. */
export async function entryState(tenant, id) {
  try {
    const response = await send("GET", `/entries/${encodeURIComponent(id)}`, { query: { tenant } });
    return { entry: (await response.json()).entry, tag: response.headers.get("ETag") ?? "" };
  } catch (error) {
    if (error.status !== 404) throw error;
    return { entry: null, tag: "" };
  }
}

/** @param {string} method @param {string} path @param {unknown} body */
export async function put(method, path, body, query = {}) {
  return (await send(method, path, { body, query })).json();
}

/** A clip, ready for an audio element; to be revoked by who plays it. */
export async function clip(query) {
  const response = await send("GET", "/clips", { query, accept: "audio/wav" });
  return URL.createObjectURL(await response.blob());
}

/**
 * Work that takes a while: its steps are told as they come, its report returned.
 * @param {string} method
 * @param {string} path
 * @param {{query?: object, body?: unknown, text?: string}} sent
 * @param {(step: {what: string, done: number, of: number}) => void} tell
 */
export async function job(method, path, sent, tell = () => undefined) {
  const response = await send(method, path, { ...sent, accept: "text/event-stream" });
  for await (const { event, data } of events(response)) {
    if (event === "progress") tell(data);
    else if (event === "done") return data;
    else if (event === "error") throw new Failed(0, data.error ?? {}, data.report ?? null);
  }
  throw new Failed(0, { message: "the connection broke before the work was done" });
}

/** The stream of what happens. An EventSource would not say why it was refused. */
export async function* listen(tenant, signal) {
  yield* events(await send("GET", "/events", { query: { tenant }, accept: "text/event-stream", signal }));
}

/** Server-sent events of a response, comments as events without a name. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    let end;
    while ((end = rest.indexOf("\n\n")) >= 0) {
      const lines = rest.slice(0, end).split("\n");
      rest = rest.slice(end + 2);
      const field = (name) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
      const data = field("data");
      yield { event: field("event"), data: data ? JSON.parse(data) : null };
    }
  }
}
