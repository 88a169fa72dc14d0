"""Fitting: whether the trained encoder is kept, why not, and what flags do to the threshold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from intents.decision import Flagged
from intents.learning import fitting, rehearsal
from intents.learning.background import background
from intents.learning.calibration import (
    NEAR_SHARE,
    Aim,
    Bools,
    Samples,
    Source,
    ability,
    read_score,
)
from intents.learning.fitting import DOUBT, Earlier, Fitted, Point, Trial, echoes, fit, refit
from intents.learning.rehearsal import Corpus
from intents.models.build import adapting
from intents.models.classifier import Floats
from intents.models.encoder import Encoder, ModelError
from tests.support.faq import FAQ

Fit = Callable[..., Fitted]


@pytest.fixture(scope="module")
def corpus(encoder: Encoder) -> Corpus:
    texts = [question for item in FAQ for question in item.questions]
    counters = [text for item in FAQ for text in item.counter_examples]
    lines, others = background(encoder, encoder.embed(texts))
    return Corpus(
        texts=tuple(texts),
        vectors=encoder.embed(texts),
        labels=np.array([n for n, item in enumerate(FAQ) for _ in item.questions], np.intp),
        intents=np.arange(len(FAQ)),
        echoes=encoder.embed(echoes(texts)),
        others=others[:80],
        other_texts=lines[:80],
        counter_texts=tuple(counters),
        counter_vectors=encoder.embed(counters),
        counter_labels=np.array(
            [n for n, i in enumerate(FAQ) for _ in i.counter_examples], np.intp
        ),
    )


@pytest.fixture
def made(corpus: Corpus, encoder: Encoder) -> Fit:
    """``fit`` of the corpus with what is not given."""

    def run(**changes: Any) -> Fitted:
        given: dict[str, Any] = {
            "corpus": corpus,
            "encoder": encoder,
            "aim": Aim(0.01),
            "adapt": False,
            "flags": [],
            "tell": lambda *_: None,
        }
        return fit(**{**given, **changes})

    return run


def told(found: Fitted) -> Point:
    """The demands on an answer at the assumed share of near misses."""
    return next(point for point in found.curve if point.near_share == NEAR_SHARE)


def raised_by(found: Fitted, raised: dict[int, float]) -> Fitted:
    """The same with these thresholds of single entries."""
    return replace(found, curve=tuple(replace(point, raised=raised) for point in found.curve))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few steps of training: enough for what is not about how good it gets."""
    monkeypatch.setattr(adapting, "LEAST_STEPS", 3)
    monkeypatch.setattr(adapting, "MOST_STEPS", 3)


# --- what a trial says ----------------------------------------------------------------------------


def known(right: int, of: int = 1000) -> Samples:
    """So many known questions with high scores that are answered rightly; the rest is vetoed."""
    good: Bools = np.arange(of) < right
    score: Floats = np.full(of, 0.9)
    source, nobody = np.zeros(of, np.intp), np.zeros(of, np.intp)
    return Samples(score, np.zeros(of), np.ones(of, bool), source, ~good, nobody)


def test_ability_is_the_share_of_known_questions_that_can_be_answered_rightly() -> None:
    assert ability(known(700)) == pytest.approx(0.7)
    assert ability(replace(known(700), source=np.full(1000, Source.NEAR, np.intp))) == 0


def test_what_counts_is_whether_scores_tell_wrong_answers_from_right_ones() -> None:
    """Three tenths are wrong: no harm where they score low, and useless where they score high."""
    right = np.arange(1000) < 700
    spoken = replace(known(1000), right=right)
    told = replace(spoken, score=np.where(right, 0.9, 0.2))
    mixed_up = replace(spoken, score=np.where(right, 0.2, 0.9))
    somewhat = replace(spoken, score=np.where(np.arange(1000) < 350, 0.9, mixed_up.score - 0.1))
    assert ability(told) > ability(somewhat) > ability(mixed_up) == 0
    assert ability(told) >= 0.7


@pytest.mark.slow
@pytest.mark.parametrize(("more", "kept"), [(-700, False), (-2, False), (2, True), (300, True)])
def test_it_is_kept_unless_the_trial_says_that_it_does_not_pay(
    made: Fit, encoder: Encoder, monkeypatch: pytest.MonkeyPatch, more: int, kept: bool
) -> None:
    """``more``: known questions of a thousand that it answers above what a trial can tell."""
    rest = 0 if abs(more) > 2 else -round(1000 * DOUBT / 1000**0.5)
    trial = Trial(known(700), known(700 + rest + more), np.empty(0))
    assert trial.known == 1000
    monkeypatch.setattr(fitting, "_try", lambda *_: (adapting.loaded(encoder.folder), trial))
    found = made(adapt=True)
    assert found.figures["trial_published"] == pytest.approx(0.7)
    assert found.figures["trial_adapted"] == pytest.approx(0.7 + (rest + more) / 1000)
    assert found.figures["adapting"] == ("kept" if kept else "did not pay")
    assert bool(found.top) is kept


@pytest.mark.slow
def test_a_trial_of_both_kinds_asks_the_same(corpus: Corpus, encoder: Encoder, quick: None) -> None:
    told: list[tuple[str, int, int]] = []
    inside = fitting._Inside.of(corpus, encoder)
    trained, trial = fitting._try(corpus, inside, encoder, lambda *step: told.append(step))
    assert np.array_equal(trial.published.source, trial.adapted.source)
    assert {0, 1, 2} == set(trial.published.source.tolist())
    assert not np.array_equal(trial.published.score, trial.adapted.score)
    steps = len(told)
    assert sorted(told) == [("training the encoder", n, steps) for n in range(1, steps + 1)]
    same, again = fitting._try(corpus, inside, encoder, lambda *_: None)
    assert np.array_equal(again.adapted.score, trial.adapted.score)
    assert same.to_onnx() == trained.to_onnx()


def test_part_of_the_questions_takes_part_of_the_steps(corpus: Corpus, encoder: Encoder) -> None:
    inside = fitting._Inside.of(corpus, encoder)
    everything = np.arange(len(corpus.texts))
    whole = adapting.steps_for(2 * len(everything))
    assert inside.steps(everything) == whole
    assert inside.steps(everything[::2]) == pytest.approx(whole / 2, abs=1)
    assert inside.steps(everything[:0]) == 1


@pytest.mark.slow
def test_torch_has_its_threads_after_two_trainings_at_once(
    corpus: Corpus, encoder: Encoder, quick: None
) -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        inside = fitting._Inside.of(corpus, encoder)
        fitting._try(corpus, inside, encoder, lambda *_: None)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


# --- kept -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_is_kept_serves_in_its_own_space(
    made: Fit, corpus: Corpus, encoder: Encoder, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "DOUBT", 1000.0)
    found = made(adapt=True)
    own = encoder.adapted(found.top)
    assert np.array_equal(found.vectors, own.embed(corpus.texts))
    assert np.array_equal(found.counter_vectors, own.embed(corpus.counter_texts))
    assert not np.allclose(found.vectors, corpus.vectors, atol=0.01)
    shares = found.model.probabilities(found.vectors)
    assert (shares.argmax(axis=1) == corpus.labels).mean() > 0.9
    assert {"threshold", "rehearsed_hit_rate"} <= found.figures.keys()


# --- not kept -------------------------------------------------------------------------------------


def only(corpus: Corpus, entries: int, questions: int = 9) -> Corpus:
    """The first entries, with so many questions of each at most."""
    taken: list[int] = []
    for entry in range(entries):
        taken += np.flatnonzero(corpus.labels == entry)[:questions].tolist()
    kept = corpus.counter_labels < entries
    return replace(
        corpus,
        texts=tuple(corpus.texts[row] for row in taken),
        vectors=corpus.vectors[taken],
        labels=corpus.labels[taken],
        intents=corpus.intents[:entries],
        echoes=corpus.echoes[taken],
        counter_texts=tuple(t for t, k in zip(corpus.counter_texts, kept, strict=True) if k),
        counter_vectors=corpus.counter_vectors[kept],
        counter_labels=corpus.counter_labels[kept],
    )


def never(*_: object) -> Any:
    raise AssertionError("there was to be no training")


class OfAnotherKind(Encoder):
    """An encoder with no layers that can be trained."""

    def __init__(self, published: Encoder) -> None:
        self.__dict__ |= published.__dict__ | {"adaptable": 0}


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("off", "switched off"),
        ("few entries", "too few questions"),
        ("few questions", "too few questions"),
        ("many", "too many questions"),
        ("missing", "torch and onnx are not installed"),
        ("kind", "this encoder cannot be trained"),
    ],
)
def test_without_training_the_encoder_serves_as_published(
    made: Fit,
    corpus: Corpus,
    encoder: Encoder,
    monkeypatch: pytest.MonkeyPatch,
    why: str,
    reason: str,
) -> None:
    monkeypatch.setattr(adapting, "train", never)
    changes: dict[str, Any] = {"adapt": why != "off"}
    if why == "few entries":
        changes["corpus"] = only(corpus, fitting.LEAST_ENTRIES - 1)
    elif why == "few questions":
        changes["corpus"] = only(corpus, len(FAQ), questions=2)
    elif why == "many":
        monkeypatch.setattr(fitting, "MOST_QUESTIONS", len(corpus.texts) - 1)
    elif why == "missing":
        monkeypatch.setattr(adapting, "available", lambda: False)
    elif why == "kind":
        changes["encoder"] = OfAnotherKind(encoder)
    found = made(**changes)
    assert found.figures["adapting"] == reason
    assert found.top == b""
    assert found.vectors is changes.get("corpus", corpus).vectors
    assert found.figures["known_samples"] == len(changes.get("corpus", corpus).texts)


def test_at_the_bounds_it_is_tried(
    made: Fit, corpus: Corpus, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = Trial(known(700), known(100), np.empty(0))
    monkeypatch.setattr(fitting, "_try", lambda *_: (adapting.loaded(encoder.folder), trial))
    monkeypatch.setattr(fitting, "MOST_QUESTIONS", len(corpus.texts))
    assert made(adapt=True).figures["adapting"] == "did not pay"
    few = only(corpus, fitting.LEAST_ENTRIES)
    assert made(adapt=True, corpus=few).figures["adapting"] == "did not pay"


# --- flags ----------------------------------------------------------------------------------------


def flags(right: bool, count: int) -> list[tuple[Flagged, int]]:
    """Turns near the questions about opening hours, answered with them."""
    hours = 0
    texts = ("tell me your opening hours", "so when do you open then", "opening hours please")
    flag = [Flagged(text=text, entry="hours", right=right) for text in texts]
    return [(flag[n % len(flag)], hours) for n in range(count)]


def test_wrong_answers_raise_the_threshold_and_right_ones_do_not(made: Fit) -> None:
    plain = told(made()).calibration.threshold
    assert told(made(flags=flags(right=False, count=15))).calibration.threshold > plain
    assert told(made(flags=flags(right=True, count=15))).calibration.threshold <= plain


def test_flags_are_counted(made: Fit) -> None:
    assert made().figures["judged_samples"] == 0
    assert made(flags=flags(right=False, count=15)).figures["judged_samples"] == 15
    elsewhere = [(Flagged(text="do you have parking", entry="hours", right=False), 0)]
    assert made(flags=elsewhere).figures["judged_samples"] == 0, "it would no longer be said"


def test_a_turn_that_was_rightly_passed_on_is_no_answer(made: Fit) -> None:
    passed = [(Flagged(text="what are your opening hours then", entry="", right=True), -1)] * 15
    found = made(flags=passed)
    assert found.figures["judged_samples"] == 15
    assert told(found).calibration.threshold > told(made()).calibration.threshold


# --- figures and refit ----------------------------------------------------------------------------


def test_the_figures_count_what_would_be_answered(made: Fit, corpus: Corpus) -> None:
    found = made()
    decided = told(found).calibration
    every = [
        rehearsal.rehearse(corpus)[0],
        *rehearsal.counter_examples(rehearsal.everything(corpus)),
    ]
    samples = rehearsal.joined(every)
    asked = samples.source == Source.KNOWN
    scores = read_score(samples.score, samples.reading, decided.weight)
    spoken = ~samples.vetoed & (scores >= decided.threshold)
    hits = (asked & spoken & samples.right).sum() / asked.sum()
    assert found.figures["rehearsed_hit_rate"] == pytest.approx(hits, abs=1e-4)
    assert found.figures["known_samples"] == asked.sum()
    assert found.figures["miss_samples"] == (~asked).sum()
    assert found.figures["threshold"] == pytest.approx(decided.threshold, abs=1e-4)
    assert found.figures["reading_weight"] == decided.weight


def again(corpus: Corpus, encoder: Encoder, earlier: Fitted, **changes: Any) -> Fitted:
    """``refit`` after what was fitted before."""
    taken = Earlier(
        top=earlier.top,
        curve=earlier.curve,
        spectra=earlier.spectra,
        readings=earlier.readings,
        figures=earlier.figures,
    )
    given = {"aim": Aim(0.01), "flags": [], **changes}
    return refit(corpus, encoder, taken, **given)


def test_refit_keeps_all_but_the_classifier(made: Fit, corpus: Corpus, encoder: Encoder) -> None:
    decided = replace(told(made()).calibration, threshold=0.4321)
    curve = (
        Point(0.05, decided, {1: 0.95}, 0.7),
        Point(0.2, replace(decided, weight=0.4)),
        Point(0.05, replace(decided, weight=1.2), look_alikes=0.3),
    )
    earlier = replace(made(), curve=curve, figures={"told": 1})
    smaller = only(corpus, len(FAQ) - 1)
    found = again(smaller, encoder, earlier)
    assert (found.curve, found.top) == (curve, b"")
    assert np.array_equal(found.spectra, earlier.spectra)
    assert np.array_equal(found.readings, earlier.readings)
    assert found.figures == {"told": 1, "judged_samples": 0}
    assert found.vectors is smaller.vectors
    assert found.model.classes == len(FAQ) - 1


def test_refit_with_upper_layers_of_its_own(made: Fit, corpus: Corpus, encoder: Encoder) -> None:
    top = (encoder.folder / "top.onnx").read_bytes()
    found = again(corpus, encoder, replace(made(), top=top))
    assert found.top == top
    assert np.array_equal(found.vectors, encoder.adapted(top).embed(corpus.texts))
    assert found.vectors is not corpus.vectors
    with pytest.raises(ModelError):
        again(corpus, encoder, replace(made(), top=b"junk"))


def test_flags_count_at_once_for_the_entries_they_are_about(
    made: Fit, corpus: Corpus, encoder: Encoder
) -> None:
    hours = 0
    earlier = raised_by(made(), {hours: 0.1, 5: 0.9})
    found = again(corpus, encoder, earlier, flags=flags(right=False, count=3))
    for point, before in zip(found.curve, earlier.curve, strict=True):
        assert point.calibration == before.calibration
        assert point.raised[5] == 0.9
    assert told(found).raised[hours] > told(found).calibration.threshold
    assert found.figures["judged_samples"] == 3
    higher = raised_by(earlier, {hours: 0.99})
    found = again(corpus, encoder, higher, flags=flags(right=False, count=3))
    assert told(found).raised == {hours: 0.99}
    found = again(corpus, encoder, earlier, flags=flags(right=True, count=3))
    assert told(found).raised == {hours: 0.1, 5: 0.9}


# --- mishearings ----------------------------------------------------------------------------------


def test_echoes_are_the_same_every_time_and_most_are_misheard(corpus: Corpus) -> None:
    heard = echoes(corpus.texts)
    assert heard == echoes(corpus.texts)
    assert len(heard) == len(corpus.texts)
    assert np.mean([a != b for a, b in zip(heard, corpus.texts, strict=True)]) > 0.5


def test_what_was_misheard_is_learnt_too(made: Fit, corpus: Corpus) -> None:
    """Of the right entry more is thought, where the echo is of another sound than the question."""
    without = replace(corpus, echoes=corpus.echoes[:0])
    rows = np.arange(len(corpus.texts)), corpus.labels
    shares = [
        made(corpus=one).model.probabilities(corpus.echoes)[rows] for one in (without, corpus)
    ]
    assert shares[1].mean() > shares[0].mean() + 0.05
