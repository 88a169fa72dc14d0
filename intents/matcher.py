"""The matcher: what somebody said, to a decision with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from intents import vetoes
from intents.calibration import combine
from intents.classifier import Floats, Labels
from intents.controls import backchannel, control
from intents.decision import NO_CONTEXT, Candidate, Context, Decision, Kind, Veto
from intents.encoder import Encoder, Vectors
from intents.index import Index
from intents.knowledge import Item, Knowledge, KnowledgeError
from intents.names import Names
from intents.replies import Reply, understand
from intents.spoken import canonical

NEIGHBOURS = 32
"""Questions searched; with the classifier's own best they give the candidates."""
CANDIDATES = 5
EXACT = 0.999
"""Confidence in a question that is word for word a seeded one."""
INFERRED = 0.99
"""Highest confidence in any other: a few hundred questions cannot show more."""
CLARIFY_TOGETHER = 0.5
CLARIFY_SECOND = 0.2
CLARIFY_SIMILARITY = 0.5
"""Two entries are worth a question when the classifier gives them this much together, the
second this much at least, and each has a question at least this near."""


@dataclass(frozen=True, slots=True)
class _Option:
    """An entry under consideration."""

    entry: int
    row: int
    """Row of its question nearest to the text."""
    similarity: float
    probability: float
    score: float


class Matcher:
    """Decides for one catalogue. Immutable after construction, safe in several threads.

    A match takes about 2 ms, of which the embedding is most; it releases the GIL there.
    """

    def __init__(self, knowledge: Knowledge, encoder: Encoder) -> None:
        """Raises ``KnowledgeError`` if the knowledge was made with another encoder."""
        if knowledge.fingerprint != encoder.fingerprint:
            raise KnowledgeError("the catalogue was seeded with another encoder: seed again")
        self.knowledge = knowledge
        self._encoder = encoder
        self._index = Index(knowledge.vectors)
        self._entry_of: Labels = np.array([entry for entry, _ in knowledge.rows], np.intp)
        numbers = np.arange(len(knowledge.items) + 1)
        self._starts = np.searchsorted(self._entry_of, numbers)
        counter_entries = np.array([entry for entry, _ in knowledge.counter_rows], np.intp)
        self._counter_starts = np.searchsorted(counter_entries, numbers)
        self._number = {item.id: n for n, item in enumerate(knowledge.items)}
        self._exact = knowledge.exact
        self._names = Names((text, places[0][0]) for text, places in self._exact.items())

    def match(self, text: str, *, final: bool, context: Context = NO_CONTEXT) -> Decision:
        """Decide what to do with ``text``; ``final`` is False for a partial transcript."""
        acknowledged = backchannel(text)
        if (command := control(text)) and not acknowledged:
            return Decision(
                kind=Kind.ROUTE,
                action=f"control:{command}",
                confidence=1.0,
                reason=f"the whole utterance asks to {command}",
            )
        if context.asked and (replied := self._reply(text, context)):
            return replied
        said = canonical(text)
        if not said or acknowledged:
            return Decision(kind=Kind.MISS, reason="nothing was asked")
        vector = self._encoder.embed([said])[0]
        options = self._options(vector)
        return self._decide(said, vector, options, final, context)

    def match_many(self, queries: Iterable[tuple[str, bool, Context]]) -> list[Decision]:
        """``match`` for each (text, final, context)."""
        return [self.match(text, final=final, context=context) for text, final, context in queries]

    # --- the answer to a clarifying question ---

    def _reply(self, text: str, context: Context) -> Decision | None:
        """The decision if the text answers the question just asked, else None."""
        assert context.asked is not None
        numbers = [self._number.get(entry) for entry in context.asked]
        if None in numbers:  # a catalogue published in between no longer has the entry
            return None
        first, second = (self.knowledge.items[n] for n in numbers if n is not None)
        reply = understand(text, label(first), label(second))
        if reply in (Reply.FIRST, Reply.YES):
            return self._chosen(first, context)
        if reply is Reply.SECOND:
            return self._chosen(second, context)
        if reply in (Reply.NO, Reply.NEITHER):
            return Decision(kind=Kind.MISS, reason="the caller meant neither of the two offered")
        return None

    def _chosen(self, item: Item, context: Context) -> Decision:
        if veto := _expired(item, context):
            return Decision(kind=Kind.MISS, vetoes=(veto,), reason=veto.reason)
        return Decision(
            kind=Kind.ROUTE if item.action else Kind.ANSWER,
            entry=item.id,
            action=item.action,
            question=item.questions[0],
            confidence=1.0,
            reason="the caller chose it when asked",
        )

    # --- candidates ---

    def _options(self, vector: Vectors) -> list[_Option]:
        """Entries worth considering, best score first."""
        shares = self.knowledge.model.probabilities(vector[None, :])[0]
        _, rows = self._index.search(vector, NEIGHBOURS)
        count = min(CANDIDATES, len(shares))
        likely = np.argpartition(-shares, count - 1)[:count]
        entries = dict.fromkeys([*self._entry_of[rows].tolist(), *likely.tolist()])
        options = [self._option(entry, vector, shares) for entry in entries]
        return sorted(options, key=lambda o: (-o.score, -o.similarity, o.entry))

    def _option(self, entry: int, vector: Vectors, shares: Floats) -> _Option:
        start = int(self._starts[entry])
        cosines = self.knowledge.vectors[start : self._starts[entry + 1]] @ vector
        nearest = int(cosines.argmax())
        similarity, share = float(cosines[nearest]), float(shares[entry])
        score = float(combine(np.array([share]), np.array([similarity]))[0])
        return _Option(entry, start + nearest, similarity, share, score)

    # --- the decision ---

    def _decide(
        self, said: str, vector: Vectors, options: list[_Option], final: bool, context: Context
    ) -> Decision:
        word_for_word = self._exact.get(said, ())
        exact = {entry for entry, _ in word_for_word}
        if exact:
            options = self._exact_first(exact, vector, options)
        # Guards cost 0.1 ms an entry: only those that could be spoken or offered are asked about.
        likely = [o for o in options[:CANDIDATES] if o.probability >= CLARIFY_SECOND]
        likely += [o for o in options[: max(1, len(exact))] if o not in likely]
        forbidden = {o.entry: self._vetoes(said, vector, o, context) for o in likely}
        evidence = _Evidence(
            candidates=tuple(self._candidate(o) for o in options[:CANDIDATES]),
            vetoes=tuple(v for found in forbidden.values() for v in found),
        )
        free = [o for o in options if o.entry in forbidden and not forbidden[o.entry]]
        best = options[0]
        if forbidden[best.entry]:
            return evidence.decision(Kind.MISS, reason=forbidden[best.entry][0].reason)
        if len(exact) == 1:
            return self._answer(best, EXACT, "asked word for word", evidence)
        calibration = self.knowledge.calibration
        if not exact and best.score >= calibration.threshold:
            if best.similarity >= calibration.floor:
                confidence = min(calibration.confidence(best.score), INFERRED)
                why = f"score {best.score:.2f} reaches {calibration.threshold:.2f}"
                return self._answer(best, confidence, why, evidence)
            return evidence.decision(
                Kind.MISS,
                confidence=calibration.confidence(best.score),
                reason=f"similarity {best.similarity:.2f} is below {calibration.floor:.2f}, "
                "and there are too few questions to be sure with less",
            )
        if final and context.may_clarify and _worth_asking(free, exact):
            return self._clarify(free[0], free[1], evidence)
        return evidence.decision(
            Kind.MISS,
            confidence=calibration.confidence(best.score),
            reason="several entries have this very question"
            if exact
            else f"score {best.score:.2f} is below {calibration.threshold:.2f}",
        )

    def _exact_first(
        self, exact: set[int], vector: Vectors, options: list[_Option]
    ) -> list[_Option]:
        """Entries that hold the very words come first, whatever the classifier says."""
        shares = self.knowledge.model.probabilities(vector[None, :])[0]
        named = [self._option(entry, vector, shares) for entry in sorted(exact)]
        named.sort(key=lambda o: (-o.score, o.entry))
        return named + [o for o in options if o.entry not in exact]

    def _vetoes(
        self, said: str, vector: Vectors, option: _Option, context: Context
    ) -> tuple[Veto, ...]:
        item = self.knowledge.items[option.entry]
        start = int(self._starts[option.entry])
        cosines = self.knowledge.vectors[start : self._starts[option.entry + 1]] @ vector
        rows = self.knowledge.rows[start : start + len(cosines)]
        questions = [item.questions[rows[n][1]] for n in vetoes.near(cosines)]
        found = list(vetoes.of_entry(said, questions, entry=item.id, names=self._names))
        if counter := self._nearer_counter_example(vector, option):
            reason = f"nearer to the counter-example {counter!r}"
            found.append(Veto(guard="counter_example", entry=item.id, reason=reason))
        if expired := _expired(item, context):
            found.append(expired)
        return tuple(found)

    def _nearer_counter_example(self, vector: Vectors, option: _Option) -> str:
        """The entry's counter-example that is at least as near as its questions; "" if none."""
        start, stop = self._counter_starts[option.entry : option.entry + 2]
        if start == stop:
            return ""
        cosines = self.knowledge.counter_vectors[start:stop] @ vector
        nearest = int(cosines.argmax())
        if float(cosines[nearest]) < option.similarity:
            return ""
        entry, number = self.knowledge.counter_rows[start + nearest]
        return self.knowledge.items[entry].counter_examples[number]

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

    def _clarify(self, first: _Option, second: _Option, evidence: _Evidence) -> Decision:
        items = self.knowledge.items
        ids = (items[first.entry].id, items[second.entry].id)
        return evidence.decision(
            Kind.CLARIFY,
            clarify=ids,
            confidence=min(first.probability + second.probability, 1.0),
            reason=f"could be {ids[0]} or {ids[1]}",
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


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What every decision about one text has in common."""

    candidates: tuple[Candidate, ...]
    vetoes: tuple[Veto, ...]

    def decision(
        self,
        kind: Kind,
        *,
        entry: str = "",
        action: str = "",
        question: str = "",
        confidence: float = 0.0,
        clarify: tuple[str, str] | None = None,
        reason: str,
    ) -> Decision:
        return Decision(
            kind=kind,
            entry=entry,
            action=action,
            question=question,
            confidence=confidence,
            clarify=clarify,
            candidates=self.candidates,
            vetoes=self.vetoes,
            reason=reason,
        )


def label(item: Item) -> str:
    """What a clarifying question calls the entry: its intent in words, else its first question."""
    words = item.intent.replace("_", " ").replace("-", " ").strip()
    return words or item.questions[0]


def _expired(item: Item, context: Context) -> Veto | None:
    if item.id not in context.excluded:
        return None
    return Veto(guard="expired", entry=item.id, reason=f"{item.id} may not be spoken now")


def _worth_asking(free: Sequence[_Option], exact: set[int]) -> bool:
    """Are the two likeliest entries that no guard forbids both likely?"""
    if len(free) < 2:
        return False
    first, second = free[0], free[1]
    if {first.entry, second.entry} <= exact:
        return True
    return (
        first.probability + second.probability >= CLARIFY_TOGETHER
        and second.probability >= CLARIFY_SECOND
        and min(first.similarity, second.similarity) >= CLARIFY_SIMILARITY
    )
