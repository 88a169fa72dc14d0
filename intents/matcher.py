"""The matcher: what somebody said, to a decision with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from intents import clarifying
from intents.decision import NO_CONTEXT, Candidate, Context, Decision, Kind, Veto
from intents.guards.applied import vetoes
from intents.guards.entry import likeness
from intents.guards.entry.guard import Contender
from intents.guards.entry.naming import Names
from intents.hearing import misheard_openings
from intents.hearing.mishearing import Mishearing
from intents.learning.calibration import combine, read_score
from intents.learning.fitting import Point
from intents.learning.knowledge import Knowledge
from intents.models.classifier import Floats, Labels
from intents.models.encoder import Encoder, Vectors
from intents.models.index import Index
from intents.text.spoken import canonical
from intents.turns.controls import backchannel, control
from intents.turns.mood import upset
from intents.turns.replies import correction

NEIGHBOURS = 32
"""Questions searched; with the classifier's own best they give the candidates."""
CANDIDATES = 5
OFFERED = 3
"""Entries among which two may be offered: one that a guard forbids is passed over."""
EXACT = 0.999
"""Confidence in a question that is word for word a seeded one."""
INFERRED = 0.99
"""Highest confidence in any other: a few hundred questions cannot show more."""
WORTH_A_LOOK = 0.25
"""Least score of an entry for which words are mended: that takes as long as all before. Of 35
answers to mended texts (``SURER``, two rounds) two right ones came from less, and the wrong one."""
SURER = 0.05
"""The margin beyond the threshold that a text with mended words needs to be answered. Of CLINC150's
validation part, misheard three times, 51 were then answered rightly, 1 wrongly; else 82 and 4."""


@dataclass(frozen=True, slots=True)
class _Option:
    """An entry under consideration."""

    entry: int
    row: int
    """Row of its question nearest to the text."""
    similarity: float
    probability: float
    score: float
    reading: float | None = None
    """Likeness of text and entry, read together; None if they were not."""


class Matcher:
    """Decides for one catalogue. Safe in several threads; but for the share of near misses that it
    reckons with (``expect``) nothing changes after construction.

    A match takes about 2 ms, of which the embedding is most; it releases the GIL there. As much
    again is taken by reading, where that may change the decision. Constructing it runs both, so
    that no caller waits for what a first run allocates.
    """

    def __init__(self, knowledge: Knowledge, encoder: Encoder) -> None:
        """Raises ``KnowledgeError`` if the knowledge was made with another encoder."""
        # The session that runs the upper layers holds them; their bytes are 7 MB a tenant.
        self.knowledge = replace(knowledge, top=b"")
        self.point: Point = knowledge.told
        """The demands on an answer now."""
        self._encoder = knowledge.served(encoder)
        self._likeness = likeness.of(encoder)
        self._index = Index(knowledge.vectors)
        self._entry_of: Labels = np.array([entry for entry, _ in knowledge.rows], np.intp)
        numbers = np.arange(len(knowledge.items) + 1)
        self._starts = np.searchsorted(self._entry_of, numbers)
        counter_entries = np.array([entry for entry, _ in knowledge.counter_rows], np.intp)
        self._counter_starts = np.searchsorted(counter_entries, numbers)
        self._number = {item.id: n for n, item in enumerate(knowledge.items)}
        self._exact = knowledge.exact
        self._mishearing = Mishearing(self._exact)
        self._names = Names((text, places[0][0]) for text, places in self._exact.items())
        first = knowledge.items[0].questions[0]
        if self._likeness:
            self._likeness(first, (first,))
        misheard_openings.without(first)  # its tables are read once, in 30 ms
        self.match(f"{first} for the first time", final=True)

    def expect(self, near_share: float, look_alikes: float = 0.0) -> None:
        """Reckon with that share of near misses from now on, 0 to 0.5, and of look-alikes."""
        self.point = self.knowledge.at(near_share, look_alikes)

    def threshold_of(self, entry: str) -> float:
        """Lowest score that is answered with the entry of that id now."""
        return self._needed(self._number[entry])

    def _needed(self, entry: int) -> float:
        point = self.point
        return max(point.calibration.threshold, point.raised.get(entry, 0.0))

    def match(self, text: str, *, final: bool, context: Context = NO_CONTEXT) -> Decision:
        """Decide what to do with ``text``; ``final`` is False for a partial transcript."""
        angry = upset(text)
        if angry:
            context = replace(context, may_clarify=False)
        decision = self._match(text, final, context)
        return replace(decision, upset=True) if angry else decision

    def _match(self, text: str, final: bool, context: Context) -> Decision:
        if context.asked and (replied := self._replied(text, context)):
            return replied  # before the controls: "that's it" says yes here, and goodbye elsewhere
        acknowledged = backchannel(text)
        if (command := control(text)) and not acknowledged:
            return Decision(
                kind=Kind.ROUTE,
                action=f"control:{command}",
                confidence=1.0,
                verbatim=True,
                reason=f"the whole utterance asks to {command}",
            )
        if context.asked and (instead := correction(text)):
            again = self._match(instead, final, replace(context, asked=None))
            return replace(again, confirmed=False)
        said = canonical(text)
        if not said or acknowledged:
            return Decision(kind=Kind.MISS, reason="nothing was asked")
        vector, options = self._considered(said)
        decision = self._decide(said, vector, options, final, context)
        if final and decision.kind in (Kind.MISS, Kind.CLARIFY):
            return self._heard_again(said, options[0], decision, context)
        return decision

    def _replied(self, text: str, context: Context) -> Decision | None:
        """The decision if the text answers the question just asked, else None."""
        numbers = [self._number.get(entry) for entry in context.asked or ()]
        if None in numbers:  # a catalogue published in between no longer has the entry
            return None
        items = [self.knowledge.items[n] for n in numbers if n is not None]
        return clarifying.replied(text, items, context)

    def _heard_again(
        self, said: str, first: _Option, unsure: Decision, context: Context
    ) -> Decision:
        """The decision without what was said around the question, where that was misheard; else
        with misheard words mended, if the entry that came first without does so with them."""
        bare = misheard_openings.without(said)
        if bare != said:
            vector, options = self._considered(bare)
            first, unsure = options[0], self._decide(bare, vector, options, True, context)
            if unsure.entry:
                return _inferred(unsure, "without what was said around it")
        if unsure.vetoes or first.score < WORTH_A_LOOK:
            return unsure
        mended, changes = self._mishearing.mended(bare)
        if not changes:
            return unsure
        vector, options = self._considered(mended)
        if options[0].entry != first.entry:
            return unsure
        decision = self._decide(mended, vector, options, True, context)
        surely = self.threshold_of(decision.entry) + SURER if decision.entry else 0.0
        if decision.kind in (unsure.kind, Kind.MISS) or decision.score < surely:
            return unsure
        heard = ", ".join(f"{said!r} for {heard!r}" for heard, said in changes)
        return _inferred(decision, f"with {heard}")

    # --- candidates ---

    def _considered(self, said: str) -> tuple[Vectors, list[_Option]]:
        """The vector of a canonical text, and its options."""
        vector = self._encoder.embed([said])[0]
        return vector, self._options(vector, {entry for entry, _ in self._exact.get(said, ())})

    def _options(self, vector: Vectors, exact: set[int]) -> list[_Option]:
        """Entries worth considering, best score first; but those that hold the very words come
        before the others, whatever the classifier says."""
        shares = self.knowledge.model.probabilities(vector[None, :])[0]
        cosines, rows = self._index.search(vector, NEIGHBOURS)
        nearest: dict[int, tuple[int, float]] = {}
        for entry, row, cosine in zip(
            self._entry_of[rows].tolist(), rows.tolist(), cosines.tolist(), strict=True
        ):
            nearest.setdefault(entry, (row, cosine))
        count = min(CANDIDATES, len(shares))
        likely = np.argpartition(-shares, count - 1)[:count].tolist()
        for entry in (*likely, *exact):
            if entry not in nearest:
                nearest[entry] = self._nearest(entry, vector)
        entries = list(nearest)
        found = np.array([cosine for _, cosine in nearest.values()])
        scores = combine(shares[entries], _rivals(shares)[entries], found, _rivals(found))
        options = [
            _Option(entry, *nearest[entry], share, score)
            for entry, share, score in zip(
                entries, shares[entries].tolist(), scores.tolist(), strict=True
            )
        ]
        return sorted(
            options, key=lambda o: (o.entry not in exact, -o.score, -o.similarity, o.entry)
        )

    def _nearest(self, entry: int, vector: Vectors) -> tuple[int, float]:
        """Row of the entry's question nearest to the vector, and its cosine."""
        cosines = self._cosines(entry, vector)
        nearest = int(cosines.argmax())
        return int(self._starts[entry]) + nearest, float(cosines[nearest])

    def _cosines(self, entry: int, vector: Vectors) -> Vectors:
        """The cosines of all questions of the entry."""
        return self.knowledge.vectors[self._starts[entry] : self._starts[entry + 1]] @ vector

    # --- the decision ---

    def _decide(
        self, said: str, vector: Vectors, options: list[_Option], final: bool, context: Context
    ) -> Decision:
        exact = {entry for entry, _ in self._exact.get(said, ())}
        point, needed = self.point, self._needed(options[0].entry)
        calibration = point.calibration
        asks = final and context.may_clarify
        best = options[0]
        if len(exact) != 1:
            best = self._read(said, vector, best, needed, point, asks=asks)
        against = self._vetoes(said, vector, best, context)
        evidence = _Evidence(
            candidates=tuple(self._candidate(o) for o in options[:CANDIDATES]),
            vetoes=against,
            score=1.0 if len(exact) == 1 else best.score,
            reading=best.reading,
        )
        if against:
            return evidence.decision(Kind.MISS, reason=against[0].reason)
        if len(exact) == 1:
            answer = self._answer(best, EXACT, "asked word for word", evidence)
            return replace(answer, verbatim=True)
        confidence = min(calibration.confidence(best.score), INFERRED)
        if exact:
            why = "several entries have this very question"
        elif best.score < needed:
            why = f"score {best.score:.2f} is below {needed:.2f}"
            if options[0].score >= needed:
                why += f": read word by word it may ask for another thing ({best.reading:+.1f})"
        elif self._reads_as_another(best):
            why = f"beside its few questions it does not surely read the same ({best.reading:+.1f})"
        elif best.similarity < calibration.floor and not self._reads_the_same(said, best):
            why = (
                f"similarity {best.similarity:.2f} is below {calibration.floor:.2f}, "
                "and there are too few questions to be sure with less"
            )
        else:
            why = f"score {best.score:.2f} reaches {needed:.2f}"
            return self._answer(best, confidence, why, evidence)
        if best.reading is not None and best.reading < clarifying.UNLIKE:
            return evidence.decision(Kind.MISS, confidence=confidence, reason=why)
        if not (
            final and context.may_clarify and clarifying.worth_asking([best], exact, calibration)
        ):
            return evidence.decision(Kind.MISS, confidence=confidence, reason=why)
        free = [best]
        for other in options[1:OFFERED]:
            # Guards take 0.2 ms an entry: none is asked about one that would not be named.
            likely = other.probability >= clarifying.SECOND * best.probability
            if not (likely or other.entry in exact):
                continue
            if not (against := self._vetoes(said, vector, other, context)):
                free.append(other)
                break
            evidence = replace(evidence, vetoes=evidence.vetoes + against)
        if clarifying.repeated(said, vector, context.before, self._encoder):
            why = "the caller has said this before"
            return evidence.decision(Kind.MISS, confidence=confidence, reason=why)
        return self._clarify(clarifying.worth_asking(free, exact, calibration), evidence)

    def _read(
        self,
        said: str,
        vector: Vectors,
        option: _Option,
        needed: float,
        point: Point,
        *,
        asks: bool,
    ) -> _Option:
        """The option with the text read beside its entry's nearest questions, where that can change
        what is decided: the reading counts in its score, and is a bar where they are few."""
        weight, few = point.calibration.weight, self._least(option.entry) is not None
        if self._likeness is None or not (weight or few):
            return option
        may_ask = asks and option.similarity >= clarifying.SIMILARITY

        def settled(low: float, high: float) -> bool:
            readings = np.array([low, high])
            scores = read_score(np.full(2, option.score), readings, weight)
            if scores[0] >= needed and not few:
                return True
            if scores[1] >= needed:
                return False
            asked = [
                reading >= clarifying.UNLIKE
                and point.calibration.confidence(score) >= clarifying.LIKELY
                for reading, score in zip(readings.tolist(), scores.tolist(), strict=True)
            ]
            return not may_ask or asked[0] == asked[1]

        if settled(-likeness.MOST, likeness.MOST):
            return option
        start = int(self._starts[option.entry])
        read, most = likeness.sooner, likeness.READ
        if point.look_alikes:
            read, most = likeness.widely, likeness.MANY
        nearest = np.argsort(-self._cosines(option.entry, vector), kind="stable")[:most]
        questions = [self._canonical(start + int(row)) for row in nearest]
        reading = read(said, questions, self._likeness, settled)
        score = read_score(np.array([option.score]), np.array([reading]), weight)
        return replace(option, score=float(score[0]), reading=reading)

    def _least(self, entry: int) -> float | None:
        """The likeness that an answer of this entry takes, if so little is known of it."""
        return likeness.least(int(self._starts[entry + 1] - self._starts[entry]))

    def _reads_as_another(self, option: _Option) -> bool:
        """Has the entry few questions, and is the text, read beside them, not surely the same?"""
        least = self._least(option.entry)
        return least is not None and option.reading is not None and option.reading < least

    def _reads_the_same(self, said: str, option: _Option) -> bool:
        """Is the text, read beside its nearest question, surely the same?"""
        return likeness.alike(said, self._canonical(option.row), self._likeness, likeness.SURE)

    def _canonical(self, row: int) -> str:
        entry, number = self.knowledge.rows[row]
        return canonical(self.knowledge.items[entry].questions[number])

    def _vetoes(
        self, said: str, vector: Vectors, option: _Option, context: Context
    ) -> tuple[Veto, ...]:
        item = self.knowledge.items[option.entry]
        start = int(self._starts[option.entry])
        near = vetoes.near(self._cosines(option.entry, vector)).tolist()
        questions = [item.questions[self.knowledge.rows[start + n][1]] for n in near]
        found = vetoes.of_entry(
            said,
            questions,
            entry=item.id,
            names=self._names,
            alike=lambda limit: likeness.alike(
                said, canonical(questions[0]), self._likeness, limit
            ),
        )
        contender = Contender(
            entry=item.id,
            similarity=option.similarity,
            counter_example=lambda: self._counter_example(vector, option.entry),
            excluded=context.excluded,
        )
        return vetoes.besides(contender, found)

    def _counter_example(self, vector: Vectors, entry: int) -> tuple[str, float]:
        """The entry's counter-example that is nearest to the vector, and its cosine; "" and -1 if
        it has none."""
        start, stop = self._counter_starts[entry : entry + 2]
        if start == stop:
            return "", -1.0
        cosines = self.knowledge.counter_vectors[start:stop] @ vector
        nearest = int(cosines.argmax())
        entry, number = self.knowledge.counter_rows[start + nearest]
        return self.knowledge.items[entry].counter_examples[number], float(cosines[nearest])

    def _answer(
        self, option: _Option, confidence: float, why: str, evidence: _Evidence
    ) -> Decision:
        item = self.knowledge.items[option.entry]
        return evidence.decision(
            Kind.ROUTE if item.action else Kind.ANSWER,
            entry=item.id,
            action=item.action,
            question=self._question(option),
            confidence=confidence,
            reason=why,
        )

    def _clarify(self, asked: Sequence[_Option], evidence: _Evidence) -> Decision:
        ids = tuple(self.knowledge.items[option.entry].id for option in asked)
        return evidence.decision(
            Kind.CLARIFY,
            clarify=ids,
            confidence=self.point.calibration.confidence(asked[0].score),
            reason=f"could be {' or '.join(ids)}",
        )

    def _candidate(self, option: _Option) -> Candidate:
        item = self.knowledge.items[option.entry]
        return Candidate(
            id=item.id,
            intent=item.intent,
            question=self._question(option),
            similarity=round(option.similarity, 4),
            probability=round(option.probability, 4),
        )

    def _question(self, option: _Option) -> str:
        entry, number = self.knowledge.rows[option.row]
        return self.knowledge.items[entry].questions[number]


def _inferred(decision: Decision, how: str) -> Decision:
    """A decision about other words than were heard."""
    confidence = min(decision.confidence, INFERRED)
    reason = f"{decision.reason}, {how}"
    return replace(decision, confidence=confidence, verbatim=False, reason=reason)


def _rivals(values: Floats) -> Floats:
    """For each the highest of the others; 0 if there is none."""
    if len(values) < 2:
        return np.zeros(len(values))
    second, first = np.partition(values, -2)[-2:]
    others: Floats = np.where(values == first, second, first)
    return others


@dataclass(frozen=True, slots=True)
class _Evidence:
    """The evidence that every decision about one text has in common."""

    candidates: tuple[Candidate, ...]
    vetoes: tuple[Veto, ...]
    score: float
    reading: float | None

    def decision(
        self,
        kind: Kind,
        *,
        entry: str = "",
        action: str = "",
        question: str = "",
        confidence: float = 0.0,
        clarify: tuple[str, ...] | None = None,
        reason: str,
    ) -> Decision:
        return Decision(
            kind=kind,
            entry=entry,
            action=action,
            question=question,
            confidence=confidence,
            score=self.score,
            reading=self.reading,
            clarify=clarify,
            candidates=self.candidates,
            vetoes=self.vetoes,
            reason=reason,
        )
