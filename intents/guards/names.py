"""Names: a product, a place or a person said in one text, and another one in its place.

Two sources. Families of names that all know (``intents.text.lexicon.entities``): "in boston"
against "in austin". And the catalogue's own words: where the questions of several entries differ
only in a word before the same word ("gold card", "platinum card"), that word is a name, and another
word in its place means another thing. Words that the questions of *one* entry use in the same place
are names for the same thing, or do not matter for its answer.
"""

from __future__ import annotations

from functools import lru_cache

from intents.decision import Objection
from intents.grammar.clauses import asking
from intents.grammar.features import Features
from intents.grammar.phrasing import DETERMINERS, PREPOSITIONS
from intents.grammar.slots import is_request
from intents.guards.entry.guard import TOLD, Entry, Guard, Scope, objection
from intents.guards.entry.naming import (
    NOWHERE,
    SHOWN,
    WITHIN,
    Names,
    Words,
    can_name,
    fillers,
    kin,
    members_of,
    names_in,
    synonymous,
)
from intents.guards.entry.open_slots import places
from intents.text.lexicon import entities
from intents.text.roots import stem

ANYWHERE: frozenset[str] = frozenset()
FRAME = 3
"""Least words that two texts share around the one word in which they differ."""
MANY = 3
"""So many different words before the same word in one entry: any will do there."""


def clash(query: Words, question: Words, names: Names, anything: frozenset[str] = ANYWHERE) -> str:
    """Why the query names another thing than the question; empty if it does not.

    ``anything``: the places in which the entry's questions name different things.
    """
    if query == question:
        return ""
    return (
        _family(query, question, names, anything)
        or _slot(query, question, names)
        or _frame(query, question, names, anything)
    )


def _family(query: Words, question: Words, names: Names, anything: frozenset[str]) -> str:
    entry = names.entry_of(question)
    said, seeded = _asked_for(query), members_of(question)
    for family in [one for one in said if one in seeded]:
        other = said[family] - seeded[family] - _inside(seeded[family])
        if other and not (
            names.any_of(entry, family)
            or (names.rarely(entry, family) and not _apart(query, question, names, other))
            or _stands(query, other, anything)
        ):
            return f"'{SHOWN[min(other)]}' against '{SHOWN[min(seeded[family])]}'"
    only = said.keys() ^ seeded.keys()
    if "place" not in only or names.any_of(entry, "place"):
        return ""
    if (
        "place" in said
        and entities.WHOLE_PLACES.isdisjoint(question)
        and not _stands(query, said["place"], anything)
        and not (
            names.has(entry, "place")
            and names.rarely(entry, "place")
            and not _apart(query, question, names, said["place"])
        )
    ):
        return f"only the query names '{SHOWN[min(said['place'])]}'"
    told = members_of(query).get("place", NOWHERE)  # "i am in leeds how do i find the place"
    told = told if told <= seeded.get("place", NOWHERE) else NOWHERE
    if "place" in seeded and not told and not names.rarely(entry, "place"):
        return f"only the question names '{SHOWN[min(seeded['place'])]}'"
    return ""


def _apart(query: Words, question: Words, names: Names, said: frozenset[int]) -> bool:
    """Return whether one of these names tells another entry from that of the question."""
    return any(
        names.told_apart(query, question, query[first])
        for _, number, first, _ in names_in(query)
        if number in said
    )


def _slot(query: Words, question: Words, names: Names) -> str:
    """Another word before the same word, where the catalogue tells entries apart by it."""
    said, seeded = fillers(query), fillers(question)
    for slot in [one for one in said if one in seeded]:
        mine, theirs = said[slot], seeded[slot]
        if not _other(mine, theirs, query, question):
            continue
        known = names.at(slot)
        here, there = known.get(theirs, NOWHERE), known.get(mine)
        if sum(not here.isdisjoint(entries) for entries in known.values()) >= MANY:
            continue
        if there is None:
            told_apart = not names.entries_with(mine) and any(
                here.isdisjoint(entries) for entries in known.values()
            )
        else:
            told_apart = here.isdisjoint(there)
        if told_apart:
            return f"'{mine} {slot[1]}' against '{theirs} {slot[1]}'"
    return ""


def _frame(query: Words, question: Words, names: Names, anything: frozenset[str]) -> str:
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
    if not anything.isdisjoint(places(query, start)) and not names.told_apart(
        query, question, mine
    ):
        return ""
    mine_used = names.entries_with(mine)
    if not names.entries_with(theirs).isdisjoint(mine_used):
        return ""
    return f"'{mine}' against '{theirs}'"


def _common(one: Words, other: Words) -> tuple[int, int]:
    """Return how many words both begin and end with."""
    shorter = min(len(one), len(other))
    start = 0
    while start < shorter and one[start] == other[start]:
        start += 1
    stop = 0
    while stop < shorter - start and one[-1 - stop] == other[-1 - stop]:
        stop += 1
    return start, stop


def _other(mine: str, theirs: str, query: Words, question: Words) -> bool:
    """Return whether two words in the same place are names, and of different things."""
    if not (can_name(mine) and can_name(theirs)) or stem(mine) == stem(theirs):
        return False
    if mine in question or theirs in query:
        return False
    return not synonymous(mine, theirs)


def _inside(places: frozenset[int]) -> frozenset[int]:
    return NOWHERE.union(*(WITHIN.get(place, NOWHERE) for place in places))


@lru_cache(maxsize=16384)
def _asked_for(words: Words) -> dict[str, frozenset[int]]:
    """Names in the part that asks; those told before it where it has none of their family, but not
    if something is to be done: "i am going to spain how do i turn on roaming"."""
    asked = asking(" ".join(words))
    found = members_of(words)
    if len(asked.split()) == len(words):
        return found
    near = members_of(tuple(asked.split()))
    return near if is_request(asked) else found | near


def _stands(words: Words, names: frozenset[int], anything: frozenset[str]) -> bool:
    """Return whether all of these names stand where the entry has several."""
    if not anything:
        return False
    return all(
        not anything.isdisjoint((*places(words, first), *places(words, last)))
        for _, number, first, last in names_in(words)
        if number in names
    )


def against(query: Features, question: Features, entry: Entry) -> Objection | None:
    """The objection that the query names another thing."""
    return objection(clash(query.words, question.words, entry.names, entry.known.places), told=True)


GUARD = Guard("names", against, Scope.WORDING, excusable=TOLD, rank=50)
