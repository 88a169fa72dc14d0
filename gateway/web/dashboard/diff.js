/** What has changed between two texts, word by word. */

/** Words beyond which the whole is shown as replaced: the table grows with their product. */
const MOST = 400;

/**
 * @param {string} before
 * @param {string} after
 * @returns {{kind: "same" | "out" | "in", text: string}[]}
 */
export function words(before, after) {
  const [a, b] = [before, after].map((text) => text.match(/\s+|[^\s]+/g) ?? []);
  if (before === after) return before ? [{ kind: "same", text: before }] : [];
  if (a.length > MOST || b.length > MOST) {
    return [
      { kind: "out", text: before },
      { kind: "in", text: after },
    ];
  }
  const length = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      length[i][j] = a[i] === b[j] ? length[i + 1][j + 1] + 1 : Math.max(length[i + 1][j], length[i][j + 1]);
    }
  }
  const found = [];
  const add = (kind, text) => {
    const last = found.at(-1);
    if (last?.kind === kind) last.text += text;
    else found.push({ kind, text });
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add("same", a[i]);
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || length[i + 1][j] >= length[i][j + 1])) {
      add("out", a[i]);
      i += 1;
    } else {
      add("in", b[j]);
      j += 1;
    }
  }
  return found;
}

/**
 * Lines that are only in one of two lists, beside those in both.
 * @param {readonly string[]} before
 * @param {readonly string[]} after
 */
export function lists(before, after) {
  return [
    ...before.filter((one) => !after.includes(one)).map((text) => ({ kind: "out", text })),
    ...after.filter((one) => !before.includes(one)).map((text) => ({ kind: "in", text })),
  ];
}
