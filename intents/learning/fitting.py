"""From a catalogue's texts to what answers them: vectors, classifier and calibration.

Where it pays, the encoder's upper layers are trained on the catalogue
(``intents.models.build.adapting``). Whether it pays is tried beside it: two matchers, one of each
kind, learn part of the questions and are asked the rest, with whole intents among them that they
never saw. The adapted encoder is kept unless it answers fewer of them than chance explains; what it
scored there is its calibration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Literal

import numpy as np

from intents.decision import Flagged
from intents.hearing import noise
from intents.learning import calibration, rehearsal, spreads
from intents.learning.calibration import Aim, Calibration, Samples, Source
from intents.learning.rehearsal import Corpus, Learner
from intents.models.build import adapting
from intents.models.build.adapting import Adapted, Hidden
from intents.models.classifier import Classifier, Floats, Labels
from intents.models.encoder import Encoder, Vectors
from intents.text.spoken import canonical

Progress = Callable[[str, int, int], None]
Adapt = bool | Literal["later", "gently"]
"""The time at which the upper layers are trained: now, ``gently`` with one thread beside others'
work, or never; ``later``: where it would be tried, the figures say so instead."""

LEAST_ENTRIES = 8
LEAST_QUESTIONS = 2.5
"""With fewer entries, or fewer questions an entry, there is nothing to learn or to try it on."""
MOST_QUESTIONS = 5000
"""With more, training would take longer than an operator waits."""
ECHO, ECHO_STRENGTH = 1000, 1.5
"""Which mishearing of a question is learnt beside it, and how bad it is. On CLINC150's validation
part (10 a class, one draw) learning them cost nothing on clean text, and of noisy text 56.7
instead of 50.5 % were answered at the same threshold."""
NEAR_SHARES = (
    *(0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2),
    *(0.23, 0.26, 0.3, 0.35, 0.4, 0.45, 0.5),
)
"""Shares of near misses for which a catalogue knows what to ask of an answer."""
SHOWN_SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
"""The shares in the summary."""
LOOK_ALIKES = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""Shares of look-alikes for which it knows that too, each with ``BESIDE_THEM`` near misses."""
BESIDE_THEM = (0.05, 0.1, 0.2, 0.3, 0.5)
BUDGETS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05)
"""Shares of wrong answers whose demands are in the summary, beside the one that was asked for."""
TO_COME, KEPT, DID_NOT_PAY = "to come", "kept", "did not pay"
"""The outcomes of training, in the figures; others are the reasons why it was not tried."""
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


@dataclass(frozen=True)
class Point:
    """The demands on an answer where so many of the questions are near misses, and look-alikes."""

    near_share: float
    calibration: Calibration
    raised: Mapping[int, float] = field(default_factory=dict)
    """Entries with a threshold of their own, by number."""
    hit_rate: float = 0.0
    """Share of the rehearsed known questions that it answers rightly."""
    look_alikes: float = 0.0
    """The share of look-alikes (``Aim.look_alikes``)."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The parts that answer."""

    vectors: Vectors
    counter_vectors: Vectors
    model: Classifier
    curve: tuple[Point, ...]
    """The demands on an answer for each share of near misses, the least share first: without
    look-alikes, then for each share of those."""
    spectra: Floats
    """Spread of the scores of known, near and far questions (``spreads.spectra``)."""
    readings: Floats
    """Spread of how like their entry questions are read (``spreads.readings``)."""
    top: bytes = b""
    """The adapted upper layers as ONNX; empty if the encoder serves as published."""
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """The results of the two kinds of encoder with questions they had not seen."""

    published: Samples
    adapted: Samples
    misheard: Floats
    """The adapted one's scores of known questions that were misheard."""

    @property
    def known(self) -> int:
        """Return how many known questions were asked."""
        return int((self.published.source == Source.KNOWN).sum())

    def hits(self) -> tuple[float, float]:
        """Return how able either is: published, adapted."""
        weight = calibration.WEIGHTS[0]
        published = calibration.ability(self.published, weight)
        return published, calibration.ability(self.adapted, weight)


def fit(
    corpus: Corpus,
    encoder: Encoder,
    *,
    aim: Aim,
    adapt: Adapt,
    flags: Sequence[tuple[Flagged, int]],
    tell: Progress,
) -> Fitted:
    """Classifier and calibration of the corpus, whose vectors are those of ``encoder``.

    ``adapt``: whether to try to train the upper layers. ``flags``: judged turns and their entries'
    numbers, -1 for no entry.
    """
    why = _why_not(corpus, encoder, adapt) if adapt else "switched off"
    if why:
        return _published(corpus, encoder, aim, flags, {"adapting": why}, tell)
    threads = 1 if adapt == "gently" else SIDE_BY_SIDE
    trained, trial = _try(corpus, _Inside.of(corpus, encoder), encoder, tell, threads)
    published, adapted = trial.hits()
    figures: dict[str, Any] = {
        "trial_published": round(published, 4),
        "trial_adapted": round(adapted, 4),
    }
    if adapted < published - DOUBT / max(1.0, trial.known) ** 0.5:
        figures["adapting"] = DID_NOT_PAY
        return _published(corpus, encoder, aim, flags, figures, tell)
    figures["adapting"] = KEPT
    top = trained.to_onnx()
    own = encoder.adapted(top)
    served = _embedded(corpus, own)
    return _fitted(served, own, aim, flags, figures, (trial.adapted, trial.misheard), top)


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """The parts that are taken over from knowledge of nearly the same questions."""

    top: bytes
    curve: tuple[Point, ...]
    spectra: Floats
    readings: Floats
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
    everything = rehearsal.everything(served)
    judged = _judged(everything, own, flags)
    curve = []
    for point in earlier.curve:
        aimed = replace(aim, near_share=point.near_share, look_alikes=point.look_alikes)
        raised = calibration.raised(judged, point.calibration, aimed)
        for entry, threshold in point.raised.items():
            raised[entry] = max(threshold, raised.get(entry, 0.0))
        curve.append(replace(point, raised=raised))
    return Fitted(
        vectors=served.vectors,
        counter_vectors=served.counter_vectors,
        model=everything.model,
        curve=tuple(curve),
        spectra=earlier.spectra,
        readings=earlier.readings,
        top=earlier.top,
        figures=earlier.figures | {"judged_samples": len(judged.score)},
    )


def _why_not(corpus: Corpus, encoder: Encoder, adapt: Adapt) -> str:
    """The reason why it is not tried now; empty if it is."""
    entries, questions = len(corpus.intents), len(corpus.texts)
    if not encoder.adaptable:
        return "this encoder cannot be trained"
    if adapt != "later" and not adapting.available():
        return "torch and onnx are not installed"
    if entries < LEAST_ENTRIES or questions < LEAST_QUESTIONS * entries:
        return "too few questions"
    if questions > MOST_QUESTIONS:
        return "too many questions"
    return TO_COME if adapt == "later" else ""


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
    corpus: Corpus,
    inside: _Inside,
    encoder: Encoder,
    tell: Progress,
    threads: int = SIDE_BY_SIDE,
) -> tuple[Adapted, Trial]:
    """The layers trained on everything, and what layers trained on parts of it did.

    All at once, on so many ``threads``: a core that waits for the longest of them would cost more
    than a training that turns out not to pay.
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

    with adapting.one_thread(), ThreadPoolExecutor(threads, "training") as pool:
        whole = pool.submit(inside.train, corpus, encoder, everything, None, step)
        spaces = list(pool.map(adapted, drills))
        trained = whole.result()
    # Not in those threads: filters of warnings, which the classifier sets, are for all of them.
    tried = [rehearsal.performed(*pair) for pair in zip(spaces, drills, strict=True)]
    heard = np.concatenate([heard for _, heard in tried])
    published = [rehearsal.performed(corpus, drill)[0] for drill in drills]
    return trained, Trial(
        rehearsal.joined(published), rehearsal.joined([samples for samples, _ in tried]), heard
    )


def _published(
    corpus: Corpus,
    encoder: Encoder,
    aim: Aim,
    flags: Sequence[tuple[Flagged, int]],
    figures: dict[str, Any],
    tell: Progress,
) -> Fitted:
    tell("calibrating", 0, 1)
    rehearsed = rehearsal.rehearse(corpus)
    tell("calibrating", 1, 1)
    return _fitted(corpus, encoder, aim, flags, figures, rehearsed, b"")


def _fitted(
    corpus: Corpus,
    encoder: Encoder,
    aim: Aim,
    flags: Sequence[tuple[Flagged, int]],
    figures: dict[str, Any],
    rehearsed: tuple[Samples, Floats],
    top: bytes,
) -> Fitted:
    samples, misheard = rehearsed
    everything = rehearsal.everything(corpus)
    judged = _judged(everything, encoder, flags)
    every = rehearsal.joined([samples, *rehearsal.counter_examples(everything), judged])
    entries = len(corpus.intents)
    prior = calibration.prior_score(bool(top), len(corpus.texts) / entries)
    curve = _row(every, entries, aim, prior, sorted({*NEAR_SHARES, aim.near_share}))
    read = spreads.readings(every)
    beside = rehearsal.joined([every, spreads.look_alikes(every)])
    for share in LOOK_ALIKES if len(read) else ():
        told = replace(aim, look_alikes=share)
        curve += _row(beside, entries, told, prior, BESIDE_THEM, curve[0].calibration.weight)
    return Fitted(
        vectors=corpus.vectors,
        counter_vectors=corpus.counter_vectors,
        model=everything.model,
        curve=tuple(curve),
        spectra=spreads.spectra(every, misheard),
        readings=read,
        top=top,
        figures=figures
        | _figures(every, next(p for p in curve if p.near_share == aim.near_share))
        | {"by_budget": _by_budget(every, entries, aim, prior)},
    )


def _row(
    samples: Samples,
    entries: int,
    aim: Aim,
    prior: float,
    shares: Sequence[float],
    weight: float = 0.0,
) -> list[Point]:
    """Return the demands for each of those shares of near misses, the least first. Where more are
    expected, reading never counts less, nor less than ``weight``."""
    row: list[Point] = []
    for share in shares:
        row.append(_point(samples, entries, replace(aim, near_share=share), prior, weight))
        weight = row[-1].calibration.weight
    return row


def _by_budget(
    samples: Samples, entries: int, aim: Aim, prior: float
) -> dict[str, dict[str, float]]:
    """Return what other budgets for wrong answers would ask for, and what people's judgements of
    past turns say of them."""
    judged = samples.where(samples.source == Source.LIVE)
    found = {}
    for budget in sorted({*BUDGETS, aim.max_wrong_rate}):
        point = _point(samples, entries, replace(aim, max_wrong_rate=budget), prior, 0.0)
        weight, threshold = point.calibration.weight, point.calibration.threshold
        score = calibration.read_score(judged.score, judged.reading, weight)
        answered = ~judged.vetoed & (score >= threshold)
        found[f"{budget:g}"] = {
            "threshold": round(threshold, 4),
            "reading_weight": weight,
            "rehearsed_hit_rate": point.hit_rate,
            "judged_right": int((answered & judged.right).sum()),
            "judged_wrong": int((answered & ~judged.right).sum()),
        }
    return found


def _point(samples: Samples, entries: int, aim: Aim, prior: float, weight: float) -> Point:
    decided = calibration.calibrate(samples, entries, aim, prior, weight)
    hits = calibration.hit_rate(samples, decided.threshold, decided.weight)
    raised = calibration.raised(samples, decided, aim)
    return Point(aim.near_share, decided, raised, round(hits, 4), aim.look_alikes)


def _judged(everything: Learner, encoder: Encoder, flags: Sequence[tuple[Flagged, int]]) -> Samples:
    texts = [canonical(flag.text) for flag, _ in flags]
    meant = np.array([n if flag.right else -1 for flag, n in flags], np.intp)
    denied = np.array([-1 if flag.right else n for flag, n in flags], np.intp)
    return rehearsal.flagged(everything, texts, encoder.embed(texts), meant, denied)


def _embedded(corpus: Corpus, encoder: Encoder) -> Corpus:
    return replace(
        corpus,
        vectors=encoder.embed(corpus.texts),
        echoes=encoder.embed(echoes(corpus.texts)),
        others=encoder.embed(corpus.other_texts),
        counter_vectors=encoder.embed(corpus.counter_texts),
    )


def _figures(samples: Samples, point: Point) -> dict[str, Any]:
    known, judged = samples.source == Source.KNOWN, samples.source == Source.LIVE
    return {
        "threshold": round(point.calibration.threshold, 4),
        "reading_weight": point.calibration.weight,
        "similarity_floor": point.calibration.floor,
        "known_samples": int(known.sum()),
        "miss_samples": int((~known & ~judged).sum()),
        "judged_samples": int(judged.sum()),
        # Of each question asked of a matcher that never saw it: a lower bound in practice.
        "rehearsed_hit_rate": point.hit_rate,
    }
