"""The time of what is asked about: "when did it open" against "when does it open".

Also which side of an account is asked for: "how much have i used" against "how much is left". Both
are read from the auxiliary of the clause that asks and from the form of the verb after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from intents.text import lexicon

_DETERMINER = lexicon.alternation("determiner")
_QUESTION_WORD = lexicon.alternation("question-word")

DONE = "done"
"""The event is over: "did", "was", "who approved"."""
RESULT = "result"
"""Done, and what came of it lasts: "has it arrived", "is it closed"."""
NOW = "now"
"""Under way: "is it running"."""
RULE = "rule"
"""Things as they always are: "does it open", "who approves"."""
STATE = "as it is"
"""Things as they stand: "is it open", "how is it chosen"."""
WAS = "as it was"
"""Things as they stood, or as they were done: "was it open"."""
WHY = "explained"
"""Why it was: then it was."""
AHEAD = "ahead"
"""Will, can or should be: "will it", "how do i", "can i"."""
USED = "used"
LEFT = "left"
GAINED = "gained"
HELD = "held"
"""Said of what one has, without a word for what is left of it."""

PP = (
    r"(?:(?!(?:need|feed|speed|indeed)\b)\w{2,}ed|been|had|done|made|paid|sent|spent|taken|gone|come|got|gotten|bought|sold|lost"
    r"|found|kept|left|put|read|set|cut|won|held|met|told|given|written|driven|eaten|drunk|begun"
    r"|built|brought|chosen|flown|seen|run|sat|stayed|worn|broken|hurt|drawn|withdrawn|lent|shut)"
)
"""A participle."""
_NP = (
    r"(?:i|you|we|they|it|he|she|there|someone|somebody|anyone|anybody"
    rf"|(?:{_DETERMINER})(?: (?!been\b|had\b)\S+){{1,3}}?"
    rf"|(?!(?:not|to|been|in|on|at|for|with|{PP})\b)\w{{3,}}(?= \w))"
)
_LIGHT = r"(?:not|already|ever|yet|just|still|really|also|only|actually|now|all)"
_ASKS = lexicon.words("question-word-but-why")
_MARKS = lexicon.words("aspect-mark")
"""Without one of these a text speaks of neither side."""
_MODALS = lexicon.ordered("any-modal")
_BY_AUXILIARY: dict[str, tuple[tuple[str, str], ...]] = {
    "did": ((DONE, rf"did {_NP}\b"),),
    **dict.fromkeys(
        ("was", "were"),
        (
            (WAS, rf"(?:was|were)(?: not)? {_NP}\b(?! (?:to|able|allowed|supposed|possible)\b)"),
            (WAS, r"(?:was|were) (?:in|on|at)\b"),
        ),
    ),
    **dict.fromkeys(
        ("have", "has", "had"),
        (
            (
                RESULT,
                rf"(?:have|has|had)(?: not)? {_NP}(?: {_LIGHT})* (?!got\b){PP}\b"
                r"(?! (?:possible|able|allowed)\b)",
            ),
            (RESULT, rf"(?:has|have) been {PP}\b"),
        ),
    ),
    **dict.fromkeys(_MODALS, ((AHEAD, rf"(?!(?:can|could|would) you\b)\w+ {_NP}\b"),)),
    **dict.fromkeys(
        ("is", "are", "am"),
        (
            (AHEAD, rf"\w+(?: not)? {_NP} (?:going to|about to|due to)\b"),
            (NOW, rf"\w+(?: not)? {_NP} (?:{_LIGHT} )*\w{{2,}}ing\b"),
            (STATE, rf"(?:(?<!\S )|(?<=^how )|(?<=^where ))\w+(?: not)? {_NP}\b"),
            (STATE, r"(?:is|are) (?:in|on|at)\b"),
        ),
    ),
    **dict.fromkeys(
        ("do", "does"),
        (
            ("", rf"(?:do|does) {_NP} have (?:\S+ ){{0,3}}?{PP}\b"),
            # misheard: "when do i last got paid"
            (DONE, rf"(?:do|does) {_NP} (?:last )?(?:took|got|went|spent|bought|made|paid|had)\b"),
            (RULE, rf"(?:do|does)(?: not)? {_NP}\b(?! (?:have|need|want) to\b)"),
        ),
    ),
}
_PATTERNS = {
    auxiliary: tuple((name, re.compile(pattern)) for name, pattern in patterns)
    for auxiliary, patterns in _BY_AUXILIARY.items()
}
_EMBEDS = re.compile(
    r"^.*?\b(?:see|know|tell me|check|find out|remember|hear|sure)"
    rf" (?:if|whether|(?=(?:{_QUESTION_WORD})\b))(?: |(?=\w))"
)
"""Before what is asked about: "where can i see if it has come"."""
_WHO_DID = re.compile(rf"who (?!used\b)(?:{PP}|took|went|gave|wrote|chose|ran|came)\b")
_WHO_DOES = re.compile(r"who (?!is\b|was\b|has\b|does\b)\w+[^s']s\b")
HEAD = 6
"""Most words of a question before its auxiliary."""
_AGAINST = frozenset(
    frozenset(pair)
    for pair in (
        (DONE, AHEAD),
        (DONE, RULE),
        (DONE, NOW),
        (WAS, AHEAD),
        (WAS, RULE),
        (WAS, NOW),
        (WAS, STATE),
        (WHY, AHEAD),
        (WHY, RULE),
        (WHY, STATE),
        (RESULT, AHEAD),
        (RESULT, RULE),
    )
)
_OTHER_SIDE = frozenset(frozenset(pair) for pair in ((USED, LEFT), (USED, HELD), (GAINED, LEFT)))
_GAINED = re.compile(r"\b(?:accru|accumulat|earn|sav|collect|gain|built up|build)\w*\b")
_AMOUNT = re.compile(
    r"\b(?:how (?:much|many|long|far|often)|what|which|is there|are there|number of|balance)\b"
)
_LEFT = re.compile(
    r"\b(?:(?<!i )(?<!we )(?<!he )(?<!she )(?<!they )(?<!turn )(?<!on the )left(?! (?:on|at|in) the"
    r" (?:bus|train|shop|store))|remain(?:s|ing)?|outstanding|unused|to go|yet to|ahead of)\b"
    r"|\bstill (?:to|can|may|do|have|has|get|got|missing|ahead|available|owe|open|free|need|be)\b"
    r"|\b(?:can|may|could|do) i still\b|\bhow (?:many|much) more\b|\bhow much longer\b"
    r"|^how (?:long|soon) (?:until|till|before)\b|^how (?:much|many)\b.* (?:is|are) free\b"
)
_USED = re.compile(
    rf"\b(?:used up|so far|already|up to now|until now|by now|gone over|(?:is|are) over)\b"
    rf"|^how (?:far|long) have (?:i|we) (?:got|been)\b"
    rf"|\b(?:have|has) (?:i|we|my \S+|been)(?: {_LIGHT})* (?!got\b|to\b){PP}\b"
    rf"|\bdid (?:i|we)\b|\bi have {PP}\b|\bhas been {PP}\b|\b(?:am i|are we) using\b"
)
_HELD = re.compile(r"^how (?:much|many)\b.*\b(?:have (?:i|we) got|do (?:i|we) have)\b(?! to\b)")


SHARED = 0.66
"""Least share of the stems of the shorter text that the other has too."""


@dataclass(frozen=True, slots=True)
class Aspect:
    """The time and the side of the account that a text speaks of. Empty where they cannot be
    told."""

    when: str
    side: str


def aspect(text: str, asked: str) -> Aspect:
    """The aspect of a canonical text, of which ``asked`` is the part that asks."""
    return Aspect(_when(asked), _side(text))


def _when(asked: str) -> str:
    if _WHO_DID.match(asked):
        return DONE
    if _WHO_DOES.match(asked):
        return RULE
    asked = _EMBEDS.sub("", asked)
    words = asked.split()
    if words[:1] == ["why"]:
        return WHY if words[1:2] in (["did"], ["was"], ["were"]) else ""
    if words[:1] and words[0] not in _PATTERNS and words[0] not in _ASKS:
        return ""
    at = 0
    for word in words[: HEAD + 1]:
        if word in _PATTERNS:
            return next((name for name, pattern in _PATTERNS[word] if pattern.match(asked, at)), "")
        at += len(word) + 1
    return AHEAD if words[1:2] == ["to"] else ""


def _side(text: str) -> str:
    if _AMOUNT.search(text) is None or _MARKS.isdisjoint(text.split()):
        return ""
    if _LEFT.search(text):
        return LEFT
    if _HELD.search(text) and _GAINED.search(text):
        return HELD  # "how many days do i have saved up"
    if _USED.search(text):
        return GAINED if _GAINED.search(text) else USED
    return HELD if _HELD.search(text) else ""


def other_time(
    query: Aspect, question: Aspect, said: frozenset[str], seeded: frozenset[str]
) -> str:
    """Why the query asks about another time or side than the question; empty if it may not.

    ``said``, ``seeded``: the stems of meaning of each, by which they speak of the same.
    """
    shared = said & seeded
    if not shared:
        return ""
    if {query.side, question.side} in _OTHER_SIDE:
        return f"asks what is {query.side}, the question what is {question.side}"
    if query.side and question.side:
        return ""  # "how many have i earned", "how many do i have"
    if {query.when, question.when} not in _AGAINST or len(shared) < 2 <= len(seeded):
        return ""
    if len(shared) < min(len(said), len(seeded)) * SHARED:
        return ""
    return f"asks about what is {query.when}, the question about what is {question.when}"
