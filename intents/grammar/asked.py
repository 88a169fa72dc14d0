"""The thing that a question asks for, as "who" and "how much", and how many it is about.

Only contrasts that are sure: "who do i call" and "where do i call" may be the same, "who called it
off" and "why was it called off" are not.
"""

from __future__ import annotations

import re
from itertools import product

from intents.text import lexicon

_ASKS = re.compile(
    r"\b(?:who|whose|why|what time"
    r"|how (?:much(?! of)|many|long|often|far|old|soon|high|early|late|big|tall|fast)"
    r"|how|what|which|where|when)\b"
)
_VERBS = lexicon.words("auxiliary")
_CLAUSES = ("where", "when")
"""Words that begin a clause as well, "when the offer is over": they ask if a verb follows."""
_BOTH = re.compile(
    r"\b(?:who|where|when|why|how|what)(?: \w+)? (?:and|or) (?:who|where|when|why|how)\b"
)
_TIME = re.compile(r"\bhow much (?:more |longer |extra )?time\b")
_EARLY = 12
"""Letters of a text before which its question word stands; later ones ask nothing: "tell me when"
is read, "i will call you when it is done" is not."""
_PEOPLE, _PLACES, _TIMES = ("who",), ("where",), ("when", "what time")
_REASONS, _AMOUNTS = ("why",), ("how much", "how many", "how long", "how often")
CONTRASTS = frozenset(
    frozenset(pair)
    for pair in (
        *product(_REASONS, (*_PEOPLE, *_PLACES, *_TIMES, *_AMOUNTS)),
        *product(_PLACES, (*_TIMES, *_AMOUNTS)),
        *product(_PEOPLE, (*_TIMES, *_AMOUNTS)),
        ("how much", "how long"),
        ("how much", "how often"),
        ("how much", "when"),
    )
)
"""Pairs of question words that never ask for the same. "When" and "how often" do: of what comes
again and again; "who" and "where" do: of somebody who is somewhere."""

_EXTENTS = {
    "all": r"all|every|everything|whole|entire|entirely|completely|everyone|everybody|both|in full",
    "part": r"some of|parts? of|half|quarter of|third of|partly|partially|a few|several",
    "one": r"(?:one|1) of|(?:just|only) (?:one|1)|a single"
    r"|(?:one|1)(?= (?:guest|person|item|order|card|bag|child|friend|visit|ticket|photo|call)\b)",
    "none": r"none of|nobody|no one",
    "most": r"most of|most people",
}
_PATTERNS = {name: re.compile(rf"\b(?:{words})\b") for name, words in _EXTENTS.items()}
_NO_EXTENT = re.compile(
    r"\b(?:at all|after all|first of all|once and for all|both (?:ways|sides)|the whole time"
    r"|all (?:right|day|night|week|year|the time|i (?:want|need))"
    r"|every (?:second|other|day|week|month|year|time|\w+day))\b"
)
"""Phrases in which these words count nothing."""


def asks(text: str) -> str:
    """The question word of a canonical text: "who", "how much"; empty if it begins without one, or
    has two."""
    found = _ASKS.search(text)
    if found is None or found.start() > _EARLY or _BOTH.match(text, found.start()):
        return ""
    if _TIME.match(text, found.start()):
        return "how long"
    if found.group() in _CLAUSES and _VERBS.isdisjoint(text[found.end() :].split(maxsplit=1)[:1]):
        return ""
    return found.group()


def extents(text: str) -> frozenset[str]:
    """The numbers of things that a canonical text speaks of: all, part, one, none, most."""
    plain = _NO_EXTENT.sub(" ", text)
    return frozenset(name for name, pattern in _PATTERNS.items() if pattern.search(plain))
