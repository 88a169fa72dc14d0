"""Words that mean the same: forms of one word, synonyms, and likely slips of the pen."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache

from intents.guards.entry.naming import kin, synonymous
from intents.text.lexicon import contrasts, entities, synonyms
from intents.text.roots import root, singular, stem

Words = tuple[str, ...]

COVERED = 2
"""Least words of meaning of a question that another text can be said to have all of."""
TYPO = 0.8
"""Likeness of two spellings of one word (``difflib``), if they also begin alike."""
_SAYS_LITTLE = contrasts.FUNCTION | entities.GENERAL | {"going", "able"}
_GROUPS = synonyms.groups()


def covers(query: Words, question: Words) -> bool:
    """Return whether the query has all that the question is about, two words at least, or words
    that mean the same."""
    theirs = [word for word in question if word not in _SAYS_LITTLE]
    roots = {root(word) for word in query}
    others = [word for word in query if word not in _SAYS_LITTLE]
    return len(theirs) >= COVERED and all(
        root(word) in roots or any(same_meaning(word, other) for other in others) for word in theirs
    )


def same_meaning(one: str, other: str) -> bool:
    """Return whether the two words are forms of one, of one group, name or contrast, or spelled
    alike."""
    if stem(one) == stem(other) or groups_of(one) & groups_of(other):
        return True
    if synonymous(one, other) or kin(one, other):
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
