"""The same sentence but for a word or two: then those words are the meaning.

Somebody who asks for the same thing rarely says all but one word of it alike; a caller who says
"export my invoices to sage" where the entry has "export my invoices to excel" wants something
else. Words that mean the same (``synonyms``, and the sides of ``contrasts``) are let pass, and
so is a word that the entry's other questions have, or one in the place of which they differ.
"""

from __future__ import annotations

from functools import lru_cache

from intents.decision import Objection
from intents.grammar.amounts import DAYS
from intents.grammar.features import Features
from intents.grammar.phrasing import DETERMINERS
from intents.guards.entry.evidence import Evidence
from intents.guards.entry.guard import Entry, Guard, Scope, objection
from intents.guards.entry.meaning import groups_of, groups_said, same_meaning
from intents.guards.entry.naming import NO_NAMES, Names
from intents.guards.entry.open_slots import places
from intents.text import lexicon
from intents.text.dates import MONTHS
from intents.text.lexicon import contrasts, entities
from intents.text.roots import root, stem

Words = tuple[str, ...]

SEGMENT = 2
"""Most words in which two sentences may differ to be called the same."""
SHARED = 3
"""Least words that they share, articles not counted; two will do if one has a meaning."""
SEVERAL = 4
"""Least questions of an entry from which to see what its answer does not depend on."""
RARE = 1 / 3
"""Largest share of them that has such a word."""
_UNIMPORTANT = (
    contrasts.FUNCTION | entities.GENERAL | DAYS | MONTHS | {"really", "actually", "simply"}
)
_BEFORE_VERB = lexicon.words("before-verb") | {""}
_PAIRS = (
    "up/down in/out into/out+of to/from on/off over/under with/without above/below inside/outside "
    "more/less still/no+longer off/on what/who what/where what/when where/when who/when who/where "
    "why/where why/when why/who get/send+me get/send get/give all/none some/all each/all "
    "before/after for/against any/all more/fewer back+on/off get/stop "
    "this/next this/last next/last most/fewest most/least time/number "
    "high/low big/small old/new hot/cold hard/soft same/next day/week day/month day/year "
    "week/month week/year month/year "
    "time/place time/way place/way front/back top/bottom large/small "
    "left/right upper/lower full/part single/double wet/dry long/short early/late "
    "junior/senior stolen/damaged lost/damaged stolen/broken lost/broken"
)
_OPPOSITES = frozenset(
    pair
    for one, _, other in (pair.replace("+", " ").partition("/") for pair in _PAIRS.split())
    for pair in ((one, other), (other, one))
)
"""Small words that make another question of the same sentence."""
_NEGATING = (("stop",), ("avoid",), ("non",), ("no", "longer"), ("prevent",), ("refuse",))
_SMALL = DETERMINERS | {"do", "does", "did", "please"}
_ASKING = contrasts.FUNCTION | lexicon.words("asks-to-be-told")
"""At the beginning they all ask to be told what follows."""


def another(query: Words, question: Words, entry: Evidence, names: Names = NO_NAMES) -> str:
    """Why a word of the query makes another question of it; empty if none does."""
    said, seeded = _plain(query), _plain(question)
    start, stop = _common(said, seeded)
    mine, theirs = said[start : len(said) - stop], seeded[start : len(seeded) - stop]
    if (not theirs and mine in _NEGATING) or (not mine and theirs in _NEGATING):
        return f"'{' '.join(mine or theirs)}' is said in one only"
    if not mine or not theirs or max(len(mine), len(theirs)) > SEGMENT:
        return ""
    shared = (*said[:start], *said[len(said) - stop :])
    if (
        shared != ("what", "is")
        and len(shared) < SHARED
        and (len(shared) < SHARED - 1 or not _important(shared))
    ):
        return ""
    handed = stop and said[-stop] == "me"  # "get me", "give me"
    if not handed and (" ".join(mine), " ".join(theirs)) in _OPPOSITES:
        return f"'{' '.join(mine)}' in place of '{' '.join(theirs)}'"
    odd, lost = _important(mine), _important(theirs)
    if any(_same(one, other) for one in odd for other in lost):
        return ""
    if start == 0 and _ASKING.issuperset(mine) and _ASKING.issuperset(theirs):
        return ""
    if any(
        groups_said("+".join(one)) & _meant(other)
        for one, other in ((mine, theirs), (theirs, mine))
    ):
        return ""
    for word in [*odd]:
        same = [other for other in lost if same_meaning(word, other)]
        if same or word in shared or entry.stems[stem(word)]:
            odd.remove(word)
            lost = [other for other in lost if other not in same]
    if not odd or not lost or entities.WHOLE_PLACES.intersection(lost):
        return ""
    if not _carries_meaning(lost, question, entry):
        return ""
    if any(word.isdigit() for word in mine) and any(word.isdigit() for word in theirs):
        return ""  # the guard of numbers judges amounts and their units
    if any(_anything(word, query, entry) for word in odd) and not any(
        names.told_apart(query, question, word) for word in odd
    ):
        return ""
    return f"'{' '.join(mine)}' in place of '{' '.join(theirs)}'"


def _carries_meaning(lost: list[str], question: Words, entry: Evidence) -> bool:
    """Return whether the entry is about these words: not about things that few of its questions
    name."""
    count = len(entry.questions)
    if count < SEVERAL or not all(entry.stems[stem(word)] <= RARE * count for word in lost):
        return True
    at = question.index(lost[0])
    before = question[at - 1] if at else ""
    return before in _BEFORE_VERB and not (lost[0].endswith("s") and not before)


def _anything(word: str, query: Words, entry: Evidence) -> bool:
    """Return whether it stands where the entry's questions name different things."""
    return bool(entry.places) and not entry.places.isdisjoint(places(query, query.index(word)))


@lru_cache(maxsize=4096)
def _plain(words: Words) -> Words:
    return tuple(word for word in words if word not in _SMALL)


def _important(words: Words) -> list[str]:
    return [word for word in words if word not in _UNIMPORTANT and word.isalpha()]


def _common(one: Words, other: Words) -> tuple[int, int]:
    """Return how many words both begin and end with, in whatever form."""
    shorter = min(len(one), len(other))
    start = 0
    while start < shorter and _same(one[start], other[start]):
        start += 1
    stop = 0
    while stop < shorter - start and _same(one[-1 - stop], other[-1 - stop]):
        stop += 1
    return start, stop


def _same(one: str, other: str) -> bool:
    return one == other or root(one) == root(other)


def _meant(words: Words) -> frozenset[int]:
    """Groups of the phrase, and of the one word of it that carries meaning."""
    important = _important(words)
    of_one = groups_of(important[0]) if len(important) == 1 else frozenset()
    return groups_said("+".join(words)) | of_one


def against(query: Features, question: Features, entry: Entry) -> Objection | None:
    """The objection that a word of the query makes another question of it."""
    return objection(another(query.words, question.words, entry.known, entry.names))


GUARD = Guard("wording", against, Scope.MEANING, rank=60)
