/** Typing as a way of speaking: every keystroke is a partial, Enter the end of the turn. */

/** Partials are sent this far apart, in milliseconds: ten a second. */
const APART = 100;

/** Speaking pace: about 160 words a minute, long words taking longer. In milliseconds. */
const PER_WORD = 130;
const PER_LETTER = 50;

/**
 * @typedef {object} Line where the words go
 * @property {(text: string, revision: number) => void} partial
 * @property {(text: string) => void} final
 */

export class Typist {
  /** @param {Line} line */
  constructor(line) {
    this._line = line;
    this._revision = 0;
    this._sent = "";
    this._text = "";
    this._next = 0; // when the next partial may go
  }

  /** @param {string} text as it stands in the field */
  type(text) {
    this._text = text.trim();
    if (this._timer) return;
    const wait = this._next - performance.now();
    if (wait <= 0) this._send();
    else this._timer = setTimeout(() => this._send(), wait);
  }

  /** @param {string} text of the whole turn */
  finish(text) {
    this.cancel();
    this._sent = this._text = "";
    if (text.trim()) this._line.final(text.trim());
  }

  /** Let nothing more go out. */
  cancel() {
    clearTimeout(this._timer);
    clearTimeout(this._speaking);
    this._timer = this._speaking = undefined;
  }

  /**
   * Say a sentence word by word, as fast as a person would.
   * @param {string} sentence
   * @param {(text: string) => void} show what has been said so far
   * @param {() => void} done the last word has been said
   */
  speak(sentence, show, done) {
    this.cancel();
    const words = sentence.split(/\s+/).filter(Boolean);
    const say = (count) => {
      show(words.slice(0, count).join(" "));
      this.type(words.slice(0, count).join(" "));
      const pause = PER_WORD + PER_LETTER * words[count - 1].length;
      this._speaking = setTimeout(count < words.length ? () => say(count + 1) : done, pause);
    };
    if (words.length) say(1);
  }

  _send() {
    this._timer = undefined;
    if (this._text === this._sent) return;
    this._sent = this._text;
    this._next = performance.now() + APART;
    this._line.partial(this._text, ++this._revision);
  }
}
