"""The topic of an entry, by its own questions: a pronoun beside those words stands for no other.

"can he give me a thai meal suggestion" has a pronoun that nothing explains; but it names all that
the questions of its entry have in common, so no word of theirs hides behind it. "when does it
expire" does not name the card.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from intents.grammar.features import Features, features

SEVERAL = 4
"""Least questions from which to see what they have in common."""
COMMON = 0.5
"""Least share of the questions that have a word which the entry is about."""
KNOWN = 2
"""Least words of the query that the entry's questions have."""


def named(query: Features, questions: tuple[str, ...]) -> bool:
    """Return whether the query has every word that the canonical ``questions`` of one entry
    share."""
    if len(questions) < SEVERAL:
        return False
    shared, known = _topic(questions)
    return bool(shared) and shared <= query.content and len(query.content & known) >= KNOWN


@lru_cache(maxsize=4096)
def _topic(questions: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Stems that half of the questions have, and those that any has."""
    counts: Counter[str] = Counter()
    for question in questions:
        counts.update(features(question).content)
    least = COMMON * len(questions)
    return frozenset(stem for stem, count in counts.items() if count >= least), frozenset(counts)
