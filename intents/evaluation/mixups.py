"""Build time: which entries get confused, seen on labelled queries, and what would mend it.

Every suggestion follows from evidence that stands beside it: answers compared, the nearest
questions of the two entries, how far each query was from its entry, and whom a counter-example
would cost an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from intents.decision import Decision, Kind
from intents.evaluation.queries import Query
from intents.guards.applied.registry import GUARDS
from intents.guards.entry.guard import Scope
from intents.learning.knowledge import Item
from intents.models.encoder import Encoder, Vectors
from intents.text.spoken import canonical

SECOND = 0.2
"""Classifier's probability from which another entry counts as a reason for not answering."""
OVERLAP = 0.85
"""Cosine of two questions from which they are too near to tell entries apart by."""
FAR = 0.75
"""A query less near than that to all questions of its entry is a wording the entry lacks:
paraphrases of one FAQ question lie around 0.75 with the default encoder."""
SHOWN = 3
"""Example queries kept per confusion and named in a suggestion."""
MOST = 50
"""Confusions and gaps looked into, those with most queries first."""


@dataclass(slots=True)
class _Case:
    query: Query
    decision: Decision


@dataclass(slots=True)
class _Pair:
    wrong: list[_Case] = field(default_factory=list)
    clarified: list[_Case] = field(default_factory=list)
    missed: list[_Case] = field(default_factory=list)

    @property
    def cases(self) -> list[_Case]:
        return [*self.wrong, *self.clarified, *self.missed]


@dataclass(frozen=True, slots=True)
class Findings:
    """Return the findings, worst first, as plain data."""

    confused: list[dict[str, Any]]
    """Pairs of entries: ``entries`` (the second is "" for queries that no entry answers), counts
    ``wrong``, ``clarified``, ``missed``, ``examples`` and ``suggestions``."""
    gaps: list[dict[str, Any]]
    """Entries whose queries were handed on, or asked about alone, although nothing else was near:
    ``entry``, ``clarified``, ``missed``, ``examples``, ``suggestions``."""
    vetoed: list[dict[str, Any]]
    """Guards that kept right entries silent: ``guard``, ``entry``, ``vetoed``, ``examples``,
    ``suggestions``."""


def find(
    items: Sequence[Item],
    encoder: Encoder,
    queries: Sequence[Query],
    decisions: Sequence[Decision],
    answers: Mapping[str, str],
) -> Findings:
    """Sort what was not answered rightly by its cause. ``answers``: what each entry says."""
    pairs: dict[tuple[str, str], _Pair] = {}
    gaps: dict[str, list[_Case]] = {}
    vetoed: dict[tuple[str, str], list[_Case]] = {}
    right: dict[str, list[str]] = {}
    for query, decision in zip(queries, decisions, strict=True):
        case = _Case(query, decision)
        if query.entry and decision.entry == query.entry:
            right.setdefault(query.entry, []).append(query.text)
            continue
        guards = {veto.guard for veto in decision.vetoes if veto.entry == query.entry}
        others = _confused_with(query, decision)
        for other in others:
            pair = pairs.setdefault(_key(query.entry, other), _Pair())
            _kept(pair, decision).append(case)
        if query.entry and not decision.entry:
            for guard in guards:
                vetoed.setdefault((guard, query.entry), []).append(case)
            if not guards and not others:
                gaps.setdefault(query.entry, []).append(case)
    evidence = _Evidence({item.id: item for item in items}, encoder, answers, right)
    worst = sorted(
        pairs.items(),
        key=lambda one: (-len(one[1].wrong), -len(one[1].cases), one[0]),
    )
    return Findings(
        confused=[_told(key, pair, evidence) for key, pair in worst[:MOST]],
        gaps=[
            {
                "entry": entry,
                "clarified": sum(case.decision.kind is Kind.CLARIFY for case in cases),
                "missed": sum(case.decision.kind is not Kind.CLARIFY for case in cases),
                "examples": _texts(cases),
                "suggestions": [evidence.lacks(entry, cases)],
            }
            for entry, cases in _largest(gaps.items())
        ],
        vetoed=[
            {
                "guard": guard,
                "entry": entry,
                "vetoed": len(cases),
                "examples": _texts(cases),
                "suggestions": [_after_veto(guard, entry, cases)],
            }
            for (guard, entry), cases in _largest(vetoed.items())
        ],
    )


def plain(found: Findings) -> dict[str, Any]:
    """The findings under their names."""
    return asdict(found)


def _largest(groups: Iterable[tuple[Any, list[_Case]]]) -> list[tuple[Any, list[_Case]]]:
    return sorted(groups, key=lambda one: (-len(one[1]), one[0]))[:MOST]


def _confused_with(query: Query, decision: Decision) -> list[str]:
    """The entries that stood in the way of the right one."""
    if decision.entry:
        return [decision.entry]
    if decision.kind is Kind.CLARIFY and decision.clarify:
        return [entry for entry in decision.clarify if entry != query.entry]
    if decision.kind is not Kind.MISS or not query.entry or not decision.candidates:
        return []  # out of scope and not answered: as it should be
    first, *rest = decision.candidates
    if first.id != query.entry:
        return [first.id] if first.probability >= SECOND else []
    return [one.id for one in rest[:1] if one.probability >= SECOND]


def _key(meant: str, other: str) -> tuple[str, str]:
    if not meant:
        return other, ""
    return min(meant, other), max(meant, other)


def _kept(pair: _Pair, decision: Decision) -> list[_Case]:
    if decision.entry:
        return pair.wrong
    return pair.clarified if decision.kind is Kind.CLARIFY else pair.missed


def _texts(cases: Sequence[_Case]) -> list[str]:
    return list(dict.fromkeys(case.query.text for case in cases))[:SHOWN]


def _told(key: tuple[str, str], pair: _Pair, evidence: _Evidence) -> dict[str, Any]:
    return {
        "entries": list(key),
        "wrong": len(pair.wrong),
        "clarified": len(pair.clarified),
        "missed": len(pair.missed),
        "examples": [
            {
                "text": case.query.text,
                "meant": case.query.entry,
                "said": case.decision.entry,
                "outcome": case.decision.kind.value,
            }
            for case in pair.cases[:SHOWN]
        ],
        "suggestions": evidence.suggest(key, pair),
    }


def _after_veto(guard: str, entry: str, cases: Sequence[_Case]) -> str:
    reason = next(
        veto.reason
        for veto in cases[0].decision.vetoes
        if veto.entry == entry and veto.guard == guard
    )
    texts = _quoted(_texts(cases))
    if mend := GUARDS[guard].mend:
        return f"{reason}: if {entry} answers it, {mend}; else relabel {texts}"
    if GUARDS[guard].scope is Scope.WORDING:
        return f"no wording of {entry} has it ({reason}): if its answer fits, add {texts} to it"
    return f"{reason}: if {entry} answers that as well, add {texts} to it; else relabel the query"


class _Evidence:
    """The evidence of the suggestions. Vectors are the encoder's own, made when needed."""

    def __init__(
        self,
        items: Mapping[str, Item],
        encoder: Encoder,
        answers: Mapping[str, str],
        right: Mapping[str, Sequence[str]],
    ) -> None:
        self._items = items
        self._encoder = encoder
        self._answers = answers
        self._right = right

    def suggest(self, key: tuple[str, str], pair: _Pair) -> list[str]:
        """Return what would mend the pair; at least one, the surest first."""
        first, second = key
        found = []
        same = bool(second) and self._same_answer(first, second)
        if same:
            found.append(f"the two answers are the same: merge {first} and {second}")
        if second and (overlap := self._overlap(first, second)):
            found.append(overlap)
        if same:
            return found
        found += self._counter_examples(pair.wrong)
        found += self._wordings(pair)
        if not found:
            found.append(self._last_resort(key, pair))
        return found

    def lacks(self, entry: str, cases: Sequence[_Case]) -> str:
        """Wordings for an entry whose queries were too far from its questions."""
        count = len(self._items[entry].questions)
        near = [self._nearness(entry, case) for case in cases]
        span = f"{min(near):.2f}" if len(near) == 1 else f"{min(near):.2f} to {max(near):.2f}"
        have = "one question" if count == 1 else f"{count} questions"
        mend = f"add wordings like {_quoted(_texts(cases))}"
        if min(near) >= FAR:
            return f"{entry} is near already ({span}), {have} are too few to be sure: {mend}"
        return f"{entry} has {have}, at {span} from these: {mend}"

    def _same_answer(self, first: str, second: str) -> bool:
        one, two = (" ".join(self._answers.get(id, "").lower().split()) for id in (first, second))
        return bool(one) and one == two and self._items[first].action == self._items[second].action

    def _overlap(self, first: str, second: str) -> str:
        """The nearest questions of two entries, if they are too near."""
        cosines = self._vectors(self._items[first].questions) @ (
            self._vectors(self._items[second].questions).T
        )
        row, column = np.unravel_index(int(cosines.argmax()), cosines.shape)
        if cosines[row, column] < OVERLAP:
            return ""
        one = self._items[first].questions[row]
        two = self._items[second].questions[column]
        return (
            f"questions overlap: {one!r} of {first} ~ {two!r} of {second} "
            f"at {cosines[row, column]:.2f}: reword one"
        )

    def _counter_examples(self, wrong: Sequence[_Case]) -> list[str]:
        """Counter-examples against what was spoken wrongly, if they cost no right answer."""
        found = []
        for entry in dict.fromkeys(case.decision.entry for case in wrong):
            texts = _texts([case for case in wrong if case.decision.entry == entry])
            free, costly = [], {}
            for text in texts:
                if lost := self._lost_to(text, entry):
                    costly[text] = lost
                else:
                    free.append(text)
            if free:
                found.append(f"add a counter-example to {entry}: {_quoted(free)}")
            found += [
                f"no counter-example for {text!r}: it would silence {len(lost)} right answers of "
                f"{entry}, such as {lost[0]!r}: give the query an entry of its own"
                for text, lost in costly.items()
            ]
        return found

    def _lost_to(self, text: str, entry: str) -> list[str]:
        """Queries that ``entry`` answers rightly and would not with this counter-example."""
        asked = list(dict.fromkeys(self._right.get(entry, ())))
        if not asked:
            return []
        vectors = self._vectors(asked)
        own = (vectors @ self._vectors(self._items[entry].questions).T).max(axis=1)
        against = vectors @ self._vectors([text])[0]
        # Word for word, a query is answered with the entry that has it: nothing nearer than that.
        return [asked[row] for row in np.flatnonzero((against >= own) & (own < 0.9999))]

    def _wordings(self, pair: _Pair) -> list[str]:
        """Wordings that the entry meant lacks."""
        found = []
        for entry in dict.fromkeys(case.query.entry for case in pair.cases):
            if not entry:
                continue
            far = [
                case
                for case in pair.cases
                if case.query.entry == entry and self._nearness(entry, case) < FAR
            ]
            if far:
                found.append(f"add these wordings to {entry}: {_quoted(_texts(far))}")
        return found

    def _last_resort(self, key: tuple[str, str], pair: _Pair) -> str:
        first, second = key
        if not second:
            options = [case.decision.clarify for case in pair.clarified if case.decision.clarify]
            return (
                f"{_quoted(_texts(pair.cases))} was asked back ({' or '.join(options[0])}) though "
                f"none of it: add a counter-example to {first}"
                if options
                else f"add a counter-example to {first}: {_quoted(_texts(pair.cases))}"
            )
        few = min(key, key=lambda entry: len(self._items[entry].questions))
        return (
            f"both have near questions: {few} has only {len(self._items[few].questions)}, add "
            f"wordings that say how it differs from {second if few == first else first}"
        )

    def _nearness(self, entry: str, case: _Case) -> float:
        """Cosine of the query to the nearest question of the entry."""
        for one in case.decision.candidates:
            if one.id == entry:
                return one.similarity
        questions = self._vectors(self._items[entry].questions)
        return float((questions @ self._vectors([case.query.text])[0]).max())

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.embed([canonical(text) for text in texts])


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(repr(text) for text in texts)
