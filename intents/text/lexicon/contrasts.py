"""Words that turn a question into another one: the table behind the polarity guard.

One line per contrast: a name, then the values that exclude one another, each with its words.
A word of two parts (``turn on``) is a verb and its particle, which may stand apart ("turn it
on"). Words are canonical (``intents.text.spoken``). ``state`` contrasts read "not open" as
"closed".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from intents.text.lexicon import classes

CONTRASTS = classes.rows("contrasts")
STATES = classes.rows("states")
KINDS = classes.rows("kinds")

NEGATORS = classes.words("negator")

SOFT_NEGATIVES = classes.words("soft-negative")
"""Words that say "not" without a negation: "my card is broken" is "my card does not work"."""


GIVING_UP = classes.words("giving-up")
"""Verbs of what one does to a thing that one does not want any more."""

FUNCTION = classes.words("function-word")
"""Words that carry no meaning of their own."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Values that exclude one another."""

    name: str
    values: tuple[frozenset[str], ...]
    """Words of each value; ``verb+particle`` for two parts."""


def _parse(table: tuple[str, ...]) -> tuple[Contrast, ...]:
    rows = []
    for line in table:
        name, _, values = line.partition(":")
        parts = tuple(frozenset(value.split()) for value in values.split("|"))
        rows.append(Contrast(name.strip(), parts))
    return tuple(rows)


Index = dict[str, tuple[tuple[str, int], ...]]


def _index(contrasts: tuple[Contrast, ...]) -> Index:
    """Word (or verb+particle) to the (contrast, value) pairs it names."""
    found: dict[str, list[tuple[str, int]]] = {}
    for contrast in contrasts:
        for number, words in enumerate(contrast.values):
            for word in words:
                found.setdefault(word, []).append((contrast.name, number))
    return {word: tuple(places) for word, places in found.items()}


POLARITY_INDEX = _index(_parse(CONTRASTS))
STATE_INDEX = _index(_parse(STATES))
KIND_INDEX = _index(_parse(KINDS))
PAIR_STARTS = frozenset(
    word.partition("+")[0]
    for index in (POLARITY_INDEX, KIND_INDEX)
    for word in index
    if "+" in word
)
WORDS = {
    (contrast.name, number): min(words)
    for contrast, (number, words) in (
        pair
        for table in (CONTRASTS, STATES, KINDS)
        for contrast in _parse(table)
        for pair in product([contrast], enumerate(contrast.values))
    )
}
"""A word for each value, for reasons shown to people."""
