"""From a catalogue's texts to what answers them: vectors, classifier and calibration.

Where it pays, the encoder's upper layers are trained on the catalogue
(``intents.models.build.adapting``). Whether it pays is tried beside it: two matchers, one of each
kind, learn part of the questions and are asked the rest, with whole intents among them that they
never saw. The adapted encoder is kept unless it answers fewer of them than chance explains; what it
scored there is its calibration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np

from intents.decision import Flagged
from intents.hearing import noise
from intents.learning import calibration, rehearsal
from intents.learning.calibration import Aim, Calibration, Samples, Source
from intents.learning.rehearsal import Corpus
from intents.models.build import adapting
from intents.models.build.adapting import Adapted, Hidden
from intents.models.classifier import Classifier, Labels
from intents.models.encoder import Encoder, Vectors
from intents.text.spoken import canonical

Progress = Callable[[str, int, int], None]

LEAST_ENTRIES = 8
LEAST_QUESTIONS = 2.5
"""With fewer entries, or fewer questions an entry, there is nothing to learn or to try it on."""
MOST_QUESTIONS = 5000
"""With more, training would take longer than an operator waits."""
ECHO, ECHO_STRENGTH = 1000, 1.5
"""Which mishearing of a question is learnt beside it, and how bad it is. On CLINC150's validation
part (10 a class, one draw) learning them cost nothing on clean text, and of noisy text 56.7
instead of 50.5 % were answered at the same threshold."""
LEVELS = (0.01, 0.02, 0.05, 0.1)
"""Shares of wrong answers at which two encoders are compared."""
NEAR_SHARES = (calibration.NEAR_SHARE, 0.1, 0.15, 0.2, 0.3)
"""Shares of near misses for which the summary says what they would cost."""
SIDE_BY_SIDE = 2
"""Trainings at the same time: one thread each."""
TRIAL_QUESTIONS, LEAST_TRIALS = 1500, 2
"""There are as many trials as there are times the catalogue's questions in this number: the fewer
there are the less one trial tells, and the sooner it is done."""
DOUBT = 0.4
"""The doubt that a trial leaves: two abilities that differ by less than this over the root of the
known questions asked (0.033 for 150, 0.018 for 500: about one standard error of their difference).
Then the trained layers are kept, because the trial understates them: it learns from a third fewer
questions than there are, in a third fewer steps."""


def echoes(texts: Sequence[str]) -> list[str]:
    """Canonical questions as they may be misheard, one of each."""
    return [canonical(noise.spoken(text, seed=ECHO, strength=ECHO_STRENGTH)) for text in texts]


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The parts that answer."""

    vectors: Vectors
    counter_vectors: Vectors
    model: Classifier
    calibration: Calibration
    raised: dict[int, float] = field(default_factory=dict)
    """Entries with a threshold of their own, by number."""
    top: bytes = b""
    """The adapted upper layers as ONNX; empty if the encoder serves as published."""
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """The results of the two kinds of encoder with questions they had not seen."""

    published: Samples
    adapted: Samples

    @property
    def known(self) -> int:
        """Return how many known questions were asked."""
        return int((self.published.source == Source.KNOWN).sum())

    def hits(self) -> tuple[float, float]:
        """Return how able either is: published, adapted."""
        return ability(self.published), ability(self.adapted)


def ability(samples: Samples) -> float:
    """Share of the known questions that can be answered rightly, 0 to 1: mean over ``LEVELS``.

    With thresholds set on the samples themselves: no promise, but it tells two encoders apart
    with fewer samples than a single small error rate would.
    """
    known = samples.source == Source.KNOWN
    if not known.any():
        return 0.0
    order = np.argsort(-samples.score, kind="stable")
    weights = samples.weights()[order] * ~samples.vetoed[order]
    answers, wrong = np.cumsum(weights), np.cumsum(weights * ~samples.right[order])
    right = np.cumsum((known & samples.right & ~samples.vetoed)[order])
    shares = []
    for level in LEVELS:
        within = np.flatnonzero(wrong <= level * answers)
        shares.append(right[within[-1]] / known.sum() if len(within) else 0.0)
    return float(np.mean(shares))


def fit(
    corpus: Corpus,
    encoder: Encoder,
    *,
    aim: Aim,
    adapt: bool,
    flags: Sequence[tuple[Flagged, int]],
    tell: Progress,
) -> Fitted:
    """Classifier and calibration of the corpus, whose vectors are those of ``encoder``.

    ``adapt``: try to train the upper layers. ``flags``: judged turns and their entries' numbers,
    -1 for no entry.
    """
    why = _why_not(corpus, encoder) if adapt else "switched off"
    if why:
        return _published(corpus, encoder, aim, flags, {"adapting": why}, tell)
    trained, trial = _try(corpus, _Inside.of(corpus, encoder), encoder, tell)
    published, adapted = trial.hits()
    figures: dict[str, Any] = {
        "trial_published": round(published, 4),
        "trial_adapted": round(adapted, 4),
    }
    if adapted < published - DOUBT / max(1.0, trial.known) ** 0.5:
        figures["adapting"] = "did not pay"
        return _published(corpus, encoder, aim, flags, figures, tell)
    figures["adapting"] = "kept"
    top = trained.to_onnx()
    own = encoder.adapted(top)
    served = _embedded(corpus, own)
    return _fitted(served, own, aim, flags, figures, trial.adapted, top)


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """The parts that are taken over from knowledge of nearly the same questions."""

    top: bytes
    calibration: Calibration
    raised: dict[int, float]
    figures: dict[str, Any]


def refit(
    corpus: Corpus,
    encoder: Encoder,
    earlier: Earlier,
    *,
    aim: Aim,
    flags: Sequence[tuple[Flagged, int]],
) -> Fitted:
    """The corpus served as an earlier one was: the classifier is new, and flags count at once.

    Raises ``ModelError`` if the earlier upper layers are damaged.
    """
    own = encoder.adapted(earlier.top) if earlier.top else encoder
    served = _embedded(corpus, own) if earlier.top else corpus
    judged = _judged(served, own, flags)
    raised = calibration.raised(judged, earlier.calibration.threshold, aim)
    for entry, threshold in earlier.raised.items():
        raised[entry] = max(threshold, raised.get(entry, 0.0))
    return Fitted(
        vectors=served.vectors,
        counter_vectors=served.counter_vectors,
        model=_model(served),
        calibration=earlier.calibration,
        raised=raised,
        top=earlier.top,
        figures=earlier.figures | {"judged_samples": len(judged.score)},
    )


def _why_not(corpus: Corpus, encoder: Encoder) -> str:
    entries, questions = len(corpus.intents), len(corpus.texts)
    if not encoder.adaptable:
        return "this encoder cannot be trained"
    if not adapting.available():
        return "torch and onnx are not installed"
    if entries < LEAST_ENTRIES or questions < LEAST_QUESTIONS * entries:
        return "too few questions"
    if questions > MOST_QUESTIONS:
        return "too many questions"
    return ""


@dataclass(frozen=True)
class _Inside:
    """The input of the upper layers for all texts."""

    questions: Hidden
    echoes: Hidden
    others: Hidden
    counters: Hidden

    @staticmethod
    def of(corpus: Corpus, encoder: Encoder) -> _Inside:
        def seen(texts: Sequence[str]) -> Hidden:
            return [encoder.hidden(text)[0] for text in texts]

        return _Inside(
            questions=seen(corpus.texts),
            echoes=seen(echoes(corpus.texts)),
            others=seen(corpus.other_texts),
            counters=seen(corpus.counter_texts),
        )

    def train(
        self,
        corpus: Corpus,
        encoder: Encoder,
        rows: Labels,
        others: Labels | None,
        step: Callable[[int, int], None],
    ) -> Adapted:
        """Upper layers trained on the questions ``rows``; ``others`` None: all of them."""
        far = self.others if others is None else [self.others[row] for row in others]
        return adapting.train(
            encoder.folder,
            [*(self.questions[row] for row in rows), *(self.echoes[row] for row in rows)],
            np.tile(corpus.labels[rows], 2),
            [*far, *self.counters],
            step,
            steps=self.steps(rows),
        )

    def steps(self, rows: Labels) -> int:
        """The steps of training on those questions: as large a part of what all need as they are of
        all."""
        every = len(self.questions)
        return max(1, round(adapting.steps_for(2 * every) * len(rows) / every))

    def corpus(self, corpus: Corpus, trained: Adapted) -> Corpus:
        """The corpus in the space of the trained layers."""
        return replace(
            corpus,
            vectors=trained.embed(self.questions),
            echoes=trained.embed(self.echoes),
            others=trained.embed(self.others),
            counter_vectors=trained.embed(self.counters),
        )


def _try(
    corpus: Corpus, inside: _Inside, encoder: Encoder, tell: Progress
) -> tuple[Adapted, Trial]:
    """The layers trained on everything, and what layers trained on parts of it did.

    All at once: a core that waits for the longest of them would cost more than a training that
    turns out not to pay.
    """
    times = max(LEAST_TRIALS, min(TRIAL_QUESTIONS // len(corpus.texts), rehearsal.FOLDS))
    drills = rehearsal.trials(corpus, times)
    everything = np.arange(len(corpus.texts))
    parts = [everything, *(drill.seen for drill in drills)]
    steps, done = sum(inside.steps(rows) for rows in parts), count(1)

    def step(*_: int) -> None:
        tell("training the encoder", next(done), steps)

    def adapted(drill: rehearsal.Drill) -> Corpus:
        trained = inside.train(corpus, encoder, drill.seen, drill.seen_others, step)
        return inside.corpus(corpus, trained)

    with adapting.one_thread(), ThreadPoolExecutor(SIDE_BY_SIDE, "training") as pool:
        whole = pool.submit(inside.train, corpus, encoder, everything, None, step)
        spaces = list(pool.map(adapted, drills))
        trained = whole.result()
    # Not in those threads: filters of warnings, which the classifier sets, are for all of them.
    tried = [rehearsal.perform(*pair) for pair in zip(spaces, drills, strict=True)]
    published = [rehearsal.perform(corpus, drill) for drill in drills]
    return trained, Trial(rehearsal.joined(published), rehearsal.joined(tried))


def _published(
    corpus: Corpus,
    encoder: Encoder,
    aim: Aim,
    flags: Sequence[tuple[Flagged, int]],
    figures: dict[str, Any],
    tell: Progress,
) -> Fitted:
    tell("calibrating", 0, 1)
    samples = rehearsal.rehearse(corpus)
    tell("calibrating", 1, 1)
    return _fitted(corpus, encoder, aim, flags, figures, samples, b"")


def _fitted(
    corpus: Corpus,
    encoder: Encoder,
    aim: Aim,
    flags: Sequence[tuple[Flagged, int]],
    figures: dict[str, Any],
    samples: Samples,
    top: bytes,
) -> Fitted:
    judged = _judged(corpus, encoder, flags)
    every = rehearsal.joined([samples, *rehearsal.counter_examples(corpus), judged])
    entries = len(corpus.intents)
    prior = calibration.prior_score(bool(top), len(corpus.texts) / entries)
    decided = calibration.calibrate(every, entries, aim, prior)
    return Fitted(
        vectors=corpus.vectors,
        counter_vectors=corpus.counter_vectors,
        model=_model(corpus),
        calibration=decided,
        raised=calibration.raised(every, decided.threshold, aim),
        top=top,
        figures=figures
        | _figures(every, decided)
        | {"by_near_share": _by_near_share(every, aim, prior)},
    )


def _judged(corpus: Corpus, encoder: Encoder, flags: Sequence[tuple[Flagged, int]]) -> Samples:
    texts = [canonical(flag.text) for flag, _ in flags]
    meant = np.array([n if flag.right else -1 for flag, n in flags], np.intp)
    denied = np.array([-1 if flag.right else n for flag, n in flags], np.intp)
    return rehearsal.flagged(corpus, texts, encoder.embed(texts), meant, denied)


def _model(corpus: Corpus) -> Classifier:
    everything = np.arange(len(corpus.texts))
    return rehearsal.learnt(corpus, everything, corpus.labels, len(corpus.intents), corpus.others)


def _embedded(corpus: Corpus, encoder: Encoder) -> Corpus:
    return replace(
        corpus,
        vectors=encoder.embed(corpus.texts),
        echoes=encoder.embed(echoes(corpus.texts)),
        others=encoder.embed(corpus.other_texts),
        counter_vectors=encoder.embed(corpus.counter_texts),
    )


def _figures(samples: Samples, decided: Calibration) -> dict[str, Any]:
    known, judged = samples.source == Source.KNOWN, samples.source == Source.LIVE
    return {
        "threshold": round(decided.threshold, 4),
        "similarity_floor": decided.floor,
        "known_samples": int(known.sum()),
        "miss_samples": int((~known & ~judged).sum()),
        "judged_samples": int(judged.sum()),
        # Of each question asked of a matcher that never saw it: a lower bound in practice.
        "rehearsed_hit_rate": _hit_rate(samples, decided.threshold),
    }


def _by_near_share(samples: Samples, aim: Aim, prior: float) -> dict[str, dict[str, float]]:
    """Return what another share of near misses would ask for, by that share."""
    found = {}
    for share in NEAR_SHARES:
        aimed = replace(aim, near_share=share)
        least = calibration.lowest_threshold(samples, aimed, prior=prior)
        hits = _hit_rate(samples, least)
        found[f"{share:g}"] = {"threshold": round(least, 4), "rehearsed_hit_rate": hits}
    return found


def _hit_rate(samples: Samples, threshold: float) -> float:
    """Share of known questions that are answered rightly, to four digits."""
    known = samples.source == Source.KNOWN
    hits = known & samples.right & ~samples.vetoed & (samples.score >= threshold)
    return round(float(hits.sum() / known.sum()), 4) if known.any() else 0.0
