"""The parts of what a caller says in one breath: what happened, and what is asked.

"i have got a reading and the meter is outside how do i give it to you" asks one thing; "how do i
give a reading and who do i call" asks two.
"""

from __future__ import annotations

import re
from functools import lru_cache

from intents.text import lexicon
from intents.text.openings import SMALL

_QUESTION_WORD = lexicon.alternation("question-word")

_WH = rf"(?:{_QUESTION_WORD}|whose)"
_AUX = rf"(?:{lexicon.alternation('auxiliary')})"
_SUBJECT = r"(?:i|you|we|they|it|he|she|there|my|your|our|the|this|that|these|somebody|someone)"
_ASK = (
    rf"(?:{_WH}(?: (?!{_WH}\b)\S+){{0,3}}? {_AUX}\b|{_AUX}(?: not)? {_SUBJECT}\b|(?:how"
    rf"|where|what) to\b)"
)
_WANT = (
    r"(?:i|we) (?:\S+ )?(?:want|need|would like|would love|have to|wish)\b|(?:i"
    r"|we) would (?:\S+ )?like\b"
)
_STARTS_ASKING = re.compile(rf"{_ASK}|{_WANT}")
_STARTS_QUESTION = re.compile(_ASK)
_LATER_ASK = re.compile(rf" ({_ASK}|{_WANT}|how (?:much|many|long|often|soon|far)\b)")
_EMBEDS = lexicon.words("embeds")
"""After these a question word belongs to the clause before."""
_INVERTED = rf"(?!ha(?:ve|s|d) (?:it|the|my|this|that)\b){_AUX}(?: not)? {_SUBJECT}\b"
_JOINS = lexicon.words("joins")
"""After these an inverted question belongs to the clause before."""
_ENDS_STORY = {"and", "me", "in", "on", "so", "it", "you", "but"}
_SECOND = re.compile(
    r" (?:and|also|plus|but|then|oh)(?: (?:also|then|oh|plus|while i am on|after that|besides))*"
    rf" (?:{_INVERTED}|(?:how|where|what) to\b|{_WH} (?!about$)\S+ \S+"
    r"|(?:i|we) (?:also|would also) (?:want|need|like)\b|(?:i|we) (?:want|need"
    r"|would like) to know\b)"
)
_HELP = re.compile(
    r" (?:and )?(?:(?:can|could|would) you (?:do|check|look at|look up|tell me|find out|sort|fix)"
    r" ?(?:that|this|it|how|please)?(?: for me)?|do you know(?: that)?|(?:is|would) that"
    r" (?:be )?(?:okay|alright|possible)|i (?:want|need|would like) to know (?:why|how|when)"
    r"|what (?:do|should|can) i do(?: now| next)?|(?:i |can you )?(?:need "
    r"|please )?help(?: me)?"
    r"|what happens(?: then| next)?"
    r"|(?:what|where|how) (?:is|are) (?:it|they|that)(?: \S+)?)$"
)
"""Asks nothing more than the rest does."""
_SEVERAL = re.compile(
    r"\b(?:2|3|two|three|a couple of|a few|several) (?:more )?questions\b"
    r"|(?:^|actually |i have (?:got )?)(?:2|3|a couple of|a few|several) (?:more )?things\b"
    r"|\b(?:one|another|1) (?:more )?(?:question|thing) is\b|\bone more (?:question|thing)\b"
    rf"|^first (?:{_WH}|{_AUX})\b.* (?:second|then|and) (?:{_WH}|{_AUX})\b"
    r"|\bfirst of all\b|\bsecondly\b|\bthe other (?:one |thing )?is\b|\banother question\b"
)
_AND_THEN = re.compile(r" (?:and|also|plus|then)((?: \S+){3,}| (?:the|its|your|their|my) \S+)$")
_NOTHING_MORE = re.compile(
    r" (?:i |we )?(?:need help|do not know|am not sure|want to know|would like|what do i do)\b"
)
_SAYS_NOTHING: frozenset[str] = SMALL | lexicon.words("says-nothing")
_LEADS_OVER = re.compile(r"^(?:(?:so|and|but|well|sorry|oh|hi|hello|then|now) )+")
PREAMBLE = 3
"""Least words of what happened."""
LEAST = 3
"""Least words of a question that a question mark ends."""


@lru_cache(maxsize=4096)
def asking(text: str, *, wishes: bool = True) -> str:
    """The part of a canonical text that asks, if it is told first what happened; else all.

    ``wishes``: "i would like a room" asks; otherwise it is told.
    """
    if (_STARTS_ASKING if wishes else _STARTS_QUESTION).match(text):
        return text
    for found in _LATER_ASK.finditer(text):
        before = text[: found.start()].split()
        embeds = _EMBEDS - _ENDS_STORY if re.match(_WH, found[1]) else _JOINS
        if len(before) >= PREAMBLE and before[-1] not in embeds:
            return text[found.start() + 1 :]
    return text


def clause(text: str) -> str:
    """The part that asks, without the small words that lead over to it."""
    return _LEADS_OVER.sub("", asking(text, wishes=False))


def double(text: str, raw: str = "") -> str:
    """Why the text holds two questions; empty if it holds one. ``raw`` keeps question marks."""
    if found := _SEVERAL.search(text):
        return f"says '{found.group()}'"
    alone = _HELP.sub("", text)
    for found in _SECOND.finditer(alone):
        before = alone[: found.start()]
        if " " in before and _asks(before) and not _SAYS_NOTHING.issuperset(before.split()):
            return f"asks a second question after '{found.group().split()[0]}'"
    marks = [part for part in raw.split("?") if len(part.split()) >= LEAST]
    return "holds two questions" if len(marks) >= 2 and raw.count("?") >= 2 else ""


def goes_on(text: str, question: str) -> str:
    """Why the text asks more than the question, whose very words it begins with; else empty."""
    if not text.startswith(f"{question} "):
        return ""
    found = _AND_THEN.fullmatch(text[len(question) :])
    if found is None or _NOTHING_MORE.match(found[1]):
        return ""
    return f"goes on with '{found[1].strip()}'"


def _asks(text: str) -> bool:
    return _STARTS_ASKING.match(text) is not None or _LATER_ASK.search(text) is not None
