/** What the page says beside the conversation: how the call stands, how loud, what went wrong. */

import { byId } from "./dom.js";

export class Signs {
  constructor() {
    this._loud = 0;
    this._mend = () => undefined;
    byId("notice-close").addEventListener("click", () => this.quiet());
    byId("notice-action").addEventListener("click", () => {
      this.quiet();
      this._mend();
    });
  }

  /** @param {string} text how the call stands */
  status(text) {
    const status = byId("status");
    if (status.textContent !== text) status.textContent = text;
  }

  /** @param {boolean} pressed is the microphone on? */
  pressed(pressed) {
    const talk = byId("talk");
    talk.setAttribute("aria-pressed", String(pressed));
    let hint = "Press Talk and ask. Speak up any time to interrupt.";
    if (pressed) hint = "Press again to hang up.";
    if (talk.disabled) hint = "This gateway does not recognise speech: type instead.";
    byId("talk-hint").textContent = hint;
  }

  /** @param {number} level of the microphone: root mean square, 0 to 1 */
  level(level) {
    // Speech lies between -50 and -10 dB. It rises at once and falls slowly, as meters do.
    const loud = level > 0 ? Math.min(1, Math.max(0, (20 * Math.log10(level) + 55) / 45)) : 0;
    const falling = this._loud * 0.85 + loud * 0.15;
    this._loud = level > 0 ? Math.max(loud, falling) : 0;
    document.body.style.setProperty("--loud", this._loud.toFixed(3));
  }

  /**
   * @param {string} text what went wrong
   * @param {string} action what the button says; none without
   * @param {() => void} mend what the button does
   */
  notice(text, action = "", mend = () => undefined) {
    byId("notice-text").textContent = text;
    byId("notice-action").textContent = action;
    byId("notice-action").hidden = !action;
    this._mend = mend;
    byId("notice").hidden = false;
  }

  /** The notice has been read. */
  quiet() {
    byId("notice").hidden = true;
  }
}
