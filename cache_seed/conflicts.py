"""Nearly the same question under two entries with different answers: for the operator to judge.

Only pairs that nothing at serving time tells apart are reported: questions that differ in a
number, a day or a negation are near in the embedding too, but guards keep them apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cache_seed.entries import MAX_CONFLICTS, Conflict
from gateway.ports.progress import Progress
from gateway.ports.store import Entry
from intents.guards.applied.vetoes import veto
from intents.models.encoder import Vectors

NEAR = 0.92
"""Cosine of two questions from which they count as nearly the same. Paraphrases of one FAQ
question lie around 0.75 with the default encoder, questions on different matters below 0.5."""

MOST_QUESTIONS = 50_000
"""Questions that are compared each with each: about half a minute at this number."""

MOST_PAIRS = 100_000
"""Pairs of near questions that are looked into; a table with more has one conflict: itself."""

_AT_ONCE = 8_000_000
"""Cosines held in memory at a time, 4 bytes each."""


def near_conflicts(
    entries: Sequence[Entry],
    vectors: Vectors,
    rows: Sequence[tuple[int, int]],
    lines: Mapping[str, int],
    progress: Progress | None = None,
) -> tuple[Conflict, ...]:
    """The nearest pair of questions of each two entries that conflict, nearest first.

    ``vectors``: of the questions, by the encoder as published; ``rows``: entry and question number
    of each. ``lines`` gives the line of an entry where it came from a file.
    """
    found: dict[tuple[int, int], tuple[float, str, str]] = {}
    left = MOST_PAIRS
    step = max(1, _AT_ONCE // max(1, len(vectors)))
    for at in range(0, len(vectors), step):
        cosines = np.triu(vectors[at : at + step] @ vectors[at:].T, 1)
        pairs = np.argwhere(cosines > NEAR)[:left]
        left -= len(pairs)
        for near, far in pairs:
            similarity = float(cosines[near, far])
            (one, first), (two, second) = rows[at + near], rows[at + far]
            if one == two or _same_answer(entries[one], entries[two]):
                continue
            if similarity <= found.get((one, two), (0.0,))[0]:
                continue
            pair = entries[one].questions[first], entries[two].questions[second]
            if not _told_apart(*pair):
                found[one, two] = (similarity, *pair)
        if progress is not None:
            progress("looking for conflicts", min(at + step, len(vectors)), len(vectors))
    nearest = sorted(found.items(), key=lambda item: (-round(item[1][0], 4), item[0]))[
        :MAX_CONFLICTS
    ]
    return tuple(
        Conflict(
            first=entries[one].id,
            second=entries[two].id,
            question=question,
            other=other,
            similarity=round(similarity, 4),
            line=lines.get(entries[two].id, 0),
        )
        for (one, two), (similarity, question, other) in nearest
    )


def _same_answer(one: Entry, two: Entry) -> bool:
    return one.answer == two.answer and one.action == two.action


def _told_apart(one: str, other: str) -> bool:
    """Return whether guards keep each question from the other's answer."""
    return bool(veto(one, other)) and bool(veto(other, one))
