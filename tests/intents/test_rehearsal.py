"""Rehearsed calls: what is hidden is known, and guards take part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from intents import rehearsal
from intents.calibration import Source
from intents.encoder import Encoder
from intents.knowledge import background
from intents.rehearsal import Corpus, rehearse
from tests.faq import FAQ


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
        others=others,
        other_texts=lines,
        counter_texts=tuple(counters),
        counter_vectors=encoder.embed(counters),
        counter_labels=np.array(
            [n for n, i in enumerate(FAQ) for _ in i.counter_examples], np.intp
        ),
    )


def test_every_question_is_asked_as_known_and_as_a_near_miss(corpus: Corpus) -> None:
    found = rehearse(corpus)
    count = np.bincount(found.source, minlength=3)
    assert count[Source.KNOWN] == len(corpus.texts)
    assert len(corpus.texts) <= count[Source.NEAR] <= len(corpus.texts) + 2
    assert count[Source.FAR] == len(corpus.others)
    assert not found.right[found.source != Source.KNOWN].any()
    assert found.right[found.source == Source.KNOWN].mean() > 0.6
    means = [found.score[found.source == kind].mean() for kind in Source]
    assert means[Source.KNOWN] > means[Source.NEAR] > means[Source.FAR]


def test_it_is_the_same_every_time(corpus: Corpus) -> None:
    one, other = rehearse(corpus), rehearse(corpus)
    assert np.array_equal(one.score, other.score)
    assert np.array_equal(one.vetoed, other.vetoed)


def test_a_single_question_cannot_be_known_without_itself(corpus: Corpus) -> None:
    firsts = np.array([np.flatnonzero(corpus.labels == n)[0] for n in range(len(FAQ))])
    alone = replace(
        corpus,
        texts=tuple(corpus.texts[n] for n in firsts),
        vectors=corpus.vectors[firsts],
        labels=corpus.labels[firsts],
    )
    found = rehearse(alone)
    assert (found.source != Source.KNOWN).all()
    assert not found.right.any()


def test_entries_of_one_intent_are_hidden_together(corpus: Corpus) -> None:
    """The same questions as two entries: only if they share an intent is neither in reach."""
    n = len(FAQ)
    twice = replace(
        corpus,
        texts=corpus.texts * 2,
        vectors=np.concatenate([corpus.vectors, corpus.vectors]),
        labels=np.concatenate([corpus.labels, corpus.labels + n]),
        intents=np.concatenate([np.arange(n), np.arange(n)]),
    )
    together = rehearse(twice)
    apart = rehearse(replace(twice, intents=np.arange(2 * n)))
    near = [found.score[found.source == Source.NEAR].mean() for found in (together, apart)]
    assert near[0] < near[1] - 0.1


def test_guards_take_part(corpus: Corpus) -> None:
    """A hidden question whose only sibling says the opposite is vetoed, not counted as wrong."""
    texts = ["turn on roaming", "turn off roaming", *corpus.texts[8:]]
    trial = rehearsal._Trial(
        replace(corpus, texts=("turn on roaming", *corpus.texts[1:])),
        np.arange(len(corpus.texts)),
        np.arange(len(corpus.others)),
    )
    found = trial.miss(texts[1:2], corpus.vectors[:1], Source.NEAR)
    assert found.vetoed.all()


def test_a_counter_example_vetoes_its_like_but_not_itself(corpus: Corpus) -> None:
    everything = np.arange(len(corpus.texts)), np.arange(len(corpus.others))
    trial = rehearsal._Trial(corpus, *everything)
    hours, like = 0, corpus.counter_vectors[0]
    assert trial._countered(like, hours, 0.8, hidden=-1)
    assert not trial._countered(like, hours, 0.8, hidden=0)
    assert not trial._countered(like, 2, 0.8, hidden=-1)


def test_no_counter_examples_no_rows(corpus: Corpus) -> None:
    none = replace(
        corpus,
        counter_texts=(),
        counter_vectors=corpus.counter_vectors[:0],
        counter_labels=corpus.counter_labels[:0],
    )
    assert rehearsal._counter_examples(none) == []


def test_many_questions_are_sampled(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "MAX_SAMPLES", 20)
    found = rehearse(corpus)
    assert (found.source == Source.KNOWN).sum() == 20
