"""What the guards compare of a text, computed once: its negations, opposites, amounts, frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from intents import contrasts
from intents.amounts import Amounts, amounts
from intents.aspect import Aspect, aspect
from intents.clauses import asking, double
from intents.events import clause
from intents.personal import personal
from intents.phrasing import AUXILIARIES, elliptic
from intents.quantity import Quantity, quantity
from intents.roots import root
from intents.spoken import tokens

Words = tuple[str, ...]
Values = dict[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class Features:
    """What the guards compare, computed once per text."""

    words: Words
    text: str
    content: frozenset[str]
    """Stems of the words that carry meaning."""
    negations: int
    all_negations: int
    """Those of what happened before the question included."""
    denied: frozenset[str]
    """Stems of what a negation speaks of."""
    refuses: bool
    """Wants something not to be done, or not to be had."""
    soft: frozenset[str]
    """Stems of words that say "not" without a negation."""
    polarity: Values
    kinds: Values
    amounts: Amounts
    quantity: Quantity
    aspect: Aspect
    roots: frozenset[str]
    """Of the words that carry meaning."""
    personal: str
    elliptic: str
    double: str


@lru_cache(maxsize=4096)
def features(text: str) -> Features:
    """The features of a text; cached, since seeded questions come again and again."""
    words = tokens(text)
    joined = " ".join(words)
    told = _without_story(joined)
    stated, used = _states(_without_alternative(words))
    plain = _without_alternative(words)
    polarity = _values(plain, contrasts.POLARITY_INDEX)
    for name, values in stated.items():
        key = "opening" if name == "opened" else name
        polarity[key] = values
    return Features(
        words=words,
        text=joined,
        content=_stems(words),
        denied=_denied(told),
        negations=_negations(told) - used,
        all_negations=_negations(joined) - used,
        refuses=_REFUSES.search(told) is not None and _negations(told) % 2 == 1,
        soft=frozenset(map(stem, contrasts.SOFT_NEGATIVES.intersection(words))),
        polarity=polarity,
        kinds=_values(words, contrasts.KIND_INDEX),
        amounts=amounts(words),
        quantity=quantity(words),
        aspect=aspect(joined, clause(joined)),
        roots=frozenset(root(word) for word in words if word not in contrasts.FUNCTION),
        personal=personal(joined),
        elliptic=elliptic(words),
        double=double(joined, text),
    )


_REFUSES = re.compile(
    r"^(?:please )?(?:do not|never) (?!you\b|we\b|they\b|i\b|the\b|your\b|know\b|worry\b"
    r"|\S+ (?:have|need|get|pay|go|come)\b)\S+"
    r"|\b(?:i|we) (?:do not|no longer|never|would not) (?:want|need|wish|like|care)\b"
)
_NOT_NEGATING = re.compile(
    r"^no (?=i |we |it |what |how |when |where |can |do |is )"
    # "don't you deliver" asks the same as "do you deliver"; only "do not" may begin an order
    r"|^(?:(?:do|could|will|would|have|had|should) not|cannot)"
    r" (?=(?:you|we|they|there|it|i|the|your|any\S*|some\S*) )"
    r"|^(?:does|did|is|are|has|was|were) not\b"
    r"|^do not (?=\S+ (?:have|need|get|pay|go|come) )"
    r"|^(?:do|does|will|would|should|has|have) (?:\S+ ){1,2}?not (?=already|also|usually|normally)"
    # what was never tried before
    r"|\b(?:have|has|had) (?:not|never)"
    r" (?=(?:ever )?(?:been|done|used|tried|had|made)\b.* before\b)"
    r"|\bi (?:do not|did not|cannot) (?:know|understand|remember|see|get)"
    r"(?= (?:how|what|where|when|if|why|which|who|that)\b)"
    r"|\bnot sure\b|\bif not\b|\bor not\b|\bwhether or not\b|\bno matter\b|\bnot only\b"
    r"|\bif you do not mind\b|\bno problem\b|\bwhy not\b|\bno longer than\b"
)
"""Negations that leave the question as it is."""


def _without_alternative(words: Words) -> Words:
    """ "can i come on saturday or are you shut" without what is named to be denied."""
    for i, (word, after) in enumerate(pairwise(words)):
        if i > 2 and word == "or" and after in _INVERTS:
            return words[:i]
    return words


_INVERTS = frozenset({"is", "are", "do", "does", "must", "will"})
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


def _negations(text: str) -> int:
    if contrasts.NEGATORS.isdisjoint(text.split()):
        return 0
    text = _NOT_NEGATING.sub(" ", text)
    return sum(word in contrasts.NEGATORS for word in text.split())


_CLAUSE = frozenset({"how", "what", "when", "where", "which", "who", "but", "so", "because", "and"})
_SUBJECTS = frozenset({"i", "you", "we", "they", "it", "he", "she", "there"})
"""After an auxiliary they begin a question, and so another clause."""
_PLACES = frozenset({"at", "in", "on", "for", "from"})
"""What follows them is no longer what one is without."""
REACH = 4
"""Most content words after a negation that it speaks of."""


def _denied(text: str) -> frozenset[str]:
    """What the negations of a sentence are about: up to REACH stems, to the end of the clause."""
    found: set[str] = set()
    if contrasts.NEGATORS.isdisjoint(text.split()):
        return frozenset()
    words = _NOT_NEGATING.sub(" ", text).split()
    for i, word in enumerate(words):
        if word not in contrasts.NEGATORS:
            continue
        near: list[str] = []
        for later, after in pairwise((*words[i + 1 :], "")):
            ends = later in _CLAUSE or (later in AUXILIARIES and after in _SUBJECTS)
            if ends or len(near) == REACH or (word == "without" and later in _PLACES):
                break
            near += _stems((later,))
        found.update(near)
    return frozenset(found)


def _stems(words: Words) -> frozenset[str]:
    """Of the words that carry meaning."""
    return frozenset(
        stem(word) for word in words if word not in contrasts.FUNCTION and word.isalpha()
    )


def stem(word: str) -> str:
    """The first five letters: "renew" and "renewal" alike."""
    return word[:5]


def _states(words: Words) -> tuple[Values, int]:
    """Words of state, "not open" read as "closed"; and how many negations that used up."""
    found: dict[str, set[int]] = {}
    used = 0
    for i, word in enumerate(words):
        for name, value in contrasts.STATE_INDEX.get(word, ()):
            if name == "opened" and not _is_state(words, i):
                continue
            negated = "not" in words[max(0, i - 2) : i]
            used += negated
            found.setdefault(name, set()).add(1 - value if negated else value)
    return {name: frozenset(values) for name, values in found.items()}, used


_TO_BE = frozenset({"is", "are", "be", "stay", "was", "were", "being"})


def _is_state(words: Words, i: int) -> bool:
    """ "are you open", not "open an account"."""
    return not _TO_BE.isdisjoint(words[max(0, i - 4) : i])


def _values(words: Words, index: contrasts.Index) -> Values:
    found: dict[str, set[int]] = {}
    for i, word in enumerate(words):
        if word in index and _plainly(words, i):
            for name, value in index[word]:
                found.setdefault(name, set()).add(value)
        if word in contrasts.PAIR_STARTS:
            for later in words[i + 1 : i + 4]:
                for name, value in index.get(f"{word}+{later}", ()):
                    found.setdefault(name, set()).add(value)
    return {name: frozenset(values) for name, values in found.items()}


def _plainly(words: Words, i: int) -> bool:
    """Whether the word means what the table says: not "opening hours", "close to", "a book"."""
    word = words[i]
    after = words[i + 1] if i + 1 < len(words) else ""
    before = words[i - 1] if i else ""
    if word in ("opening", "open"):
        return after not in ("hours", "times")
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
        noun = before in ("a", "the", "my", "an", "check", "this", "your", "phone", "address")
        return not (noun or after in ("rate", "rates"))
    return True
