"""Phrases that steer the call itself: "repeat that", "a person please", "uh-huh", "hold on".

A control counts only if it is the whole utterance, courtesy and fillers apart: "stop" is one,
"I want to stop a payment" is a question. All tables are English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from intents.text.english import FILLERS
from intents.text.spoken import plain

# --- controls --------------------------------------------------------------------------------

_AROUND = (
    r"(?:(?:hi|hello|hey|yes|yeah|yep|okay|oh|well|so|um|uh|er|ah|sorry|please|no|and|just"
    r"|actually|"
    r"excuse me|thank you|thanks|now|but|alright|all right|listen|look|could you|can you|would you"
    r"|will you|can i|could i|may i|i would like to|i want to|i need to|i would like you to"
    r"|i want you to|i need you to|let me|let us|you can|you may) )*"
)
_AFTER = (
    r"(?: (?:please|thanks|thank you|very much|so much|now|right now|for me|sir|madam|maam|okay|"
    r"again|instead|then|a lot|for your help|will you|um|uh|immediately|today|at once|already|"
    r"straight away|right away|if possible|a moment|quickly))*"
)
_THAT = r"(?:that|it|this|yourself|the answer|the last part|the last bit|what you (?:just )?said)"
_PERSON = (
    r"(?:(?:a|an|the|some|another|your) )?(?:(?:real|live|actual|human|living) )*(?:person|human|"
    r"human being|agent|representative|rep|operator|advisor|adviser|assistant|receptionist|"
    r"customer (?:service|support|care)|agent representative|manager|supervisor|staff member|"
    r"member of staff|colleague|employee|customer service (?:agent|representative|rep|person)|"
    r"support agent|call center agent)"
)
_THANKS = (
    r"(?:(?:thank you|thanks|thanks again|cheers)(?: (?:again|very much|so much|a lot"
    r"|for (?:your|the|all your) (?:help|time|call|information)|for everything))*)"
)
_BYE = (
    r"(?:good ?bye|bye|bye bye|good night|take care|see you(?: later)?|for now|then"
    r"|have a (?:nice|good|great|lovely) (?:day|one|evening|weekend|night))"
)
PHRASES: dict[str, tuple[str, ...]] = {
    "repeat": (
        rf"(?:repeat|say|read)(?: {_THAT})?(?: (?:again|once more|one more time|more slowly|"
        rf"a bit slower|slower|louder))*",
        r"(?:what|what what)|what was that|what did you say|what did you just say|what was that "
        r"again"
        r"|say what|what do you say",
        r"(?:i )?(?:beg )?(?:your )?pardon(?: me)?|sorry|i am sorry|excuse me|come again|huh|again"
        r"|once more|one more time|again please|sorry what|sorry what was that",
        rf"i (?:did not|could not|cannot|do not|missed)(?: quite)? (?:hear|catch|get|understand|"
        rf"follow|make out)?(?: ?(?:{_THAT}|you|what you said|the last part))?",
        r"i (?:did not|could not|cannot) (?:hear|catch|understand)",
        rf"i missed {_THAT}|speak (?:up|louder|slower|more slowly)|a (?:bit|little) (?:slower"
        rf"|louder)"
        r"|slower|louder|more slowly",
        rf"(?:go|run) (?:over|through) {_THAT} again",
        rf"(?:hear|listen to) {_THAT} again|play {_THAT}(?: again)?",
    ),
    "stop": (
        r"stop(?: (?:it|that|talking|speaking|now|there|right there|stop|reading))*",
        r"(?:be|keep) quiet|quiet|silence|shut up|hush|shush|stop talking",
        r"(?:that is|this is)? ?(?:enough|quite enough)|enough (?:already|of that)",
        r"no more|cut it out|pause|halt|never ?mind|forget (?:it|about it)|cancel that|skip it"
        r"|skip that|stop listening",
    ),
    "person": (
        rf"(?:(?:speak|talk|chat|connect me|put me|transfer me|pass me|hand me|switch me|get me|"
        rf"put me through|take me|be connected|be transferred|be put through|forward me|get "
        rf"through|"
        rf"connect|transfer|route me|send me)(?: (?:through|over))?(?: (?:to|with|on to|onto))?)"
        rf" (?:{_PERSON}|someone|somebody|people)",
        rf"(?:get|give|find|want|need|have|i want|i need|i would like|i prefer|is there|are there|"
        rf"do you have|i am asking for|get me|give me|where is|may i have)? ?{_PERSON}(?: here)?"
        rf"(?: (?:to talk to|to speak to|to speak with|to talk with|i can (?:talk|speak) (?:to"
        rf"|with)))?",
        r"(?:speak|talk) (?:to|with) (?:someone|somebody|anyone)(?: (?:else|real|human|in person"
        r"|there"
        r"|about (?:this|that|it)))*",
        r"(?:are you|am i (?:talking|speaking) to|is this) (?:a )?(?:real person|robot|machine"
        r"|human|"
        r"bot|computer)",
        r"(?:transfer|connect) me|put me through|human|customer service",
        r"i do not want to (?:talk|speak) (?:to|with) (?:a|an|this|the) (?:robot|machine|bot"
        r"|computer)",
    ),
    "goodbye": (
        r"(?:good ?bye|bye|bye bye|good night|see you|see you later|see ya|cheers|farewell|so long"
        r"|take care|have a (?:nice|good|great) (?:day|one|evening|weekend))(?: (?:then|now|for "
        r"now|"
        r"bye|goodbye|bye bye|have a (?:nice|good|great) (?:day|one|evening|weekend)|to you too))*",
        r"(?:that is|that was|that will be) (?:all|it|everything)(?: (?:for (?:today|now)|i (?:need"
        r"|needed|wanted)(?: to know)?|from me|folks))*"
        rf"(?:(?: {_THANKS})?(?: {_BYE})+| {_THANKS}(?: {_BYE})*)?",
        r"(?:nothing else|no that is all|i am (?:done|finished|all set|good)|all good)"
        rf"(?: (?:for now|today))*(?: {_THANKS})?(?: {_BYE})*",
        r"(?:end|finish) the call|hang up|you can hang up(?: now)?",
        rf"{_THANKS}(?: {_BYE})+",
    ),
}
"""Control to the phrases that mean it; courtesy around them is allowed for."""

_COMPILED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(rf"{_AROUND}(?:{'|'.join(phrases)}){_AFTER}"))
    for name, phrases in PHRASES.items()
)


@lru_cache(maxsize=4096)
def control(text: str) -> str | None:
    """``repeat``, ``stop``, ``person`` or ``goodbye`` if that is all the utterance says."""
    words = _meaningful(text)
    if not words or len(words) > 16 or backchannel(text):
        return None
    said = " ".join(words)
    for name, pattern in _COMPILED:
        if pattern.fullmatch(said) and not _UNFINISHED.fullmatch(said):
            return name
    return None


_UNFINISHED = re.compile(rf"{_AROUND}(?:say|read|i (?:cannot|do not|could not|did not|missed))")


def _meaningful(text: str) -> tuple[str, ...]:
    """Words without fillers, except when there is nothing else ("huh?")."""
    words = plain(text)
    kept = tuple(word for word in words if word not in FILLERS)
    return kept or words


# --- backchannels ------------------------------------------------------------------------------

BACKCHANNELS = (
    "uh huh", "uh uh huh", "mm hmm", "mhm", "mm", "mmm", "hm", "hmm", "ah", "aha", "uh", "um", "oh",
    "okay", "k", "right", "all right", "alright", "yeah", "yes", "yep", "yup", "ya", "yea", "sure",
    "i see", "got it", "i got it", "i got you", "gotcha", "good", "great", "fine", "perfect",
    "cool",
    "nice", "lovely", "wonderful", "excellent", "exactly", "of course", "makes sense", "understood",
    "i understand", "that is right", "that is fine", "that is good", "very good", "very well",
    "true",
    "no problem", "sounds good", "oh okay", "oh i see", "ah okay", "fair enough", "absolutely",
    "definitely", "indeed", "correct", "really", "wow", "interesting", "go on", "carry on",
    "m m hmm", "mhmm", "mm hm", "uhhuh", "ok",
)  # fmt: skip


def backchannel(text: str, extra: Sequence[str] = ()) -> bool:
    """Return whether the caller only says "I am listening". False for silence.

    ``extra``: further phrases of the tenant's, in any spelling.
    """
    return _only(text, BACKCHANNELS, tuple(extra))


@lru_cache(maxsize=4096)
def _only(text: str, phrases: tuple[str, ...], extra: tuple[str, ...]) -> bool:
    said = " ".join(plain(text))
    return bool(said) and _all_of(phrases, extra).fullmatch(said) is not None


@lru_cache(maxsize=64)
def _all_of(phrases: tuple[str, ...], extra: tuple[str, ...]) -> re.Pattern[str]:
    """One or more of the phrases and nothing else."""
    any_one = _any(phrases, extra)
    return re.compile(rf"{any_one}(?: {any_one})*")


def _any(phrases: tuple[str, ...], extra: tuple[str, ...]) -> str:
    words = {" ".join(plain(phrase)) for phrase in (*phrases, *extra)} - {""}
    return f"(?:{'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})"


# --- interruptions -----------------------------------------------------------------------------

INTERRUPTIONS = (
    "stop", "wait", "wait a minute", "wait a second", "hold on", "hang on", "no no", "excuse me",
    "actually", "one moment", "one second", "just a moment", "just a second", "sorry but", "pause",
    "be quiet", "shut up", "enough", "that is enough", "that is not what i", "no that is not",
    "no wait", "no stop", "listen", "i have a question", "but wait", "no i",
    "never mind", "nevermind", "not that", "wrong", "that is wrong",
)  # fmt: skip
_ANYWHERE = ("hold on", "hang on", "excuse me", "stop talking", "be quiet", "no no", "wait wait")
_LEADING = re.compile(r"(?:(?:oh|okay|yeah|yes|um|uh|er|ah|hey|well|please|sorry|no) )*")


def interruption(text: str, extra: Sequence[str] = ()) -> bool:
    """Return whether the words take the floor at once, however short they are.

    A phrase counts at the start of the utterance; a few count anywhere.
    """
    return _interrupts(text, tuple(extra))


@lru_cache(maxsize=4096)
def _interrupts(text: str, extra: tuple[str, ...]) -> bool:
    said = " ".join(plain(text))
    if not said:
        return False
    if f" {said} ".find(" no no ") >= 0 or _anywhere().search(said):
        return True
    starts = _starting(extra)
    found = _LEADING.match(said)
    return bool(starts.match(said) or (found and starts.match(said[found.end() :])))


@lru_cache(maxsize=1)
def _anywhere() -> re.Pattern[str]:
    return re.compile(rf"\b{_any(_ANYWHERE, ())}\b")


_BESIDE = (
    "please", "sorry", "now", "there", "talking", "thanks", "thank you", "for a second", "a second",
    "for a minute", "a minute", "for a moment", "a moment", "a sec", "no", "but", "hey", "well",
    "that is not what i meant", "that is not what i said", "that is not what i asked",
    "that is not what i asked for", "that is not what i wanted", "that is not it",
    "that is not right", "no i", "i", "er", "i need to stop you",
)  # fmt: skip
"""The words that stand beside an interrupting phrase without asking for anything."""


def only_interrupts(text: str, extra: Sequence[str] = ()) -> bool:
    """Return whether the words take the floor and say nothing else, so that there is nothing to
    answer.

    "hold on a second please" does; "excuse me, do you open on sundays" asks something.
    """
    return interruption(text, extra) and _only(
        text, (*INTERRUPTIONS, *_ANYWHERE, *BACKCHANNELS, *_BESIDE), tuple(extra)
    )


@lru_cache(maxsize=64)
def _starting(extra: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"{_any(INTERRUPTIONS, extra)}\b")
