"""Rehearsed calls: what is hidden is known, and guards take part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from intents.guards.applied import vetoes
from intents.learning import rehearsal
from intents.learning.background import background
from intents.learning.calibration import Samples, Source
from intents.learning.fitting import echoes
from intents.learning.rehearsal import Corpus, everything, rehearse
from intents.models.encoder import Encoder
from tests.support.faq import FAQ


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
        others=others,
        other_texts=lines,
        counter_texts=tuple(counters),
        counter_vectors=encoder.embed(counters),
        counter_labels=np.array(
            [n for n, i in enumerate(FAQ) for _ in i.counter_examples], np.intp
        ),
    )


def test_every_question_is_asked_as_known_and_as_a_near_miss(corpus: Corpus) -> None:
    found, _ = rehearse(corpus)
    count = np.bincount(found.source, minlength=3)
    assert count[Source.KNOWN] == len(corpus.texts)
    assert len(corpus.texts) <= count[Source.NEAR] <= len(corpus.texts) + 2
    assert count[Source.FAR] == len(corpus.others)
    assert not found.right[found.source != Source.KNOWN].any()
    assert found.right[found.source == Source.KNOWN].mean() > 0.6
    means = {kind: found.score[found.source == kind].mean() for kind in set(found.source.tolist())}
    assert set(means) == {Source.KNOWN, Source.NEAR, Source.FAR}
    assert means[Source.KNOWN] > means[Source.NEAR] > means[Source.FAR]


def test_it_is_the_same_every_time(corpus: Corpus) -> None:
    (one, heard), (other, again) = rehearse(corpus), rehearse(corpus)
    for column in ("score", "reading", "vetoed"):
        assert np.array_equal(getattr(one, column), getattr(other, column))
    assert np.array_equal(heard, again)


def test_a_single_question_cannot_be_known_without_itself(corpus: Corpus) -> None:
    firsts = np.array([np.flatnonzero(corpus.labels == n)[0] for n in range(len(FAQ))])
    alone = replace(
        corpus,
        texts=tuple(corpus.texts[n] for n in firsts),
        vectors=corpus.vectors[firsts],
        labels=corpus.labels[firsts],
    )
    found, heard = rehearse(alone)
    assert (found.source != Source.KNOWN).all()
    assert not found.right.any()
    assert len(heard) == 0


def test_entries_of_one_intent_are_hidden_together(corpus: Corpus) -> None:
    """Twins of all entries: only if they share an intent is neither in reach."""
    n = len(FAQ)
    twice = replace(
        corpus,
        texts=(*corpus.texts, *(f"{text} then" for text in corpus.texts)),
        vectors=np.concatenate([corpus.vectors, corpus.vectors]),
        echoes=np.concatenate([corpus.echoes, corpus.echoes]),
        labels=np.concatenate([corpus.labels, corpus.labels + n]),
        intents=np.concatenate([np.arange(n), np.arange(n)]),
    )
    together, _ = rehearse(twice)
    apart, _ = rehearse(replace(twice, intents=np.arange(2 * n)))
    near = [found.score[found.source == Source.NEAR].mean() for found in (together, apart)]
    assert near[0] < near[1] - 0.1


def test_a_question_that_two_intents_have_is_not_rehearsed(corpus: Corpus) -> None:
    """Else the other entry would answer it with the highest score there is."""
    first, other = (int(np.flatnonzero(corpus.labels == n)[0]) for n in (0, 1))
    texts, vectors = list(corpus.texts), corpus.vectors.copy()
    texts[other], vectors[other] = texts[first], vectors[first]
    both = replace(corpus, texts=tuple(texts), vectors=vectors)
    assert np.flatnonzero(both.shared).tolist() == [first, other]

    def asked(one: Corpus) -> int:
        return int((rehearse(one)[0].source != Source.FAR).sum())

    hidden = 2  # once alone and once with all of its intent
    assert asked(both) == asked(corpus) - 2 * hidden
    of_one_intent = np.array([0, 0, *range(2, len(FAQ))])
    assert not replace(both, intents=of_one_intent).shared.any()


def test_guards_take_part(corpus: Corpus) -> None:
    """A hidden question whose only sibling says the opposite is vetoed, not counted as wrong."""
    texts = ["turn on roaming", "turn off roaming", *corpus.texts[8:]]
    trial = rehearsal.Learner(
        replace(corpus, texts=("turn on roaming", *corpus.texts[1:])),
        np.arange(len(corpus.texts)),
        np.arange(len(corpus.others)),
    )
    nobody, near = np.full(1, -1, np.intp), np.full(1, Source.NEAR, np.intp)
    found = trial.ask(texts[1:2], corpus.vectors[:1], nobody, near)
    assert found.vetoed.all()


def test_a_counter_example_vetoes_its_like_but_not_itself(corpus: Corpus) -> None:
    trial = everything(corpus)
    hours, like = 0, corpus.counter_vectors[0]

    def countered(entry: int, hidden: int) -> bool:
        contender = trial._contender(like, entry, 0.8, hidden)
        return bool(vetoes.besides(contender, ()))

    assert countered(hours, hidden=-1)
    assert not countered(hours, hidden=0)
    assert not countered(2, hidden=-1)


def test_no_counter_examples_no_rows(corpus: Corpus) -> None:
    none = replace(
        corpus,
        counter_texts=(),
        counter_vectors=corpus.counter_vectors[:0],
        counter_labels=corpus.counter_labels[:0],
    )
    assert rehearsal.counter_examples(everything(none)) == []


def test_a_counter_example_counts_where_its_own_entry_would_answer(corpus: Corpus) -> None:
    """Two that say the same as a question: wrong for its entry, no matter for another."""
    like = corpus.vectors[:1]
    twice = replace(
        corpus,
        counter_texts=(corpus.texts[0], corpus.texts[0]),
        counter_vectors=np.concatenate([like, like]),
        counter_labels=np.array([0, 2], np.intp),
    )
    (asked,) = rehearsal.counter_examples(everything(twice))
    assert len(asked.score) == 1
    assert (asked.source[0], asked.guess[0], bool(asked.right[0])) == (Source.NEAR, 0, False)


# --- drills ---------------------------------------------------------------------------------------


def test_drills_ask_every_question_alone_and_with_its_intent(corpus: Corpus) -> None:
    drills = rehearsal.drills(corpus)
    asked = np.concatenate([drill.asked for drill in drills])
    assert np.array_equal(np.bincount(asked), np.full(len(corpus.texts), 2))
    others = np.concatenate([drill.asked_others for drill in drills])
    assert sorted(others) == list(range(len(corpus.others)))
    for drill in (*drills, *rehearsal.trials(corpus, rehearsal.FOLDS)):
        assert not set(drill.seen) & set(drill.asked)
        assert not set(drill.seen_others) & set(drill.asked_others)


def test_a_trial_hides_some_intents_whole_and_some_questions_of_the_rest(corpus: Corpus) -> None:
    every = rehearsal.trials(corpus, 3)
    assert len(every) == 3
    for drill in every:
        assert len(drill.seen) + len(drill.asked) == len(corpus.texts)
        found = rehearsal.performed(corpus, drill)[0]
        counts = np.bincount(found.source, minlength=3)
        assert counts.min() > 0
        hidden = ~np.isin(corpus.labels[drill.asked], corpus.labels[drill.seen])
        assert counts[Source.NEAR] == hidden.sum()
    again = rehearsal.trials(corpus, 3)
    assert all(np.array_equal(a.asked, b.asked) for a, b in zip(every, again, strict=True))


def test_a_drill_that_teaches_nothing_says_nothing(corpus: Corpus) -> None:
    nothing, everyone = np.empty(0, np.intp), np.arange(len(corpus.texts))
    drill = rehearsal.Drill(nothing, nothing, everyone, nothing)
    assert len(rehearsal.performed(corpus, drill)[0].score) == 0


# --- turns that people judged ---------------------------------------------------------------------


def judged(encoder: Encoder, corpus: Corpus, text: str, meant: int, denied: int) -> Samples:
    rows = np.array([meant], np.intp), np.array([denied], np.intp)
    return rehearsal.flagged(everything(corpus), [text], encoder.embed([text]), *rows)


def test_a_denied_answer_counts_if_it_would_be_given_again(
    encoder: Encoder, corpus: Corpus
) -> None:
    text = "what time do you open up"
    hours = 0
    found = judged(encoder, corpus, text, meant=-1, denied=hours)
    assert (found.guess.tolist(), found.right.tolist()) == ([hours], [False])
    assert found.source.tolist() == [Source.LIVE]
    assert len(judged(encoder, corpus, text, meant=-1, denied=2).score) == 0


def test_what_was_meant_is_right_if_it_is_guessed(encoder: Encoder, corpus: Corpus) -> None:
    text = "what time do you open up"
    assert judged(encoder, corpus, text, meant=0, denied=-1).right.tolist() == [True]
    assert judged(encoder, corpus, text, meant=2, denied=-1).right.tolist() == [False]
    rightly_passed_on = judged(encoder, corpus, text, meant=-1, denied=-1)
    assert rightly_passed_on.right.tolist() == [False]


def test_nobody_judged_anything(corpus: Corpus) -> None:
    none = np.empty(0, np.intp)
    assert len(rehearsal.flagged(everything(corpus), [], corpus.vectors[:0], none, none).score) == 0


def test_many_questions_are_sampled(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "MAX_SAMPLES", 20)
    found, _ = rehearse(corpus)
    assert 17 < (found.source == Source.KNOWN).sum() <= 20, "as many from each drill"


def test_a_large_table_is_learnt_no_more_often_than_it_takes(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(rehearsal.drills(corpus)) == rehearsal.FOLDS + rehearsal.GROUPS
    half = len(corpus.texts) // 2
    monkeypatch.setattr(rehearsal, "MAX_SAMPLES", half)
    drills = rehearsal.drills(corpus)
    assert len(drills) < rehearsal.FOLDS + rehearsal.GROUPS
    alone, whole = drills[:3], drills[3:]
    for some in (alone, whole):
        asked = np.concatenate([drill.asked for drill in some])
        assert len(asked) == len(set(asked))
        assert half - len(some) <= len(asked) <= half


# --- reading and mishearing -----------------------------------------------------------------------


def test_what_may_be_answered_is_read(encoder: Encoder, corpus: Corpus) -> None:
    unread, _ = rehearse(corpus)
    assert not unread.reading.any(), "nobody reads"
    found, _ = rehearse(replace(corpus, likeness=encoder.likeness))
    assert np.array_equal(found.score, unread.score)
    low = found.score < rehearsal.WORTH_READING
    assert not found.reading[low | found.vetoed].any()
    read = found.reading != 0
    right, wrong = found.reading[read & found.right], found.reading[read & ~found.right]
    assert right.mean() > wrong.mean() + 1


def test_only_known_questions_are_misheard(corpus: Corpus) -> None:
    _, heard = rehearse(corpus)
    assert len(heard) == len(corpus.texts)
    assert ((heard >= 0) & (heard <= 1)).all()
    _, none = rehearse(replace(corpus, echoes=corpus.echoes[:0]))
    assert len(none) == 0
