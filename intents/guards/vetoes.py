"""The guards applied to a whole entry, not only to its nearest question."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from intents.decision import Veto
from intents.grammar.features import features
from intents.guards import registry
from intents.guards.names import NO_NAMES, Names
from intents.models.classifier import Labels
from intents.models.encoder import Vectors

PER_QUESTION = frozenset({"numbers", "quantity", "names", "personal", "elliptic", "tense"})
"""Guards about what one wording has and another lacks: a further question of the same entry may
have it. The others (polarity, direction...) mean the opposite of the entry: they stand."""
NEAR = 0.15
"""How much lower the cosine of such a further question may be."""
Alike = Callable[[float], bool]
"""Are a text and its entry's questions at least so alike, read together
(``intents.guards.reading``)?"""
TOLD: tuple[tuple[int, float], ...] = ((4, 0.0), (3, 1.0), (2, 2.0))
"""So many words longer than the question, a text tells more than it asks; and how alike they must
be for what is told (``Objection.told``) to be set aside."""
OPPOSITES: tuple[tuple[int, float], ...] = ((3, 2.0),)
"""The same for what looks like the opposite: "i cannot find it" is seldom asked of what is lost.

The limits were chosen with lines that nothing learnt from (``training.teach.put_aside``): in 2,500,
four pairs each, 308 paraphrases in which only such a guard saw something are set free, and 23
look-alikes. In texts hardly longer than the question there is little to gain: of what is told 26
and 14 at a likeness of 2, 17 and 4 at 4."""
QUESTIONS = 4
"""Most questions looked at."""


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
    or will be made so. The nearest question's vetoes stand unless all of them are of the guards
    ``PER_QUESTION`` and another question has none. Opposites, and those that may come from what is
    told along the way, are set aside where ``alike`` finds the texts to be so, read together.
    """
    found = _standing(text, questions, entry, names)
    if alike and found:
        longer = len(features(text).words) - len(features(questions[0]).words)
        limit = max(_limit(veto, longer) for veto in found)
        if limit < math.inf and alike(limit):
            return ()
    return found


def _limit(veto: Veto, longer: int) -> float:
    """How alike, read together, the texts must be to set the veto aside; infinite if it stands.

    ``longer``: by how many words what was said is longer than the question.
    """
    if not veto.told and veto.guard != "polarity":
        return math.inf
    limits = TOLD if veto.told else OPPOSITES
    return next((limit for words, limit in limits if longer >= words), math.inf)


def _standing(text: str, questions: Sequence[str], entry: str, names: Names) -> tuple[Veto, ...]:
    found = registry.veto(text, questions[0], entry=entry, names=names)
    if not found or not {veto.guard for veto in found} <= PER_QUESTION:
        return found
    standing = {veto.guard for veto in found}
    for other in questions[1:]:
        against = registry.veto(text, other, entry=entry, names=names)
        standing &= {veto.guard for veto in against}
        if not standing:
            return ()
    return tuple(veto for veto in found if veto.guard in standing)


def near(cosines: Vectors) -> Labels:
    """Positions of the questions to hand to ``of_entry``, given an entry's cosines."""
    order: Labels = np.argsort(-cosines, kind="stable")[:QUESTIONS]
    return np.asarray(order[cosines[order] >= cosines[order[0]] - NEAR])
