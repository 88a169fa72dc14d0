/** The little that is needed to make elements without writing markup in strings. */

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
export function make(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * @template {HTMLElement} T
 * @param {string} id of an element that is there
 * @returns {T}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element #${id}`);
  return /** @type {T} */ (element);
}

/**
 * Show these elements in a box, and leave those in place whose `data-key` is there already. A line
 * that is replaced between press and release loses the click, and its focus with it.
 *
 * @param {HTMLElement} box
 * @param {HTMLElement[]} fresh each with a `data-key` of its own
 */
export function redraw(box, fresh) {
  const there = new Map([...box.children].map((one) => [/** @type {HTMLElement} */ (one).dataset.key, one]));
  const next = fresh.map((one) => renewed(there.get(one.dataset.key), one));
  const staying = new Set(next);
  for (const one of [...box.childNodes]) if (!staying.has(/** @type {HTMLElement} */ (one))) one.remove();
  next.forEach((one, at) => {
    if (box.children[at] !== one) box.insertBefore(one, box.children[at] ?? null);
  });
}

/** The old element with what the fresh one shows; what has listeners of its own is not altered but replaced. */
function renewed(old, fresh) {
  if (!old || (!old.isEqualNode(fresh) && old.querySelector("button, details"))) return fresh;
  alter(old, fresh);
  return old;
}

function alter(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    old.data = fresh.data;
    return;
  }
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const name of fresh.getAttributeNames()) old.setAttribute(name, fresh.getAttribute(name));
  const [parts, wanted] = [[...old.childNodes], [...fresh.childNodes]];
  for (const extra of parts.slice(wanted.length)) extra.remove();
  wanted.forEach((one, at) => (parts[at] ? alter(parts[at], one) : old.append(one)));
}
