"""The share of near misses in a tenant's traffic, estimated from turns that nobody has labelled.

Rehearsal knows how the scores of known, near and far questions are spread
(``rehearsal.spectra``). What callers really ask is a mixture of the three, and the mixture that
explains the scores of recent turns best is found by expectation-maximisation. What is assumed of
any line counts as much as ``PRIOR_TURNS`` turns, so that few turns move little. Turns that a person
judged are certain, and count more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intents.learning.calibration import NEAR_SHARE, SHARES, combine
from intents.learning.rehearsal import binned
from intents.models.classifier import Floats

PRIOR_TURNS = 100.0
"""The number of turns that the assumed shares are worth."""
JUDGED = 5.0
"""The number of unlabelled turns that a judged one is worth."""
ROUNDS = 200
TINY = 1e-4
MOST = 0.5
"""Largest share that is believed."""
GRID = np.linspace(0.002, MOST, 250)
WITHIN = 0.9
"""Chance that the share lies in the interval."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Knowledge of a tenant's traffic."""

    near_share: float
    """The estimate, 0 to ``MOST``."""
    low: float
    high: float
    """The interval that holds the share with a chance of ``WITHIN``."""
    turns: int
    """Turns that it was estimated from, judged ones among them."""


ASSUMED = Traffic(NEAR_SHARE, NEAR_SHARE, NEAR_SHARE, 0)
"""The belief without any turns."""


def unread(probabilities: Sequence[float], similarities: Sequence[float]) -> float:
    """The score of a turn before anything was read, from its candidates, the best one first."""
    shares, cosines = np.array([*probabilities, 0.0]), np.array([*similarities, 0.0])
    best = shares[:1], shares[1:].max(keepdims=True), cosines[:1], cosines[1:].max(keepdims=True)
    return float(combine(*best)[0])


def estimated(
    scores: Sequence[float], spectra: Floats, judged: tuple[int, int] = (0, 0)
) -> Traffic:
    """The share of near misses behind these scores (``calibration.combine``, newest turns).

    ``spectra``: ``[3, bins]`` of known, near and far questions. ``judged``: how many turns a person
    found to be questions of the catalogue, and how many looked like one and were none.
    """
    if not len(scores) and not any(judged):
        return ASSUMED
    bins = binned(np.asarray(scores, np.float64))
    counts = np.bincount(bins, minlength=spectra.shape[1]).astype(np.float64)
    sure = JUDGED * np.array([judged[0], judged[1], 0.0])
    shares = _maximised(counts, spectra, PRIOR_TURNS * np.array(SHARES) + sure)
    odds = _posterior(counts, spectra, shares, sure)
    total = np.cumsum(odds)
    tail = (1.0 - WITHIN) / 2
    low, high = (float(GRID[np.searchsorted(total, level)]) for level in (tail, 1.0 - tail))
    return Traffic(round(float(odds @ GRID), 4), low, high, len(scores) + sum(judged))


def _maximised(counts: Floats, spectra: Floats, prior: Floats) -> Floats:
    """The likeliest shares of known, near and far, with so many prior turns of each."""
    shares: Floats = np.array(SHARES)
    for _ in range(ROUNDS):
        parts = shares[:, None] * spectra
        found = prior + (parts / parts.sum(axis=0) * counts).sum(axis=1)
        found /= found.sum()
        if np.abs(found - shares).max() < TINY:
            return np.asarray(found)
        shares = found
    return shares


def _posterior(counts: Floats, spectra: Floats, shares: Floats, sure: Floats) -> Floats:
    """Weigh each share of ``GRID``, the rest being known and far as they were found."""
    rest = shares[0] + shares[2]
    others = (shares[0] * spectra[0] + shares[2] * spectra[2]) / rest
    mixed = GRID[:, None] * spectra[1] + (1.0 - GRID)[:, None] * others
    near = PRIOR_TURNS * NEAR_SHARE + sure[1]
    known = PRIOR_TURNS * (1.0 - NEAR_SHARE) + sure[0]
    logs = np.log(mixed) @ counts + near * np.log(GRID) + known * np.log(1.0 - GRID)
    odds = np.exp(logs - logs.max())
    return np.asarray(odds / odds.sum())
