"""Events and states of the caller's: what happened to them, and how something of theirs stands: a
small grammar of questions.

The past and the perfect ask about an event ("has my", "who changed my"), "am i" and "is my" about
a state; the same after "can you see if" and "i wonder whether". What is supposed ("if i lose it")
and what is asked for as a rule ("am i allowed") is neither.
"""

from __future__ import annotations

import re

from intents.grammar.aspect import PP
from intents.grammar.clauses import asking
from intents.text import lexicon

_QUESTION_WORD = lexicon.alternation("question-word")

MY = (
    r"(?:(?:my|our)\b(?! (?:an?|the|is|options?|choices?|chances|rights"  # "find my a flight": "me"
    r"|child|children|son|daughter|kids?|baby|mother|father|mom|mum"
    r"|dad|sister|brother|husband"
    r"|wife|partner|friend|dog|cat|family)\b)|mine|ours)"
)
_START = re.compile(r"^(?:(?:so|and|but|well|sorry|oh|hi|hello|then|now) )+")
_WHO = r"(?:i|me|my|mine|myself|we|us|our|ours)"
_ASKED = (
    rf"^(?:(?:{_QUESTION_WORD}|whose)\b(?: (?!(?:can"
    r"|could|should|may|must|would|if|do) )\S+){0,4}? )?"
)
"""An optional question phrase: "how many of my points"."""
_SUPPOSED = re.compile(r"\b(?:if|when|once|whenever|unless|in case|after|before|until)\b")
ED = r"(?!(?:need|feed|speed|indeed)\b)\w{2,}ed"
_ALLOWED = (
    r"(?:in need|looking at|needing|limited|restricted|subject|allowed|able|supposed|meant"
    r"|permitted|expected|required|entitled|obliged|free|right|to|going"
    r"|likely|better|charged|billed|taxed|best|correct|safe|too"
    r"|(?:covered|eligible|due|insured|qualified)(?= \S))\b"
)
_RULES = re.compile(
    r"\b(?:possible|allowed|okay|alright|safe|needed|required|necessary"
    r"|better|cheaper|free|included"
    r"|covered|valid|enough|permitted|refundable|worth|any|insured|protected|secure|guaranteed"
    r"|an? (?:problem|good|bad)|normal|legal|usual|common|visible|part of"
    r"|in my (?:plan|policy|package|contract|membership|tariff|subscription|cover))\b"
)
_EVENTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "asks what has happened to the caller",
        re.compile(
            rf"{_ASKED}(?:have|has|(?<=\w )had)(?: not)? (?:i|we|{MY})\b(?! (?:got )?to\b)"
            rf"(?!.* (?:which|what|where|how)\b)"
        ),
    ),
    (
        "asks what happened to the caller",
        re.compile(
            rf"{_ASKED}(?:was|were|did)(?: not)? (?:i|we|{MY})\b(?! (?:know|need|say|have to)\b)"
        ),
    ),
    (
        "asks what was done for the caller",
        re.compile(
            rf"(?!have you (?!(?:\S+ )?{PP}\b)){_ASKED}"
            rf"(?:have|has|had|did|was|were)(?: not)? (?!(?:you|they|the \S+) "
            rf"(?:got (?!my\b)|any\b|a\b|an\b|the\b))"
            rf"(?:you|they|(?<!have )(?:it|he|she)|that|this|the|your|some\S*|any\S*)\b.*\b{_WHO}\b"
        ),
    ),
    (
        "asks how things stand with the caller",
        re.compile(
            rf"{_ASKED}(?:am i|are we)(?: not)? (?!{_ALLOWED})\S+"
            r"|^how (?:close|near|far)(?: off)? (?:am i|are we)\b"
        ),
    ),
    (
        "asks how something of the caller's own stands",
        re.compile(
            rf"^(?:is|are)(?: not)? (?!(?:it|there|you|they) ).*\b(?:{MY} (?!own\b)"
            rf"|mine\b|(?:i|we) (?:have )?(?:{ED}|sent"
            r"|bought|paid|made)\b)"
        ),
    ),
    (
        "asks when something of the caller's own ends",
        re.compile(
            rf"^(?:when|what (?:day|date|time)|how (?:soon|long until)) (?:does"
            rf"|do|will|is|are) {MY} (?:\S+ ){{1,3}}?(?:expire|run out|end|finish"
            rf"|up for renewal)"
        ),
    ),
    (
        "asks what is held of the caller's",
        re.compile(
            r"^(?:what|which|how (?:much|many))\b.* (?:have|do|did) (?:you"
            r"|they) (?:\S+ )?(?:got|have|hold|held|charged|taken|took|sent)\b.*\b"
            r"(?:me|my|mine)\b"
            r"|^(?:what|which|how (?:much|many))\b.* of mine\b"
        ),
    ),
    (
        "asks what is left to the caller",
        re.compile(
            rf"^(?:what|which|how (?:much|many|long))\b.*\b(?:is|are|have|do)\b.*\b"
            rf"(?:left|remaining|outstanding|owing|owed|overdue)\b.*\b{MY}\b"
            r"|^(?:what|how (?:much|many|long))(?: \S+){0,3} (?:have|do) (?:i"
            r"|we) (?:still )?(?:got |have )?(?:left|remaining|outstanding"
            r"|to go)\b"
            r"|^(?:what|how (?:much|many|long))(?: \S+){0,3} (?:have|do) (?:i"
            r"|we) (?:still )?(?:got|have|owe)(?: \S+){0,3} (?:left|remaining"
            r"|outstanding|to go)\b"
        ),
    ),
)
_PAST = re.compile(
    r"\b(?:yesterday|last (?:night|week|month|year|time)"
    r"|(?:minutes?|hours?|days?|weeks?|months?|years?|while|long) ago|earlier (?:today|on)"
    r"|the other day|(?:this|that) (?:morning|afternoon))\b"
)
_STATES = re.compile(r"(?:i|we) (?!want|need|would|wonder|wish|am)\S+ |(?:my|our|the|there) ")
"""Tells, and asks nothing: "i got my phone yesterday"."""
_WHO_DID = re.compile(
    rf"^(?:who|what) (?!is|are|does)(?:{ED}|took|sent|made|put|used|got)\b.*\b{_WHO}\b"
)
_TAG = re.compile(r" (?:are|is|have|has|did|do|does|was|were) not (?:i|you|it|they|we)$")
"""Asks to be told that it is so: "you still have my deposit have you not"."""
_TOLD = re.compile(
    r"(?:^|\b(?:(?:can|could|do|please) you|(?:want|need|like) to|let me|not|i|was|am|are) )"
    r"(?:know|see|check|tell me|find out|wonder|wondering|wondered"
    r"|sure|idea|confirm|verify|look up|ask|asking)"
    r" (?:on )?(?:if|whether|when|where|what|which|who|why|how (?:much"
    r"|many|long|far|often))\b (?P<rest>.*)"
)
"""Before a question told instead of asked: "can you see if my parcel has left"."""
_HAPPENED = re.compile(
    rf"\b(?:has|have|had|was|were|went|came|got|did|is still|are still"
    r"|been|owe|owes|owed|gone|left|due"
    rf"|{ED})\b"
)
_ITS_STATE = re.compile(
    rf"^{MY} (?:\S+ ){{1,3}}?(?:is|are|will|am)\b|^(?:am i|i am|we are) (?!{_ALLOWED})"
)
_WHAT_HAPPENED = re.compile(
    r" (?:what (?:has |have )?(?:happened|went wrong|gone wrong)"
    r"|what is (?:going on|wrong|happening|up)|why (?:is|was|has|did) (?:that|it|this)"
    r"|(?:was|were|did|has) (?:that|it|this|they|those)|what (?:was|were) (?:the|that|it)"
    r"|(?:is|are) (?:that|it|this|they|those) (?:mine|me|right|correct|true|still)"
    r"|where (?:is|are) (?:it|they|that)$)(?!\w)"
)
_MISHAP = re.compile(
    rf"\b(?:you|they|someone|somebody|the \S+) (?:have |has |had |already"
    rf" )*\w+\b.*\b(?:{MY}|me|us)\b"
    rf"|\bthere (?:is|was|are)\b.*\b{MY}\b|\b{MY}(?: \S+){{1,3}} (?:has"
    rf"|have|had|was|were|is|says|shows|went)\b"
    rf"|\bi (?:have |had |already |just )*(?:sent|paid|ordered|booked"
    r"|returned|applied|made|posted|asked|transferred|{ED})\b"
)


def clause(text: str) -> str:
    """The part that asks, without what leads over to it."""
    return _START.sub("", asking(text, wishes=False))


def event(text: str, asked: str) -> str:
    """Why the text asks what happened to the caller, or how something of theirs stands now."""
    text = text.removesuffix(" i")  # misheard: "who made you"
    if not _OF_CALLER.search(text) or _PROCEDURE.search(asked):
        return ""
    for found in _WHAT_HAPPENED.finditer(text):
        if _MISHAP.search(text[: found.start()]):
            return "tells what happened and asks about it"
    if _RULES.search(asked) is None and _SUPPOSED.search(asked, SUPPOSING) is None:
        past = _PAST.search(asked) and _STATES.match(asked) is None
        if past or _WHO_DID.match(text) or _TAG.search(text):
            return "asks about something that happened to the caller"
        for reason, pattern in _EVENTS:
            if pattern.search(asked) or pattern.search(text):
                return reason
    if asks := _TOLD.search(text):
        rest = asks["rest"]
        if _RULE_TOLD.match(rest) or _SUPPOSED.search(rest) or _RULES.search(rest):
            return ""
        of_caller = _OF_CALLER.search(rest) or rest.startswith(("it ", "they ", "that "))
        if _ITS_STATE.search(rest) or (of_caller and _HAPPENED.search(rest)):
            return "wants to know how something of the caller's own stands"
    return ""


_RULE_TOLD = re.compile(
    r"to\b|happens\b|(?:i|we) (?:can|could|should|need|have to|must|may|would)\b"
)
_PROCEDURE = re.compile(
    r"\b(?:how|where|what|which|who)(?: \S+){0,3} (?:do|can|could|should|would|must) (?:i|we|you)\b"
    r"(?! (?:owe|have|hold|got|earn|spend))|\b(?:how|what|where) to\b"
)
"""Asks for a way: then what was told before is only its occasion."""
SUPPOSING = 5
"""Letters after which "when" asks nothing more, but supposes."""
_OF_CALLER = re.compile(rf"\b{_WHO}\b")


def procedure(asked: str) -> bool:
    """Return whether the clause asks for a way to do something."""
    return _PROCEDURE.search(asked) is not None


def supposed(told: str) -> bool:
    """Return whether what was told is not so, or not always: "if i lose it"."""
    return _SUPPOSED.search(told) is not None
