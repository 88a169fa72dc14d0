"""Questions about the caller's own data, which no recorded answer knows.

Only what is sure: what happened to the caller or to something of theirs ("has my card been sent"),
where it is, how much there is of it, and what they owe. A rule asked for with "my" in it ("does my
card work abroad"), what is supposed ("if i lose my card") and a way to do something are left to the
score and to reading.
"""

from __future__ import annotations

import re

from intents.grammar.clauses import clause
from intents.text import lexicon

_QUESTION_WORD = lexicon.alternation("question-word")
_MY = (
    r"(?:my|our)\b(?! (?:child|children|son|daughter|kids?|baby|mother|father|mom|mum|dad|sister"
    r"|brother|husband|wife|partner|friend|dog|cat|family|options?|choices?|rights|nearest|closest"
    r"|local)\b)"
)
_ASKED = (
    rf"(?:(?:{_QUESTION_WORD})\b(?: (?!(?:can|could|should|may|must|would|if|do) )\S+){{0,3}}? )?"
)
"""An optional question phrase: "how many of the points"."""
_FOR = r"(?:to|time|all|until|till|before|after)"
"""Words with which a rule is asked for: "have i got to pay", "how long have i got before"."""
_AMOUNT = r"(?:status|balance|amount|total|state|progress|result|results)"
_OWN: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "asks what happened to the caller",
        re.compile(
            rf"^{_ASKED}(?:has|have|(?<=\w )had|was|were|did)(?: not)?"
            rf" (?:i|we|{_MY}(?: \S+){{1,3}}?)\b(?! (?:(?:\S+ )?got )?{_FOR}\b)"
            r"(?! (?:know|need|say)\b)(?!.* (?:what|which|where|when|who|how)\b)"
        ),
    ),
    (
        "asks what was done for the caller",
        re.compile(
            r"^(?:have|has|did)(?: not)? (?:you|they|anyone|anybody|someone|somebody)"
            rf"(?: already| ever)? (?!an?\b|any\b|know\b)\w+ (?:{_MY}|me\b)"
        ),
    ),
    ("asks where something of the caller's own is", re.compile(rf"^where (?:is|are) {_MY}")),
    (
        "asks when something of the caller's own comes",
        re.compile(
            rf"^(?:when|what (?:day|date|time)) (?:will|is|are) {_MY}(?: \S+){{1,3}}?"
            r" (?:coming|come|arrive|arriving|be here|get here|delivered|be delivered|due)\b"
        ),
    ),
    (
        "asks for an amount or a state of the caller's own",
        re.compile(
            rf"^(?:what (?:is|are) |(?:(?:can|could) you )?(?:tell me|check|give me) )?(?:the )?"
            rf"(?:{_AMOUNT} (?:of|on|for|in) {_MY}|{_MY}(?: \S+){{0,2}} {_AMOUNT})\b"
            rf"|^how much (?:money )?is (?:left )?(?:in|on) {_MY}"
            rf"|^how (?:much|many) of {_MY}(?: \S+){{1,3}}? (?:is|are|has|have)\b"
        ),
    ),
    (
        "asks what the caller owes, has or did",
        re.compile(
            r"^(?:how (?:much|many)(?: \S+){0,2}|what) (?:do|did|have) (?:i|we)"
            r" (?:still )?(?:owe|owing|have left|spend|spent|earn|earned|paid)\b"
            r"|^do (?:i|we) (?:still )?owe\b"
        ),
    ),
)
_RULE = re.compile(
    r"\b(?:if|when|once|whenever|unless|in case|allowed|able|supposed|have to|need to)\b"
)
"""A rule is asked for, or something is supposed."""
_SUPPOSED = re.compile(r"\b(?:if|unless|in case)\b")
"""The same before the question: "if a book comes back late what do i owe"."""
_TROUBLE = re.compile(
    r"\b(?:not|never|late|missing|delayed|still|waiting|nowhere|cannot find|trouble)\b"
)
_THINGS = re.compile(rf"\b{_MY} (\S+)")


def personal(text: str) -> str:
    """Why the canonical text asks about the caller's own data; empty if it does not."""
    asked = clause(text)
    if _SUPPOSED.search(text.removesuffix(asked)):
        return ""
    if _RULE.search(asked, 1 + len(asked.split(" ", 1)[0])):
        return ""
    return next((reason for reason, pattern in _OWN if pattern.search(asked)), "")


def same_trouble(query: str, question: str) -> bool:
    """Return whether the question is a complaint about the same thing of the caller's own: "where
    is my order" against "my order has not arrived"."""
    if _TROUBLE.search(question) is None:
        return False
    return not set(_THINGS.findall(query)).isdisjoint(_THINGS.findall(question))
