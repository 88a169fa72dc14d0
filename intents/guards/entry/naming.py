"""The names of a catalogue, as its questions use them, and the names that everyone knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from functools import lru_cache
from itertools import pairwise

from intents.grammar.amounts import DAYS
from intents.grammar.phrasing import DETERMINERS, PREPOSITIONS
from intents.text.cardinals import is_number
from intents.text.dates import MONTHS
from intents.text.lexicon import entities
from intents.text.lexicon.contrasts import FUNCTION
from intents.text.roots import singular, stem
from intents.turns import endings

Words = tuple[str, ...]
Slot = tuple[str, str]
NOWHERE: frozenset[int] = frozenset()
SEVERAL = 4
"""Least questions of an entry from which to see which names it need not have."""
LONGEST = 3
"""Most words of a name in ``entities``."""


class Names:
    """The names of a catalogue, as its questions use them. Immutable."""

    def __init__(self, questions: Iterable[tuple[str, int]] = ()) -> None:
        """``questions``: canonical question and the number of its entry. About 10 us each."""
        self._entry: dict[str, int] = {}
        self._questions: dict[int, tuple[str, ...]] = {}
        self._used: dict[str, set[int]] = {}
        self._slots: dict[Slot, dict[str, set[int]]] = {}
        self._said: dict[tuple[int, str], list[frozenset[int]]] = {}
        self._free: set[tuple[int, str]] = set()
        for text, entry in questions:
            self._add(text, entry)

    def _add(self, text: str, entry: int) -> None:
        words = tuple(text.split())
        self._entry[text] = entry
        self._questions[entry] = (*self._questions.get(entry, ()), text)
        for word in words:
            if word not in FUNCTION:
                self._used.setdefault(stem(word), set()).add(entry)
        for slot, word in fillers(words).items():
            self._slots.setdefault(slot, {}).setdefault(word, set()).add(entry)
        for family, members in members_of(words).items():
            before = self._said.setdefault((entry, family), [])
            if any(members - one and one - members for one in before):
                self._free.add((entry, family))
            before.append(members)

    def siblings(self, question: str) -> tuple[str, ...]:
        """All questions of the entry of this canonical question; none if the catalogue has none."""
        return self._questions.get(self._entry.get(question, -1), ())

    def entry_of(self, question: Words) -> int:
        """Number of the entry of these canonical words; -1 if the catalogue has none."""
        return self._entry.get(" ".join(question), -1)

    def entries_with(self, word: str) -> Set[int]:
        """The entries that use the word, in whatever form; not of small words."""
        return self._used.get(stem(word), NOWHERE)

    def at(self, slot: Slot) -> Mapping[str, Set[int]]:
        """The words that stand there, and the entries that have them there."""
        return self._slots.get(slot, {})

    def has(self, entry: int, family: str) -> bool:
        """Return whether any of the entry's questions has a name of that family."""
        return (entry, family) in self._said

    def any_of(self, entry: int, family: str) -> bool:
        """Return whether its questions name different ones of that family: then any will do."""
        return (entry, family) in self._free

    def rarely(self, entry: int, family: str) -> bool:
        """Return whether few of the entry's questions have a name of that family: then none
        need."""
        count = len(self._questions.get(entry, ()))
        return count >= SEVERAL and len(self._said.get((entry, family), ())) <= count / 3

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


def kin(one: str, other: str) -> bool:
    """Return whether both are of one family of ``entities``: the names guard judges those."""
    return not members_of((one,)).keys().isdisjoint(members_of((other,)).keys())


NO_NAMES = Names()
"""For texts of no catalogue: only the families."""


_ASKED = frozenset({"size", "color", "brand", "model"})
"""Before a noun they ask for something about it: "what size bag"."""
_SMALL = FUNCTION | DAYS | MONTHS | DETERMINERS | PREPOSITIONS
_NO_NAMES = _SMALL | _ASKED | entities.GENERAL | frozenset(
    endings.NEEDS_OBJECT | endings.MAYBE_OBJECT | endings.PARTICLE_VERBS | endings.PARTICLES
    | endings.HANGING
)  # fmt: skip


def can_name(word: str) -> bool:
    """Return whether the word may be the name of something."""
    if word in _NO_NAMES or not word.isalpha() or len(word) < 3:
        return False
    return word in entities.NOUNS or not word.endswith(("ing", "ly", "ed"))


@lru_cache(maxsize=16384)
def fillers(words: Words) -> dict[Slot, str]:
    """The word before each noun, ("before", "card") -> "gold", but no units."""
    return {
        ("before", singular(after)): word
        for before, (word, after) in zip(("", *words), pairwise(words), strict=False)
        if can_name(word) and after.isalpha() and after not in FUNCTION and not is_number(before)
    }


def _groups(table: Iterable[str]) -> dict[str, frozenset[int]]:
    """Word to the numbers of its groups."""
    found: dict[str, set[int]] = {}
    for number, group in enumerate(table):
        for word in group.split():
            found.setdefault(singular(word), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


def _families(table: Iterable[str]) -> tuple[dict[Words, tuple[str, int]], dict[int, str]]:
    """The words of a name to its family and the number of what it names; numbers to names."""
    found: dict[Words, tuple[str, int]] = {}
    shown: dict[int, str] = {}
    for line in table:
        family, _, members = line.partition(":")
        for member in members.split():
            number = len(shown)
            for name in member.split("/"):
                found[tuple(name.split("+"))] = (family, number)
                shown.setdefault(number, name.replace("+", " "))
    return found, shown


def _lying_in(table: Iterable[str]) -> dict[int, frozenset[int]]:
    """A place to those within it."""
    found: dict[int, frozenset[int]] = {}
    for line in table:
        whole, _, parts = line.partition(":")
        inside = {_FAMILY[tuple(part.partition("/")[0].split("+"))][1] for part in parts.split()}
        found[_FAMILY[(whole,)][1]] = frozenset(inside)
    return found


_SYNONYMS = _groups(entities.SYNONYMS)
_FAMILY, SHOWN = _families((*entities.PLACES, *entities.FAMILIES))
WITHIN = _lying_in(entities.WITHIN)
"""A place to those within it, by number."""
_STARTS = frozenset(name[0] for name in _FAMILY)
NAMING = frozenset(word for name in _FAMILY for word in name)
"""All words of the names that everyone knows."""
_FIRM = ("bank", "of")
"""Words after which a name is part of the bank's, and no place."""


@lru_cache(maxsize=16384)
def members_of(words: Words) -> dict[str, frozenset[int]]:
    """Families to what of them the words name."""
    found: dict[str, frozenset[int]] = {}
    for family, number, _, _ in names_in(words):
        found[family] = found.get(family, NOWHERE) | {number}
    return found


@lru_cache(maxsize=16384)
def names_in(words: Words) -> tuple[tuple[str, int, int, int], ...]:
    """Family, number, first and last word of all names. Of "new york" only the whole counts."""
    found = []
    i = 0
    while i < len(words):
        length = 1
        if words[i] in _STARTS or singular(words[i]) in _STARTS:
            for n in range(min(LONGEST, len(words) - i), 0, -1):
                name = words[i : i + n]
                place = _FAMILY.get(name) or _FAMILY.get((*name[:-1], singular(name[-1])))
                if place is not None and words[max(0, i - 2) : i] == _FIRM:
                    break
                if place is not None:
                    found.append((*place, i, i + n - 1))
                    length = n
                    break
        i += length
    return tuple(found)
