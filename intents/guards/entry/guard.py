"""The record of a guard, and what a guard is given to compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, ParamSpec

from intents.decision import Objection
from intents.grammar.features import Features
from intents.guards.entry.evidence import Evidence
from intents.guards.entry.naming import Names

Given = ParamSpec("Given")
Limits = tuple[tuple[int, float], ...]
"""So many words longer than the question, a text tells more than it asks; and how alike the two
must be, read together, for what is told (``Objection.told``) to be set aside. Longest first."""
NEVER: Limits = ()
TOLD: Limits = ((4, 0.0), (3, 1.0), (2, 2.0))
"""The limits were chosen with lines that nothing learnt from (``training.teach.put_aside``): in
2,500, four pairs each, 308 paraphrases in which only such a guard saw something are set free, and
23 look-alikes. In texts hardly longer than the question there is little to gain: of what is told 26
and 14 at a likeness of 2, 17 and 4 at 4."""
LAST = 1000
"""Rank of a guard that does not say when it is asked."""


class Scope(StrEnum):
    """The subject of an objection, and so the arguments of the guard."""

    WORDING = "wording"
    """Two texts: what one wording has and another lacks. A further question of the entry may have
    it; then the objection falls."""
    MEANING = "meaning"
    """Two texts: the opposite of what the entry is for. It stands, whatever the entry's other
    questions say."""
    CANDIDATE = "candidate"
    """The entry as the matcher considers it (``Contender``), once for all its questions."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The knowledge of the entry that would answer, for guards of two texts."""

    names: Names
    known: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """An entry under consideration, for guards of a candidate. What is a function costs time."""

    entry: str
    similarity: float
    """Cosine of the text to the nearest question."""
    counter_example: Callable[[], tuple[str, float]]
    """The entry's nearest counter-example and its cosine; "" and -1 if it has none."""
    excluded: frozenset[str] = frozenset()
    """Entries that must not be spoken now."""


@dataclass(frozen=True, slots=True)
class Guard(Generic[Given]):
    """One reason for which a likely answer may not be spoken."""

    name: str
    """The name that stands in a ``Veto``, in docs/matching.md, and of its file."""
    against: Callable[Given, Objection | None]
    """Two texts' features and the ``Entry``; or, of the scope ``CANDIDATE``, a ``Contender``."""
    scope: Scope
    excusable: Limits = NEVER
    """The limits within which it may come from what a caller tells along the way: how alike the
    texts must then read for it to be set aside."""
    rank: int = LAST
    """Guards of a lower rank are asked first: the first objection is the reason that is told."""
    mend: str = ""
    """The mend that the operator has if the entry should answer, beyond more questions: a
    clause."""


OfWords = Guard[[Features, Features, Entry]]
OfCandidate = Guard[[Contender]]


def objection(reason: str, *, told: bool = False) -> Objection | None:
    """The objection with that reason; none without a reason."""
    return Objection(reason, told) if reason else None
