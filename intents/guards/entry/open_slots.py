"""Places of a sentence in which the questions of one entry name different things.

"call me bob", "they call me carrie", "please call me lucky": any name will do after "call me",
one that no list holds too. A place is told by the words beside it: a preposition, what is done to
the thing, a phrase that gives a name, or the noun that it describes ("which bus goes to", "how do
you spell", "my name is", "the ... account"). Where all questions name the same thing, or two words
for it, the thing matters.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache

from intents.grammar.amounts import DAYS
from intents.grammar.phrasing import AUXILIARIES, DETERMINERS, PREPOSITIONS
from intents.text import lexicon
from intents.text.dates import MONTHS
from intents.text.english import words as split
from intents.text.lexicon.contrasts import FUNCTION
from intents.text.roots import stem

Words = tuple[str, ...]

ANY = 3
"""So many different things in one place, and any will do there. Of two the second may be another
word for the first."""
MOST = 0.5
"""Largest share of one of them among the questions that have the place."""

_BESIDE = DETERMINERS | {"nearest", "closest", "new", "old", "other", "local"}
"""May stand between a place and the word that tells it."""
_JOIN = lexicon.words("joins-name")
_BEFORE_VERB = lexicon.words("verb-follows-to")
"""With "to" after them goes a verb: "need to pay", not "a ride to work"."""
_NAMING = lexicon.words("naming")
"""Words that a name follows."""
_NOT_NAMED = FUNCTION | AUXILIARIES | PREPOSITIONS | _BESIDE | DAYS | MONTHS | frozenset(
    split("something someone somebody anything anyone thing things else")
)  # fmt: skip


@lru_cache(maxsize=4096)
def varying(questions: tuple[Words, ...]) -> frozenset[str]:
    """The places in which an entry's questions name ``ANY`` different things or more."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for words in questions:
        for place, thing in _named(words):
            found[place][thing] += 1
    return frozenset(
        place
        for place, named in found.items()
        if len(named) >= ANY and max(named.values()) <= MOST * named.total()
    )


def _named(words: Words) -> frozenset[tuple[str, str]]:
    return frozenset(
        (place, stem(word))
        for i, word in enumerate(words)
        if word not in _NOT_NAMED and word.isalpha()
        for place in places(words, i)
    )


def places(words: Words, i: int) -> tuple[str, ...]:
    """Return what tells the place of the word at ``i``, by what stands before it and by what it
    describes."""
    found = []
    j = i - 1
    while j >= 0 and words[j] in _BESIDE:
        j -= 1
    before, first = (words[j] if j >= 0 else ""), (words[j - 1] if j > 0 else "")
    if before in _NAMING or f"{first}+{before}" in _NAMING:
        found.append("named")
    elif before in _JOIN or (before == "to" and (j < i - 1 or _no_verb(words, i, first))):
        found.append(before)
        if before == "to" and first not in _NOT_NAMED:  # "a call to bob" is "call bob"
            found.append(f"{stem(first)}+")
    elif before not in _NOT_NAMED and before.isalpha():
        found.append(f"{stem(before)}+")
    after = words[i + 1] if i + 1 < len(words) else ""
    if (found or j < i - 1) and after.isalpha() and after not in _NOT_NAMED:
        found.append(f"+{stem(after)}")
    return tuple(found)


def _no_verb(words: Words, i: int, first: str) -> bool:
    """Return whether the word after "to" is somewhere to go, not something to do."""
    after = words[i + 1] if i + 1 < len(words) else ""
    return bool(first) and first not in _BEFORE_VERB and after not in DETERMINERS
