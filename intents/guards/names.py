"""Names: a product, a place or a person said in one text, and another one in its place.

Two sources. Families of names that all know (``intents.text.lexicon.entities``): "in boston"
against "in austin". And the catalogue's own words: where the questions of several entries differ
only in a word before the same word ("gold card", "platinum card"), that word is a name, and another
word in its place means another thing. Words that the questions of *one* entry use in the same place
are names for the same thing, or do not matter for its answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

from intents.grammar.amounts import DAYS
from intents.grammar.clauses import asking
from intents.grammar.phrasing import DETERMINERS, PREPOSITIONS
from intents.grammar.slots import is_request
from intents.guards.open_slots import places
from intents.text.cardinals import is_number
from intents.text.dates import MONTHS
from intents.text.lexicon import entities
from intents.text.lexicon.contrasts import FUNCTION
from intents.text.roots import singular, stem
from intents.turns import endings

Words = tuple[str, ...]
Slot = tuple[str, str]
NOWHERE: frozenset[int] = frozenset()
ANYWHERE: frozenset[str] = frozenset()
FRAME = 3
"""Least words that two texts share around the one word in which they differ."""
SEVERAL = 4
"""Least questions of an entry from which to see which names it need not have."""
MANY = 3
"""So many different words before the same word in one entry: any will do there."""
LONGEST = 3
"""Most words of a name in ``things``."""


class Names:
    """What the questions of a catalogue say about its names. Immutable."""

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
        for slot, word in _fillers(words).items():
            self._slots.setdefault(slot, {}).setdefault(word, set()).add(entry)
        for family, members in _members(words).items():
            before = self._said.setdefault((entry, family), [])
            if any(members - one and one - members for one in before):
                self._free.add((entry, family))
            before.append(members)

    def siblings(self, question: str) -> tuple[str, ...]:
        """All questions of the entry of this canonical question; none if the catalogue has none."""
        return self._questions.get(self._entry.get(question, -1), ())

    def clash(self, query: Words, question: Words, anything: frozenset[str] = ANYWHERE) -> str:
        """Why the query names another thing than the question; empty if it does not.

        ``anything``: the places in which the entry's questions name different things.
        """
        if query == question:
            return ""
        text = " ".join(question)
        entry = self._entry.get(text, -1)
        return (
            self._family(query, question, entry, anything)
            or self._slot(query, question)
            or self._frame(query, question, anything)
        )

    def told_apart(self, query: Words, question: Words, name: str) -> bool:
        """Whether another entry has a question with that name, and with all else that the two texts
        have in common."""
        entry = self._entry.get(" ".join(question), -1)
        others = self._used.get(stem(name), NOWHERE) - {entry}
        if not others:
            return False
        common = {stem(word) for word in query if word in question and word not in FUNCTION}
        common.add(stem(name))
        return any(
            common <= {stem(word) for word in text.split()}
            for other in others
            for text in self._questions[other]
        )

    def _family(self, query: Words, question: Words, entry: int, anything: frozenset[str]) -> str:
        said, seeded = _asked_for(query), _members(question)
        for family in said.keys() & seeded.keys():
            other = said[family] - seeded[family] - _inside(seeded[family])
            if other and not (
                (entry, family) in self._free
                or (self._rarely(entry, family) and not self._apart(query, question, other))
                or _stands(query, other, anything)
            ):
                return f"'{_NAME[min(other)]}' against '{_NAME[min(seeded[family])]}'"
        only = said.keys() ^ seeded.keys()
        if "place" not in only or (entry, "place") in self._free:
            return ""
        if (
            "place" in said
            and entities.WHOLE_PLACES.isdisjoint(question)
            and not _stands(query, said["place"], anything)
            and not (
                (entry, "place") in self._said
                and self._rarely(entry, "place")
                and not self._apart(query, question, said["place"])
            )
        ):
            return f"only the query names '{_NAME[min(said['place'])]}'"
        told = _members(query).get("place", NOWHERE)  # "i am in leeds how do i find the place"
        told = told if told <= seeded.get("place", NOWHERE) else NOWHERE
        if "place" in seeded and not told and not self._rarely(entry, "place"):
            return f"only the question names '{_NAME[min(seeded['place'])]}'"
        return ""

    def _apart(self, query: Words, question: Words, names: frozenset[int]) -> bool:
        """Whether one of these names tells another entry from that of the question."""
        return any(
            self.told_apart(query, question, query[first])
            for _, number, first, _ in _found(query)
            if number in names
        )

    def _rarely(self, entry: int, family: str) -> bool:
        """Whether few of the entry's questions have a name of that family: then none need."""
        count = len(self._questions.get(entry, ()))
        return count >= SEVERAL and len(self._said.get((entry, family), ())) <= count / 3

    def _slot(self, query: Words, question: Words) -> str:
        """Another word before the same word, where the catalogue tells entries apart by it."""
        said, seeded = _fillers(query), _fillers(question)
        for slot in said.keys() & seeded.keys():
            mine, theirs = said[slot], seeded[slot]
            if not _other(mine, theirs, query, question):
                continue
            known = self._slots.get(slot, {})
            here, there = known.get(theirs, NOWHERE), known.get(mine)
            if sum(not here.isdisjoint(entries) for entries in known.values()) >= MANY:
                continue
            if there is None:
                told_apart = stem(mine) not in self._used and any(
                    here.isdisjoint(entries) for entries in known.values()
                )
            else:
                told_apart = here.isdisjoint(there)
            if told_apart:
                return f"'{mine} {slot[1]}' against '{theirs} {slot[1]}'"
        return ""

    def _frame(self, query: Words, question: Words, anything: frozenset[str]) -> str:
        """The same sentence but for one noun."""
        start, stop = _common(query, question)
        if start + stop < FRAME or not (len(query) == len(question) == start + stop + 1):
            return ""
        mine, theirs = query[start], question[start]
        before = question[start - 1] if start else ""
        if before not in DETERMINERS | PREPOSITIONS or before == "to":
            return ""
        if not _other(mine, theirs, query, question) or kin(mine, theirs):
            return ""
        if not anything.isdisjoint(places(query, start)) and not self.told_apart(
            query, question, mine
        ):
            return ""
        mine_used = self._used.get(stem(mine), NOWHERE)
        if not self._used.get(stem(theirs), NOWHERE).isdisjoint(mine_used):
            return ""
        return f"'{mine}' against '{theirs}'"


def synonymous(one: str, other: str) -> bool:
    """Whether two nouns are known to name the same thing."""
    groups = _SYNONYMS.get(singular(one), NOWHERE)
    return not groups.isdisjoint(_SYNONYMS.get(singular(other), NOWHERE))


def kin(one: str, other: str) -> bool:
    """Whether both are of one family of ``things``: the names guard judges those."""
    return not _members((one,)).keys().isdisjoint(_members((other,)).keys())


NO_NAMES = Names()
"""For texts of no catalogue: only the families."""


def _common(one: Words, other: Words) -> tuple[int, int]:
    """How many words both begin and end with."""
    shorter = min(len(one), len(other))
    start = 0
    while start < shorter and one[start] == other[start]:
        start += 1
    stop = 0
    while stop < shorter - start and one[-1 - stop] == other[-1 - stop]:
        stop += 1
    return start, stop


def _other(mine: str, theirs: str, query: Words, question: Words) -> bool:
    """Whether two words in the same place are names, and of different things."""
    if not (_can_name(mine) and _can_name(theirs)) or stem(mine) == stem(theirs):
        return False
    if mine in question or theirs in query:
        return False
    return not synonymous(mine, theirs)


_ASKED = frozenset({"size", "color", "brand", "model"})
"""Before a noun they ask for something about it: "what size bag"."""
_SMALL = FUNCTION | DAYS | MONTHS | DETERMINERS | PREPOSITIONS
_NO_NAMES = _SMALL | _ASKED | entities.GENERAL | frozenset(
    endings.NEEDS_OBJECT | endings.MAYBE_OBJECT | endings.PARTICLE_VERBS | endings.PARTICLES
    | endings.HANGING
)  # fmt: skip


def _can_name(word: str) -> bool:
    if word in _NO_NAMES or not word.isalpha() or len(word) < 3:
        return False
    return word in entities.NOUNS or not word.endswith(("ing", "ly", "ed"))


@lru_cache(maxsize=16384)
def _fillers(words: Words) -> dict[Slot, str]:
    """The word before each noun, ("before", "card") -> "gold", but no units."""
    return {
        ("before", singular(after)): word
        for before, (word, after) in zip(("", *words), pairwise(words), strict=False)
        if _can_name(word) and after.isalpha() and after not in FUNCTION and not is_number(before)
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


def _inside(places: frozenset[int]) -> frozenset[int]:
    return NOWHERE.union(*(_WITHIN.get(place, NOWHERE) for place in places))


_SYNONYMS = _groups(entities.SYNONYMS)
_FAMILY, _NAME = _families((*entities.PLACES, *entities.FAMILIES))
_WITHIN = _lying_in(entities.WITHIN)
_STARTS = frozenset(name[0] for name in _FAMILY)
NAMING = frozenset(word for name in _FAMILY for word in name)
"""All words of the names that everyone knows."""
_FIRM = ("bank", "of")
"""What follows is part of the bank's name, and no place."""


@lru_cache(maxsize=16384)
def _asked_for(words: Words) -> dict[str, frozenset[int]]:
    """Names in the part that asks; those told before it where it has none of their family, but not
    if something is to be done: "i am going to spain how do i turn on roaming"."""
    asked = asking(" ".join(words))
    found = _members(words)
    if len(asked.split()) == len(words):
        return found
    near = _members(tuple(asked.split()))
    return near if is_request(asked) else found | near


@lru_cache(maxsize=16384)
def _members(words: Words) -> dict[str, frozenset[int]]:
    """Families to what of them the words name."""
    found: dict[str, frozenset[int]] = {}
    for family, number, _, _ in _found(words):
        found[family] = found.get(family, NOWHERE) | {number}
    return found


@lru_cache(maxsize=16384)
def _found(words: Words) -> tuple[tuple[str, int, int, int], ...]:
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


def _stands(words: Words, names: frozenset[int], anything: frozenset[str]) -> bool:
    """Whether all of these names stand where the entry has several."""
    if not anything:
        return False
    return all(
        not anything.isdisjoint((*places(words, first), *places(words, last)))
        for _, number, first, last in _found(words)
        if number in names
    )
