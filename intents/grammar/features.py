"""The features of a text that guards compare, computed once: its negations, opposites, amounts,
frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from intents.grammar.amounts import Amounts, amounts
from intents.grammar.asked import asks, extents
from intents.grammar.clauses import asking, double
from intents.grammar.denials import denials, refuses
from intents.grammar.personal import personal
from intents.grammar.phrasing import DETERMINERS
from intents.text import lexicon
from intents.text.lexicon import contrasts
from intents.text.roots import root, stem
from intents.text.spoken import tokens

Words = tuple[str, ...]
Values = dict[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Features:
    """The features that guards compare, computed once per text."""

    words: Words
    text: str
    told: str
    """The text without what happened before the question."""
    content: frozenset[str]
    """Stems of the words that carry meaning."""
    negations: int
    stated: dict[str, int]
    """Contrasts of state to the negations that belong to them: "not open"."""
    all_negations: int
    """The amounts of what happened before the question included."""
    refuses: bool
    """Wants something not to be done, or not to be had."""
    declines: bool
    """The same, if only before the question: "i do not need it can you cancel it"."""
    polarity: Values
    amounts: Amounts
    roots: frozenset[str]
    """The roots of the words that carry meaning."""
    personal: str
    double: str
    asks: str
    extents: frozenset[str]


@lru_cache(maxsize=4096)
def features(text: str) -> Features:
    """The features of a text; cached, since seeded questions come again and again."""
    words = tokens(text)
    joined = " ".join(words)
    plain = _without_alternative(words)
    told = " ".join(_without_alternative(tuple(_without_story(joined).split())))
    stated, used = _states(plain)
    polarity = _values(plain, contrasts.POLARITY_INDEX)
    for name, values in stated.items():
        key = "opening" if name == "opened" else name
        polarity[key] = values
    return Features(
        words=words,
        text=joined,
        told=told,
        content=_stems(words),
        negations=len(denials(told)),
        stated=used,
        all_negations=len(denials(" ".join(plain))),
        refuses=refuses(told) and len(denials(told)) % 2 == 1,
        declines=refuses(joined),
        polarity=polarity,
        amounts=amounts(words),
        roots=frozenset(root(word) for word in words if word not in contrasts.FUNCTION),
        personal=personal(joined),
        double=double(joined, text),
        asks=asks(joined),
        extents=extents(joined),
    )


def _without_alternative(words: Words) -> Words:
    """ "can i come on saturday or are you shut" without what is named to be denied."""
    for i, (word, after) in enumerate(pairwise(words)):
        if i > 2 and word == "or" and after in _INVERTS:
            return words[:i]
    return words


_INVERTS = lexicon.words("asks-alternative")
_LACKS = re.compile(
    r"\b(?:no|without|(?:not have|not got|not been|(?:have|has|had|is|are|was|were) not)"
    r"(?! (?:got )?enough| [0-9]))\b"
)


def _without_story(text: str) -> str:
    """The text without what the caller could not do: "i cannot find the form where is it".

    What the caller has not got stays: "i have no receipt can i return it".
    """
    asked = asking(text)
    story = text[: len(text) - len(asked)]
    return asked if story and _LACKS.search(story) is None else text


def _stems(words: Words) -> frozenset[str]:
    """The roots of the words that carry meaning."""
    return frozenset(
        stem(word) for word in words if word not in contrasts.FUNCTION and word.isalpha()
    )


def _states(words: Words) -> tuple[Values, dict[str, int]]:
    """Words of state, "not open" read as "closed"; and how many negations that used up."""
    found: dict[str, set[int]] = {}
    used: dict[str, int] = {}
    for i, word in enumerate(words):
        for name, value in contrasts.STATE_INDEX.get(word, ()):
            if name == "opened" and not _is_state(words, i):
                continue
            negated = "not" in words[max(0, i - 2) : i]
            if negated:
                key = "opening" if name == "opened" else name
                used[key] = used.get(key, 0) + 1
            found.setdefault(name, set()).add(1 - value if negated else value)
    return {name: frozenset(values) for name, values in found.items()}, used


_TO_BE = lexicon.words("be-of-state")


def _is_state(words: Words, i: int) -> bool:
    """ "are you open", not "open an account"."""
    return not _TO_BE.isdisjoint(words[max(0, i - 4) : i])


def _values(words: Words, index: contrasts.Index) -> Values:
    found: dict[str, set[int]] = {}
    for i, word in enumerate(words):
        if word in index and _plainly(words, i):
            for name, value in index[word]:
                found.setdefault(name, set()).add(value)
        if word in contrasts.PAIR_STARTS and not (word == "change" and _is_noun(words, i)):
            for later in words[i + 1 : i + 4]:
                for name, value in index.get(f"{word}+{later}", ()):
                    found.setdefault(name, set()).add(value)
    return {name: frozenset(values) for name, values in found.items()}


def _is_noun(words: Words, i: int) -> bool:
    """ "an oil change", not "can i change"."""
    return i > 0 and (words[i - 1] not in contrasts.FUNCTION or words[i - 1] in DETERMINERS)


_AFTER_RIGHT = frozenset({"to", "of", "now", "away", "after", "before", "here", "there", "hand"})
"""After "right" where it is not the opposite of "wrong"."""


_BEFORE_NOUN = lexicon.words("before-noun-or-verb")


def _plainly(words: Words, i: int) -> bool:
    """Return whether the word means what the table says: not "opening hours", "close to", "a
    book"."""
    word = words[i]
    after = words[i + 1] if i + 1 < len(words) else ""
    before = words[i - 1] if i else ""
    if word in ("opening", "open"):
        return after not in ("hours", "times")
    if word == "found":
        return before not in ("me", "to")  # misheard: "help me find"
    if word == "lost":
        return after not in ("property", "and")
    if word == "right":
        return before not in ("", "all", "so") and after not in _AFTER_RIGHT
    if word == "close":
        return after not in ("to", "by") and before not in ("how", "very", "so")
    if word in (
        "book",
        "return",
        "exchange",
        "block",
        "order",
        "start",
        "end",
        "move",
        "lock",
        "schedule",
    ):
        noun = before in _BEFORE_NOUN
        return not (noun or after in ("rate", "rates"))
    return True
