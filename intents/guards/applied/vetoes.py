"""The vetoes of all guards: next to one question, over a whole entry, and of a candidate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from intents.decision import Objection, Veto
from intents.grammar.features import Features, features
from intents.guards.applied.registry import GUARDS, note, of_candidate, of_words
from intents.guards.entry.evidence import NOTHING, evidence
from intents.guards.entry.guard import Contender, Entry, Scope
from intents.guards.entry.naming import NO_NAMES, Names
from intents.models.classifier import Labels
from intents.models.encoder import Vectors

NEAR = 0.15
"""The margin by which the cosine of a further question may be lower for it to be looked at."""
Alike = Callable[[float], bool]
"""Are a text and its entry's questions at least so alike, read together
(``intents.guards.entry.likeness``)?"""
QUESTIONS = 4
"""Most questions looked at."""


def veto(
    query: str, question: str, *, entry: str = "", names: Names = NO_NAMES
) -> tuple[Veto, ...]:
    """All reasons against answering ``query`` with the entry of the seeded ``question``.

    ``names``: what the catalogue of the question knows of its names.
    """
    said, seeded = features(query), features(question)
    if said.words == seeded.words:
        return ()
    found = _vetoes(said, seeded, Entry(names, NOTHING), entry)
    if not found:  # evidence only ever allows more, and costs as much as all the guards
        return ()
    siblings = names.siblings(seeded.text)
    return _vetoes(said, seeded, Entry(names, evidence(siblings)), entry) if siblings else found


def _vetoes(said: Features, seeded: Features, known: Entry, entry: str) -> tuple[Veto, ...]:
    found = []
    for guard in of_words():
        against = guard.against(said, seeded, known)
        if against is not None:
            found.append(_veto(guard.name, entry, against))
    return tuple(found)


def _veto(name: str, entry: str, against: Objection) -> Veto:
    note(name)
    return Veto(guard=name, entry=entry, reason=against.reason, told=against.told)


def of_entry(
    text: str,
    questions: Sequence[str],
    *,
    entry: str = "",
    names: Names = NO_NAMES,
    alike: Alike | None = None,
) -> tuple[Veto, ...]:
    """Vetoes against answering ``text`` with the entry whose near questions these are.

    ``questions`` come nearest first, at least one (see ``near``); ``text`` and they are canonical
    or will be made so. The nearest question's vetoes stand unless all of them are about a wording
    (``Scope.WORDING``) and another question has none. What may come from what is told along the way
    is set aside where ``alike`` finds the texts to be so, read together (``Guard.excusable``).
    """
    found = _standing(text, questions, entry, names)
    if alike and found:
        longer = len(features(text).words) - len(features(questions[0]).words)
        limit = max(_limit(veto, longer) for veto in found)
        if limit < math.inf and alike(limit):
            return ()
    return found


def _limit(veto: Veto, longer: int) -> float:
    """Return how alike, read together, the texts must be to set the veto aside; infinite if it
    stands.

    ``longer``: by how many words what was said is longer than the question.
    """
    if not veto.told:
        return math.inf
    limits = GUARDS[veto.guard].excusable
    return next((limit for words, limit in limits if longer >= words), math.inf)


def _standing(text: str, questions: Sequence[str], entry: str, names: Names) -> tuple[Veto, ...]:
    found = veto(text, questions[0], entry=entry, names=names)
    if any(GUARDS[one.guard].scope is not Scope.WORDING for one in found):
        return found
    standing = {one.guard for one in found}
    for other in questions[1:]:
        if not standing:
            return ()
        standing &= {one.guard for one in veto(text, other, entry=entry, names=names)}
    return tuple(one for one in found if one.guard in standing)


def besides(contender: Contender, found: tuple[Veto, ...]) -> tuple[Veto, ...]:
    """Return the vetoes found by words, and after them those of the guards that look at the
    candidate."""
    for guard in of_candidate():
        if against := guard.against(contender):
            found += (_veto(guard.name, contender.entry, against),)
    return found


def near(cosines: Vectors) -> Labels:
    """Positions of the questions to hand to ``of_entry``, given an entry's cosines."""
    order: Labels = np.argsort(-cosines, kind="stable")[:QUESTIONS]
    return np.asarray(order[cosines[order] >= cosines[order[0]] - NEAR])
