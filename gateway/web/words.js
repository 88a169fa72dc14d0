/** Everything the page says in words of its own. */

/** What was done with a turn, by its path. */
export const PATHS = {
  cache: "Answered from cache",
  clarify: "Asked back",
  agent: "To the agent",
  route: "Routed",
  handoff: "Handed on",
  miss: "Miss",
  none: "Nothing to answer",
};

/** Who was being waited for. */
export const OWNERS = {
  caller: "Caller",
  transport: "Transport",
  stt: "Recognition",
  endpointing: "End of turn",
  match: "Match",
  llm: "Model",
  tool: "Tool",
  tts: "Voice",
  agent: "Agent",
  filler: "Filler",
  stall: "Gateway, late",
  gateway: "Gateway",
};

/** Whose sound is being heard. */
export const SOURCES = {
  cache: "Answering",
  filler: "One moment",
  agent: "The agent is speaking",
  clarify: "Asking back",
  system: "Speaking",
};

/** @param {string} name of something the page does not know: "first_byte" -> "First byte" */
export function plain(name) {
  const words = name.replaceAll(/[_.-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {number} ms */
export function milliseconds(ms) {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1).replace(/\.0$/, "") : Math.round(ms)} ms`;
}

/**
 * Why a call has ended, and what to do about it.
 * @param {number} code of the WebSocket's close
 * @param {string} reason the gateway's
 * @param {boolean} started had the gateway answered?
 * @returns {{text: string, action: string} | null} null where there is nothing to say
 */
export function ending(code, reason, started) {
  switch (code) {
    case 1000:
      if (started) return null;
      return { text: "The gateway could not take the call.", action: "Try again" };
    case 1001:
    case 1012:
      return { text: "The gateway is shutting down or restarting.", action: "Reconnect" };
    case 1013:
      return { text: "All lines are busy. Try again in a moment.", action: "Try again" };
    case 4401:
      return { text: "The gateway did not accept the token.", action: "Enter a token" };
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
      return {
        text: `The gateway ended the call: ${reason || `code ${code}`}.`,
        action: "Call again",
      };
    default:
      return {
        text: started ? "The line to the gateway broke." : "The gateway cannot be reached.",
        action: "Reconnect",
      };
  }
}
