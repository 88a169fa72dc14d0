"""Rehearsing calls before there are any: the operator's own questions play the callers.

*Known*: questions are hidden in turn and asked of a matcher that never saw them. *Near misses*:
whole intents are hidden and their questions asked, and the operator's counter-examples are.
*Far misses*: general sentences no FAQ answers. Of each it is known whether answering would have
been right. Guards and counter-examples veto as they do in a call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from intents.decision import Veto
from intents.guards.applied import vetoes
from intents.guards.entry.guard import Contender
from intents.guards.entry.likeness import READ, Likeness, alike, mean
from intents.guards.entry.naming import Names
from intents.learning.calibration import Bools, Samples, Source, combine
from intents.models import classifier
from intents.models.classifier import Classifier, Floats, Labels
from intents.models.encoder import Vectors

FOLDS = 5
GROUPS = 4
TRIAL_GROUPS = 6
MAX_SAMPLES = 4000
"""Most questions asked in either experiment; beyond it a fixed random choice is."""
ROWS = 64
"""Texts compared with all questions at once."""
WORTH_A_GUARD = 0.2
"""Scores below it are never answered, so guards are not asked about them."""
WORTH_READING = 0.3
"""Texts with a lower score are not read: hardly any likeness would have them answered."""


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """All texts of a catalogue, canonical, with their vectors."""

    texts: tuple[str, ...]
    vectors: Vectors
    labels: Labels
    """Entry number (0 to n - 1) of each question."""
    intents: Labels
    """Intent number of each *entry*: entries of one intent are hidden together."""
    echoes: Vectors
    """The questions as they may be misheard, in the same order, for the classifier to learn too;
    no rows: without."""
    others: Vectors
    other_texts: tuple[str, ...]
    """General talk that is out of scope."""
    counter_texts: tuple[str, ...]
    counter_vectors: Vectors
    counter_labels: Labels
    """Counter-examples and the entry each belongs to."""
    likeness: Likeness | None = None
    """The likeness of two texts read together; None without a verifier."""

    @cached_property
    def shared(self) -> Bools:
        """The questions that entries of several intents have, word for word.

        Hidden in turn, such a question would be answered by the other entry with the highest score
        there is, and a few of them raise the threshold for all: 28 of 450 from 0.77 to 0.84
        (``bench/data/near``, three questions an entry, untrained), 9 of them from 0.75 to 0.79
        (``near_fresh``). In a call both have it, neither is ahead, and so neither answers.
        """
        intents: dict[str, set[int]] = {}
        for text, intent in zip(self.texts, self.intents[self.labels].tolist(), strict=True):
            intents.setdefault(text, set()).add(intent)
        return np.array([len(intents[text]) > 1 for text in self.texts], bool)


@dataclass(frozen=True)
class Drill:
    """Which rows a matcher learns from, and which are asked of it afterwards."""

    seen: Labels
    seen_others: Labels
    asked: Labels
    asked_others: Labels


def rehearse(corpus: Corpus) -> tuple[Samples, Floats]:
    """All drills of the corpus, and the scores of known questions that were misheard. The same
    corpus gives the same samples."""
    every = drills(corpus)
    found = [performed(corpus, drill) for drill in every]
    return joined([one for one, _ in found]), np.concatenate([heard for _, heard in found])


def drills(corpus: Corpus) -> list[Drill]:
    """Every question hidden once alone, and once with all of its intent; of more than
    ``MAX_SAMPLES`` as many as that, in as few drills as hold them, since each has to learn."""
    random = np.random.default_rng(0)
    fold = _spread(corpus.labels, random)
    other_fold = random.permutation(len(corpus.others)) % FOLDS
    found = []
    folds, groups = (_enough(len(corpus.texts), parts) for parts in (FOLDS, GROUPS))
    for n in range(folds):
        asked = _some(np.flatnonzero(fold == n), MAX_SAMPLES // folds, random)
        others = np.flatnonzero(other_fold != n), np.flatnonzero(other_fold == n)
        found.append(Drill(np.flatnonzero(fold != n), others[0], asked, others[1]))
    group = _groups(corpus, GROUPS, random)
    everyone, nobody = np.arange(len(corpus.others)), np.empty(0, np.intp)
    for n in range(groups):
        asked = _some(np.flatnonzero(group == n), MAX_SAMPLES // groups, random)
        found.append(Drill(np.flatnonzero(group != n), everyone, asked, nobody))
    return found


def trials(corpus: Corpus, count: int) -> list[Drill]:
    """Experiments that have everything at once, for what takes long to learn: a sixth of the
    intents is hidden, and of what is left a fifth of the questions. ``count``: at most ``FOLDS``,
    with which every question is hidden once."""
    random = np.random.default_rng(2)
    group = _groups(corpus, TRIAL_GROUPS, random)
    fold = _spread(corpus.labels, random)
    other_fold = random.permutation(len(corpus.others)) % FOLDS
    found = []
    for n in range(count):
        asked = (group == n) | (fold == n)
        others = np.flatnonzero(other_fold != n), np.flatnonzero(other_fold == n)
        found.append(Drill(np.flatnonzero(~asked), others[0], np.flatnonzero(asked), others[1]))
    return found


def performed(corpus: Corpus, drill: Drill) -> tuple[Samples, Floats]:
    """Return what a matcher that learnt from the drill's rows makes of those it is asked, and the
    scores of the known ones of them as a recogniser may hear them.

    To learn takes most of the time of a large table: both are asked of the same matcher.
    """
    if not len(drill.seen):
        return joined([]), np.empty(0)
    learner = Learner(corpus, drill.seen, drill.seen_others)
    asked, others = drill.asked[~corpus.shared[drill.asked]], drill.asked_others
    known = np.isin(corpus.labels[asked], corpus.labels[drill.seen])
    source = np.where(known, Source.KNOWN, Source.NEAR).astype(np.intp)
    texts = [corpus.texts[row] for row in asked]
    # The right entry of a question whose entry was hidden is none of those that can be guessed.
    found = learner.ask(texts, corpus.vectors[asked], corpus.labels[asked], source)
    texts = [corpus.other_texts[row] for row in others]
    nobody = np.full(len(others), -1, np.intp)
    far = np.full(len(others), Source.FAR, np.intp)
    samples = joined([found, learner.ask(texts, corpus.others[others], nobody, far)])
    if not len(corpus.echoes) or not known.any():
        return samples, np.empty(0)
    return samples, learner.guessed(corpus.echoes[asked[known]])[1]


def flagged(
    everything: Learner, texts: Sequence[str], vectors: Vectors, meant: Labels, denied: Labels
) -> Samples:
    """Turns that people judged, asked of a matcher that has learnt everything.

    Of each canonical text: the entry that was ``meant``, -1 if none; and the one that was
    ``denied``, -1 if none. Where one was denied, the text counts if it would be guessed again.
    """
    if not texts:
        return joined([])
    found = everything.ask(texts, vectors, meant, np.full(len(texts), Source.LIVE, np.intp))
    return found.where((denied < 0) | (found.guess == denied))


def counter_examples(everything: Learner) -> list[Samples]:
    """Each asked with itself unknown. It is wrong for its own entry only: kept if that answers."""
    corpus = everything.corpus
    if not corpus.counter_texts:
        return []
    asked = _some(np.arange(len(corpus.counter_texts)), MAX_SAMPLES, np.random.default_rng(1))
    texts = [corpus.counter_texts[row] for row in asked]
    vectors, labels = corpus.counter_vectors[asked], corpus.counter_labels[asked]
    near = np.full(len(asked), Source.NEAR, np.intp)
    found = everything.ask(texts, vectors, labels, near, hidden=asked)
    own = found.where(found.right)
    return [replace(own, right=~own.right)]


def everything(corpus: Corpus) -> Learner:
    """A matcher that has learnt all there is."""
    return Learner(corpus, np.arange(len(corpus.texts)), np.arange(len(corpus.others)))


def _learnt(
    corpus: Corpus, rows: Labels, labels: Labels, classes: int, others: Vectors
) -> Classifier:
    """The classifier of those questions and their echoes; ``labels`` of the ``rows``."""
    heard = corpus.vectors[rows]
    if len(corpus.echoes):
        heard, labels = np.concatenate([heard, corpus.echoes[rows]]), np.tile(labels, 2)
    return classifier.fit(heard, labels, classes, others)


class Learner:
    """A matcher fitted on the questions ``seen``, with those of the ``others``."""

    def __init__(self, corpus: Corpus, seen: Labels, others: Labels) -> None:
        self.corpus = corpus
        self._entries, local = np.unique(corpus.labels[seen], return_inverse=True)
        self.model = _learnt(corpus, seen, local, len(self._entries), corpus.others[others])
        self._names = Names((corpus.texts[row], int(corpus.labels[row])) for row in seen)
        order = np.argsort(local, kind="stable")
        self._rows = seen[order]
        self._questions = corpus.vectors[self._rows]
        self._starts = np.searchsorted(local[order], np.arange(len(self._entries) + 1))
        self._counters = np.argsort(corpus.counter_labels, kind="stable")
        bounds = np.arange(len(corpus.intents) + 1)
        self._counter_starts = np.searchsorted(corpus.counter_labels[self._counters], bounds)

    def ask(
        self,
        texts: Sequence[str],
        vectors: Vectors,
        labels: Labels,
        source: Labels,
        hidden: Labels | None = None,
    ) -> Samples:
        """Ask each text; ``labels`` is the right entry, ``hidden`` a counter-example to ignore."""
        guess, score, similarity, rows = self.guessed(vectors)
        near, read = ([self._texts(one[kind]) for one in rows] for kind in (0, 1))
        entry = self._entries[guess]
        vetoed, reading = np.zeros(len(texts), bool), np.zeros(len(texts))
        likeness = self.corpus.likeness
        for row in map(int, np.flatnonzero(score >= WORTH_A_GUARD)):
            skip = -1 if hidden is None else int(hidden[row])
            found = self._of_words(texts[row], near[row])
            contender = self._contender(vectors[row], int(entry[row]), float(similarity[row]), skip)
            vetoed[row] = bool(found or vetoes.besides(contender, found))
            if likeness and not vetoed[row] and score[row] >= WORTH_READING:
                reading[row] = mean(texts[row], read[row], likeness)
        return Samples(score, reading, entry == labels, source, vetoed, entry)

    def guessed(
        self, vectors: Vectors
    ) -> tuple[Labels, Floats, Floats, list[tuple[Labels, Labels]]]:
        """For each vector the likeliest entry's place, its score and similarity, and the rows of
        its questions that guards compare, and that are read."""
        guess = np.empty(len(vectors), np.intp)
        similarity, score = np.empty(len(vectors)), np.empty(len(vectors))
        found: list[tuple[Labels, Labels]] = []
        for at in range(0, len(vectors), ROWS):  # bounds memory with very many entries
            block = vectors[at : at + ROWS]
            shares = self.model.probabilities(block)
            best = shares.argmax(axis=1)
            cosines = block @ self._questions.T
            rivals = np.zeros(len(block))
            for row, local in enumerate(best):
                start, stop = self._starts[local], self._starts[local + 1]
                own = cosines[row, start:stop].copy()
                similarity[at + row] = own.max()
                rows = self._rows[start:stop]
                nearest = rows[np.argsort(-own, kind="stable")[:READ]]
                found.append((rows[vetoes.near(own)], nearest))
                cosines[row, start:stop] = 0.0
                rivals[row] = cosines[row].max()
            of_rivals = np.zeros(len(block))
            if shares.shape[1] > 1:
                of_rivals = np.partition(shares, -2, axis=1)[:, -2]
            span = slice(at, at + len(block))
            guess[span] = best
            score[span] = combine(shares.max(axis=1), of_rivals, similarity[span], rivals)
        return guess, score, similarity, found

    def _texts(self, rows: Labels) -> tuple[str, ...]:
        return tuple(self.corpus.texts[row] for row in rows)

    def _of_words(self, text: str, near: Sequence[str]) -> tuple[Veto, ...]:
        def read_alike(limit: float) -> bool:
            return alike(text, near[0], self.corpus.likeness, limit)

        return vetoes.of_entry(text, near, names=self._names, alike=read_alike)

    def _contender(self, vector: Vectors, entry: int, similarity: float, hidden: int) -> Contender:
        return Contender(
            entry="",
            similarity=similarity,
            counter_example=lambda: self._counter_example(vector, entry, hidden),
        )

    def _counter_example(self, vector: Vectors, entry: int, hidden: int) -> tuple[str, float]:
        start, stop = self._counter_starts[entry : entry + 2]
        rows = self._counters[start:stop]
        rows = rows[rows != hidden]
        if not len(rows):
            return "", -1.0
        cosines = self.corpus.counter_vectors[rows] @ vector
        nearest = int(cosines.argmax())
        return self.corpus.counter_texts[rows[nearest]], float(cosines[nearest])


def _spread(labels: Labels, random: np.random.Generator) -> Labels:
    """A fold for every question, those of one entry spread as evenly as can be."""
    order = np.lexsort((random.permutation(len(labels)), labels))
    fold = np.empty(len(labels), np.intp)
    fold[order] = np.arange(len(labels)) % FOLDS
    return fold


def _groups(corpus: Corpus, count: int, random: np.random.Generator) -> Labels:
    """The number of a group for every question; those of one intent are in the same."""
    intents = int(corpus.intents.max()) + 1
    group: Labels = (random.permutation(intents) % count)[corpus.intents[corpus.labels]]
    return group


def _enough(questions: int, parts: int) -> int:
    """The number of the ``parts`` that hold ``MAX_SAMPLES`` questions; all if there are fewer."""
    return min(parts, -(-MAX_SAMPLES * parts // questions))


def _some(rows: Labels, most: int, random: np.random.Generator) -> Labels:
    return rows if len(rows) <= most else np.sort(random.choice(rows, most, replace=False))


def joined(parts: Sequence[Samples]) -> Samples:
    """All of them as one."""
    if not parts:
        nothing, none = np.empty(0, bool), np.empty(0, np.intp)
        return Samples(np.empty(0), np.empty(0), nothing, none, nothing, none)
    return Samples(
        np.concatenate([p.score for p in parts]),
        np.concatenate([p.reading for p in parts]),
        np.concatenate([p.right for p in parts]),
        np.concatenate([p.source for p in parts]),
        np.concatenate([p.vetoed for p in parts]),
        np.concatenate([p.guess for p in parts]),
    )
