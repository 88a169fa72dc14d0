"""Words that mean the same: forms of one word, synonyms, and likely slips of the pen."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache

from intents.guards.entry.naming import synonymous
from intents.text.lexicon import contrasts, synonyms
from intents.text.roots import root, singular, stem

Words = tuple[str, ...]

TYPO = 0.8
"""Likeness of two spellings of one word (``difflib``), if they also begin alike."""
_GROUPS = synonyms.groups()


def same_meaning(one: str, other: str) -> bool:
    """Return whether the two words are forms of one, of one group or contrast, or spelled
    alike."""
    if stem(one) == stem(other) or groups_of(one) & groups_of(other):
        return True
    if synonymous(one, other):
        return True
    if _sides(one) & _sides(other):
        return True
    return one[0] == other[0] and SequenceMatcher(None, one, other).ratio() >= TYPO


def groups_said(word: str) -> frozenset[int]:
    """Numbers of the groups of synonyms of the word, or of words joined by a plus, as it is."""
    return _GROUPS.get(word, frozenset())


@lru_cache(maxsize=16384)
def groups_of(word: str) -> frozenset[int]:
    """Numbers of the groups of synonyms that any form of the word is in."""
    base = root(word)
    forms = {word, singular(word), base, f"{base}e"}
    return frozenset().union(*(groups_said(form) for form in forms))


@lru_cache(maxsize=16384)
def _sides(word: str) -> frozenset[tuple[str, int]]:
    tables = (contrasts.POLARITY_INDEX, contrasts.STATE_INDEX, contrasts.KIND_INDEX)
    return frozenset(side for table in tables for side in table.get(word, ()))
