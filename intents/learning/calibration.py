"""From an error budget to a threshold.

The evidence is what ``intents.learning.rehearsal`` finds with the operator's own questions. A few
hundred of them cannot prove one error in a hundred, so the counts are blended with a prior curve;
the less evidence there is, the closer the threshold stays to the prior's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from intents.models.classifier import Floats, Labels

Bools = npt.NDArray[np.bool_]

SHARES = (0.85, 0.05, 0.10)
"""Assumed traffic: known questions, near misses, far misses. An assumption about a real line: with
more near misses than that, more of what is spoken is wrong than the budget says. An operator who
knows better says so (``Aim.near_share``)."""
NEAR_SHARE = SHARES[1]
NEAR_RATE, NEAR_STEEPNESS = 0.15, 8.5
"""The part of the prior that near misses beyond the assumed add: 0.15 times their share of the
traffic, of answers with the score of the prior or more, and e^-8.5 times that per unit of score.
Without reading twice as many are wrong (CLINC150's validation part with 30 intents left out, two
draws, before any guard: at 0.55 3.9 %, at 0.6 2.3 %, at 0.65 1.7 %)."""
PRIOR_RATE = 0.0095
PRIOR_STEEPNESS = 11.0
PRIOR_SCORE = 0.53
TRAINED_QUESTIONS, TRAINED_SCORES = (5.0, 9.0), (0.60, 0.56)
"""The prior: of answers with a certain score or more 0.95 % are wrong, and e^-11 times that per
unit of score beyond. That score is 0.53 for the published encoder and, for one that was trained on
the catalogue, what lies between these two by questions an entry: training makes it surer of its
answers, of the wrong ones too, the more so the less it learnt from.

As seen on CLINC150's validation part with far misses only, before any guard. Published, 10
questions an intent: 0.7 % at 0.53, 0.3 % at 0.6. Trained: 10 questions, as a recogniser hears them,
1.1 to 1.4 % at 0.525, 0.8 to 1.1 % at 0.55, 0.3 to 0.4 % at 0.6, as written a third less; 5 and 3
questions, as written, 1.8 % at 0.55 and 1.2 % at 0.6."""
PRIOR_ANSWERS = 500.0
"""The number of observed answers that the prior is worth. A rehearsal's few hundred answers, of a
matcher that learnt a third less, scatter by more than the budget: with 100 the threshold of two
draws of the same intents lay between 0.58 and 0.68 where 0.55 would have done."""
PRIOR_LINE = np.array([2.6, 2.8])
PRIOR_LINE_PRECISION = 5.0
"""Confidence as a logistic line over logit(score): mean and precision of its coefficients.
The mean is what cross-fitting gives with eight and more questions an entry on CLINC150."""
WEIGHTS = (0.1, 0.15, 0.2, 0.3, 0.4)
"""Weights of reading among which the rehearsal chooses."""
BESIDE_LOOK_ALIKES = (*WEIGHTS, 0.6, 0.8, 1.2, 1.6)
"""The same where callers are known to ask look-alikes."""
UNSURE = 0.8
"""The weight where they are and little can be answered at all (``LITTLE``): a choice."""
COST, BESIDE_COST = 0.01, 0.1
"""The part of what a matcher is able to answer (``ability``) that a smaller weight may cost; and
that a greater one may cost beside look-alikes."""
LITTLE = 0.05
"""The ability below which it is chance which weight does best; then the least one is taken, or
``UNSURE``."""
LEVELS = (0.01, 0.02, 0.05, 0.1)
"""Shares of wrong answers at which two ways to score are compared."""
OWN_PRIOR, OWN_LIMIT = 10.0, 3.0
"""For an entry's own threshold: how many answers at the budget it begins with, and how many times
the budget it may err. A choice: with less evidence an entry is treated like all others."""
FEW_KNOWN = 20
FEW_CLASSES = 4
NEAR_EXACT = 0.85
"""With fewer known samples or intents than that, only near-exact questions are answered: there
is nothing to learn from what a near miss looks like. Cosine >= 0.85 alone errs in under 2 % of
CLINC150's answers."""


@dataclass(frozen=True, slots=True)
class Aim:
    """The aim that thresholds are set to."""

    max_wrong_rate: float
    """Share of spoken answers that may be wrong, 0 to 1."""
    near_share: float = NEAR_SHARE
    """Share of the traffic that resembles an entry and is none, 0 to 0.5."""
    look_alikes: float = 0.0
    """Share of what scores as known questions do that is worded like an entry's question and asks
    for another thing, 0 to 0.5: beside the near misses, which are other questions."""

    @property
    def shares(self) -> tuple[float, float, float, float]:
        """The shares of known questions, near misses, far misses and look-alikes."""
        known = (1.0 - self.near_share) / (1.0 - NEAR_SHARE)
        rest = 1.0 - self.look_alikes
        far = known * SHARES[2]
        return rest * known * SHARES[0], rest * self.near_share, rest * far, self.look_alikes


class Source(IntEnum):
    """The kind of turn that a calibration sample simulates; indexes ``Aim.shares``."""

    KNOWN = 0
    NEAR = 1
    FAR = 2
    LOOK_ALIKE = 3
    LIVE = 4
    """No simulation: a turn that somebody judged. It counts as one, whatever the others do."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Simulated queries, one row each."""

    score: Floats
    """The score before anything is read (``combine``)."""
    reading: Floats
    """Likeness of text and entry, read together (``likeness.mean``); 0 where nobody read."""
    right: Bools
    source: Labels
    """``Source`` of the row."""
    vetoed: Bools
    """A guard forbids the answer: it is not spoken whatever the score."""
    guess: Labels
    """Number of the entry that would be spoken."""

    def where(self, rows: Bools) -> Samples:
        """Return the samples of those rows."""
        return Samples(
            self.score[rows],
            self.reading[rows],
            self.right[rows],
            self.source[rows],
            self.vetoed[rows],
            self.guess[rows],
        )

    def weights(self, shares: Sequence[float] = SHARES) -> Floats:
        """Weight of each row so that sources stand in the proportion of ``shares``.

        They add up to what the known rows are worth, so that counts stay counts. Sources
        without rows give their share to the other miss, or drop out.
        """
        live = self.source == Source.LIVE
        count = np.bincount(self.source[~live], minlength=Source.LIVE).astype(np.float64)
        share = np.zeros(len(count))
        share[: len(shares)] = shares
        if not count[Source.NEAR]:
            share[Source.FAR] += share[Source.NEAR]
        each = np.divide(share, count, out=np.zeros(len(count)), where=count > 0)
        total = count[Source.KNOWN] / shares[Source.KNOWN]
        weights = np.ones(len(self.source))
        weights[~live] = (each * total)[self.source[~live]]
        return weights


@dataclass(frozen=True, slots=True)
class Calibration:
    """The figures that turn a score into a decision, for one share of near misses."""

    threshold: float
    """Lowest score that is answered, reading included."""
    floor: float
    """Lowest cosine that is answered, whatever the score."""
    intercept: float
    slope: float
    """Confidence = sigmoid(intercept + slope * logit(score))."""
    weight: float = 0.0
    """The weight of reading in the score."""

    def confidence(self, score: float) -> float:
        """Chance that an answer with this score is right, 0 to 1."""
        line = self.intercept + self.slope * float(_logit(np.array([score]))[0])
        return float(_sigmoid(np.array([line]))[0])


def combine(share: Floats, rival_share: Floats, cosine: Floats, rival_cosine: Floats) -> Floats:
    """The score of an entry, 0 to 1: how likely it is, and how far ahead of all others.

    ``share`` is its probability and ``cosine`` that of its nearest question; ``rival_share`` and
    ``rival_cosine`` are the highest of any other entry, the latter 0 if there is none. The root of
    (share - rival / 2) * sqrt(cosine) * (1 + lead in cosine) / 2. Without the leads the same
    catalogues answer 1 to 3 points less at 1 % wrong (docs/matching.md), and the score at which
    1 % is wrong depends on how many questions there are.
    """
    ahead = np.maximum(share - rival_share / 2.0, 0.0)
    lead = np.maximum(cosine, 0.0) - np.maximum(rival_cosine, 0.0)
    found: Floats = np.sqrt(ahead * np.sqrt(np.maximum(cosine, 0.0)) * (1.0 + lead) / 2.0)
    return found


def read_score(score: Floats, reading: Floats, weight: float) -> Floats:
    """The score with reading as evidence: in logits, the weight times how alike the texts are."""
    return _sigmoid(_logit(score) + weight * reading) if weight else score


def prior_score(trained: bool, each: float) -> float:
    """The score of the prior: for an encoder as published, or ``trained`` on the catalogue, which
    has so many questions an entry."""
    return float(np.interp(each, TRAINED_QUESTIONS, TRAINED_SCORES)) if trained else PRIOR_SCORE


def prior_rate(score: Floats, near_share: float = NEAR_SHARE, prior: float = PRIOR_SCORE) -> Floats:
    """Share of wrong answers among those with at least this score, before any evidence; ``prior``
    as ``prior_score`` gives it."""
    over = score - prior
    more = NEAR_RATE * max(0.0, near_share - NEAR_SHARE)
    rate: Floats = PRIOR_RATE * np.exp(-PRIOR_STEEPNESS * over)
    return np.minimum(rate + more * np.exp(-NEAR_STEEPNESS * over), 1.0)


def lowest_threshold(
    samples: Samples,
    aim: Aim,
    prior_answers: float = PRIOR_ANSWERS,
    prior: float = PRIOR_SCORE,
    weight: float = 0.0,
) -> float:
    """The threshold with most answers whose expected share of wrong ones is within the budget.

    The expectation is (wrong + n * prior) / (answers + n) over the samples at or above the
    threshold, n = ``prior_answers``. 1.01 if there is none. ``weight``: of reading; the prior,
    which is about scores without it, is then that of the score which answers as many.
    """
    spoken = ~samples.vetoed
    score = read_score(samples.score, samples.reading, weight)[spoken]
    weights = samples.weights(aim.shares)[spoken]
    order = np.argsort(-score, kind="stable")
    answers = np.concatenate([[0.0], np.cumsum(weights[order])])
    wrong = np.concatenate([[0.0], np.cumsum((weights * ~samples.right[spoken])[order])])
    grid = np.linspace(0.0, 1.0, 1001)
    above = np.searchsorted(-score[order], -grid, side="right")
    plain = _unread(samples, grid, weight)
    wrong_then = wrong[above] + prior_answers * prior_rate(plain, aim.near_share, prior)
    within = np.flatnonzero(wrong_then <= aim.max_wrong_rate * (answers[above] + prior_answers))
    return float(grid[within[0]]) if len(within) else 1.01


def _unread(samples: Samples, grid: Floats, weight: float) -> Floats:
    """For each threshold with reading, the score whose prior is its own: half of the way to the
    threshold without reading that answers as many known questions. The whole way would have it that
    reading changes nothing but order; but it also makes surer of what is wrong."""
    known = (samples.source == Source.KNOWN) & ~samples.vetoed
    if not weight or known.sum() < FEW_KNOWN:
        return grid
    plain = np.sort(samples.score[known])
    read = np.sort(read_score(samples.score, samples.reading, weight)[known])
    ends = [0.0], [1.0]
    same = np.interp(
        grid,
        np.concatenate([ends[0], read, ends[1]]),
        np.concatenate([ends[0], plain, ends[1]]),
    )
    return np.asarray((grid + same) / 2)


def hit_rate(samples: Samples, threshold: float, weight: float = 0.0) -> float:
    """Share of known questions that are answered rightly, 0 to 1."""
    known = samples.source == Source.KNOWN
    score = read_score(samples.score, samples.reading, weight)
    hits = known & samples.right & ~samples.vetoed & (score >= threshold)
    return float(hits.sum() / known.sum()) if known.any() else 0.0


def ability(samples: Samples, weight: float = 0.0, shares: Sequence[float] = SHARES) -> float:
    """Share of the known questions that can be answered rightly, 0 to 1: mean over ``LEVELS``.

    With thresholds set on the samples themselves: no promise, but it tells two ways to score apart
    with fewer samples than a single small error rate would.
    """
    known = samples.source == Source.KNOWN
    if not known.any():
        return 0.0
    order = np.argsort(-read_score(samples.score, samples.reading, weight), kind="stable")
    weights = samples.weights(shares)[order] * ~samples.vetoed[order]
    answers, wrong = np.cumsum(weights), np.cumsum(weights * ~samples.right[order])
    right = np.cumsum((known & samples.right & ~samples.vetoed)[order])
    found = []
    for level in LEVELS:
        within = np.flatnonzero(wrong <= level * answers)
        found.append(right[within[-1]] / known.sum() if len(within) else 0.0)
    return float(np.mean(found))


def reading_weight(samples: Samples, aim: Aim) -> float:
    """The least weight of reading with which hardly fewer known questions can be answered than with
    the best; where callers ask look-alikes, the greatest with which not much fewer can.

    Rehearsal hides a third of the questions, and so understates the score beside the reading: where
    an entry has ten questions a greater weight than this answers less at equal error (CLINC150's
    validation part, as many wrong answers: 70 % with 0.1, 62 % with 0.3). But callers who ask
    look-alikes also word what is known more freely than the table does, and then the score says
    less than in rehearsal (109 entries of three questions, three times, that the verifier never
    learnt: 20.6 % answered, and 1.8 % of the look-alikes, instead of 14.9 and 1.5).
    """
    beside = aim.look_alikes > 0
    able = {
        weight: ability(samples, weight, aim.shares)
        for weight in (BESIDE_LOOK_ALIKES if beside else WEIGHTS)
    }
    if max(able.values()) < LITTLE:
        return UNSURE if beside else WEIGHTS[0]
    enough = (1.0 - (BESIDE_COST if beside else COST)) * max(able.values())
    weights = [weight for weight, one in able.items() if one >= enough]
    return max(weights) if beside else min(weights)


def raised(samples: Samples, decided: Calibration, aim: Aim) -> dict[int, float]:
    """Entries whose own evidence asks for a higher threshold than everybody's, and theirs.

    Of each entry that would be spoken wrongly the threshold is the lowest at which its expected
    share of wrong answers, blended with ``OWN_PRIOR`` answers at the budget, is at most
    ``OWN_LIMIT`` times the budget. One wrong answer to a known question, or one that a person
    flagged, is enough to go above its score; one simulated near miss is not.
    """
    threshold = decided.threshold
    scores = read_score(samples.score, samples.reading, decided.weight)
    posed = samples.source == Source.LOOK_ALIKE  # of no entry more than of another
    spoken = ~samples.vetoed & ~posed & (scores >= threshold)
    weights, budget = samples.weights(aim.shares), aim.max_wrong_rate
    found = {}
    for entry in np.unique(samples.guess[spoken & ~samples.right]):
        own = spoken & (samples.guess == entry)
        score, worth, bad = scores[own], weights[own], ~samples.right[own]
        for least in [threshold, *(np.nextafter(one, 2.0) for one in np.sort(score[bad]))]:
            above = score >= least
            wrong = float(worth[above & bad].sum()) + OWN_PRIOR * budget
            if wrong <= OWN_LIMIT * budget * (float(worth[above].sum()) + OWN_PRIOR):
                if least > threshold:
                    found[int(entry)] = float(least)
                break
    return found


def calibrate(
    samples: Samples,
    classes: int,
    aim: Aim,
    prior: float = PRIOR_SCORE,
    least_weight: float = 0.0,
) -> Calibration:
    """Threshold, similarity floor and confidence for a catalogue of that many entries.
    ``least_weight``: of reading, that with which fewer near misses are expected."""
    spoken = ~samples.vetoed
    weight = max(least_weight, reading_weight(samples, aim))
    score = read_score(samples.score, samples.reading, weight)[spoken]
    intercept, slope = _line(score, samples.right[spoken], samples.weights(aim.shares)[spoken])
    known = int((samples.source == Source.KNOWN).sum())
    few = known < FEW_KNOWN or classes < FEW_CLASSES
    return Calibration(
        threshold=lowest_threshold(samples, aim, prior=prior, weight=weight),
        floor=NEAR_EXACT if few else 0.0,
        intercept=intercept,
        slope=slope,
        weight=weight,
    )


def _line(score: Floats, right: Bools, weights: Floats) -> tuple[float, float]:
    """Maximum a posteriori logistic line, by Newton steps of at most length 1."""
    design = np.stack([np.ones(len(score)), _logit(score)], axis=1)
    line = PRIOR_LINE.copy()
    for _ in range(50):
        chance = _sigmoid(design @ line)
        pull = design.T @ (weights * (right - chance)) - PRIOR_LINE_PRECISION * (line - PRIOR_LINE)
        curve = (design * (weights * chance * (1 - chance))[:, None]).T @ design
        step = np.linalg.solve(curve + PRIOR_LINE_PRECISION * np.eye(2), pull)
        step *= min(1.0, 1.0 / max(float(np.linalg.norm(step)), 1e-12))
        line = line + step
    return float(line[0]), max(float(line[1]), 0.0)


def _logit(score: Floats) -> Floats:
    inside = np.clip(score, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(inside / (1 - inside)))


def _sigmoid(value: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(value, -30.0, 30.0))))
