"""Advice on a stage that takes too long: the setting to change, with its present value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from gateway.audit.turns import CARRIER
from gateway.core.ledger import Owner
from gateway.settings.whole import Settings

ADVICE: Mapping[str, tuple[str, ...]] = {
    Owner.ENDPOINTING.value: (
        "Let the cache answer more: a sure match of a whole question ends the turn after "
        "{turn.silence_confident_ms}. `frontline suggest` and the misses of the admin API say what "
        "is asked and not in the table.",
        "Lower {turn.silence_complete_ms} in steps of 100, and watch how many turns are "
        "interrupted: that is where callers had not finished.",
        'Use a recogniser that hears the end of a turn: {stt.provider} = "deepgram-flux", with '
        "{llm.speculate} the model then begins at its first guess.",
    ),
    Owner.STT.value: (
        "Use a streaming recogniser whose final text comes at once when asked for: {stt.provider}.",
        "Ask it where it is near: {stt.base_url} names another region or your own installation.",
        "With whisper or pocketsphinx this is your own processor: {stt.decoders}, and cores for "
        "them.",
    ),
    Owner.MATCH.value: (
        "A match takes milliseconds: look for other work on the machine first. Above 100,000 "
        "questions split the catalogue into tenants.",
        "{match.budget_ms} bounds the wait: a match that takes longer is passed on.",
        "{model.threads}: more than one helps only where cores are idle.",
    ),
    Owner.AGENT.value: (
        "Have two providers, so that the slow one is not waited for: {llm.primary_provider} and "
        "{llm.secondary_provider}, each with a key.",
        "Hedge more often, {llm.budget}, or sooner, {llm.rescue_after_s}.",
        "Ask a smaller model that does not think before it speaks, {llm.primary_model}, in the "
        "nearest region, {llm.primary_base_url}.",
        "Send less: {llm.context_tokens}, and a short text per intent in [prompts] in place of "
        "{llm.about}.",
        "Begin before the caller has finished: {llm.speculate}.",
        "Meanwhile callers hear a filler after {fillers.filler_after_ms}.",
    ),
    Owner.TOOL.value: (
        "Fetch before the first turn what needs no more than the caller's number: at_call_start of "
        "the tool.",
        "Give the tool a filler of its own in [tool_fillers]: it is said the moment the tool "
        "begins.",
        "Shorten the tool's timeout: a sentence that it did not answer is better than silence.",
    ),
    Owner.TTS.value: (
        "Use a voice that streams, and the provider's quickest model: {tts.provider}, "
        "{tts.elevenlabs_model}.",
        "Have the first sentence short, by {llm.style}: the voice begins with it while the rest is "
        "written.",
        "Do not wait for a silent voice: {tts.fallback} goes on after {tts.first_sound_s}.",
        "Let calls come in the carrier's own format (mulaw at 8000 Hz): nothing is converted.",
    ),
    Owner.FILLER.value: (
        "Make fillers short, with a pause in them: {fillers.texts}; an answer waits for the next.",
        "Say one later: with {fillers.filler_after_ms} it begins just before most answers come.",
    ),
    Owner.CALLER.value: (
        "Voice without words holds answers back: echo or noise at the caller's end. Use echo "
        "cancelling, or raise {barge_in.min_words}.",
        "An interruption without words is waited for so long: {barge_in.resume_after_ms}.",
    ),
    Owner.GATEWAY.value: (
        "Take fewer calls in each process, {server.max_calls}, and have more processes or cores.",
        "Keep the clips on a local disk, {store.url}: the first use of each is read from there.",
    ),
    Owner.STALL.value: (
        "Something held the event loop: frontline_loop_stall_seconds and the log say when and for "
        "how long. Give the process a core of its own, or fewer calls, {server.max_calls}.",
    ),
    Owner.TRANSPORT.value: (
        "Serve near your callers, or near the carrier's media servers: the way there is the price.",
        "A jitter buffer of the client's is part of it: 20 to 40 ms are enough on a good line.",
    ),
    CARRIER: (
        "Choose the carrier's region that is nearest to the server, and media streams or SIP "
        "without a hop through a third party.",
    ),
}
"""Advice for each stage, the first thing to do first. What stands in braces is a setting and is
shown with its value: ``{match.budget_ms}`` as ``match.budget_ms [150]``."""

SETTING = re.compile(r"\{(\w+)\.(\w+)\}")

LONGEST = 40
"""Characters of a value that are shown; what is longer or a list is only named."""


def advice(stage: str, settings: Settings) -> list[str]:
    """Return what to do about the stage; nothing for one that is not known."""
    return [
        SETTING.sub(lambda found: _shown(found[1], found[2], settings), text)
        for text in ADVICE.get(stage, ())
    ]


def _shown(section: str, key: str, settings: Settings) -> str:
    value = getattr(getattr(settings, section), key)
    name = f"{section}.{key}"
    if isinstance(value, tuple) or len(str(value)) > LONGEST:
        return name
    return f"{name} [{json.dumps(value, ensure_ascii=False)}]"
