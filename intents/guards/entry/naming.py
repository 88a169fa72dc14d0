"""The names of a catalogue, as its questions use them, and the names that everyone knows."""

from __future__ import annotations

from collections.abc import Iterable, Set

from intents.text.lexicon import entities
from intents.text.lexicon.contrasts import FUNCTION
from intents.text.roots import singular, stem

Words = tuple[str, ...]
NOWHERE: frozenset[int] = frozenset()


class Names:
    """The names of a catalogue, as its questions use them. Immutable."""

    def __init__(self, questions: Iterable[tuple[str, int]] = ()) -> None:
        """``questions``: canonical question and the number of its entry. About 10 us each."""
        self._entry: dict[str, int] = {}
        self._questions: dict[int, tuple[str, ...]] = {}
        self._used: dict[str, set[int]] = {}
        for text, entry in questions:
            self._add(text, entry)

    def _add(self, text: str, entry: int) -> None:
        words = tuple(text.split())
        self._entry[text] = entry
        self._questions[entry] = (*self._questions.get(entry, ()), text)
        for word in words:
            if word not in FUNCTION:
                self._used.setdefault(stem(word), set()).add(entry)

    def siblings(self, question: str) -> tuple[str, ...]:
        """All questions of the entry of this canonical question; none if the catalogue has none."""
        return self._questions.get(self._entry.get(question, -1), ())

    def entry_of(self, question: Words) -> int:
        """Number of the entry of these canonical words; -1 if the catalogue has none."""
        return self._entry.get(" ".join(question), -1)

    def entries_with(self, word: str) -> Set[int]:
        """The entries that use the word, in whatever form; not of small words."""
        return self._used.get(stem(word), NOWHERE)

    def told_apart(self, query: Words, question: Words, name: str) -> bool:
        """Return whether another entry has a question with that name, and with all else that the
        two texts have in common."""
        others = self.entries_with(name) - {self.entry_of(question)}
        if not others:
            return False
        common = {stem(word) for word in query if word in question and word not in FUNCTION}
        common.add(stem(name))
        return any(
            common <= {stem(word) for word in text.split()}
            for other in others
            for text in self._questions[other]
        )


def synonymous(one: str, other: str) -> bool:
    """Return whether two nouns are known to name the same thing."""
    groups = _SYNONYMS.get(singular(one), NOWHERE)
    return not groups.isdisjoint(_SYNONYMS.get(singular(other), NOWHERE))


NO_NAMES = Names()
"""For texts of no catalogue."""


def _groups(table: Iterable[str]) -> dict[str, frozenset[int]]:
    """Word to the numbers of its groups."""
    found: dict[str, set[int]] = {}
    for number, group in enumerate(table):
        for word in group.split():
            found.setdefault(singular(word), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


_SYNONYMS = _groups(entities.SYNONYMS)
NAMING = frozenset(word for name in entities.NAMES for word in name.replace("/", "+").split("+"))
"""All words of the names that everyone knows."""
