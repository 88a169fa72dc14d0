"""Build time: how often does a matcher answer labelled queries, and how often wrongly?

Hit rate and wrong rate always come together, the latter of answers spoken *and* of all queries,
each with its 95 % interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from intents.decision import Context, Decision, Kind
from intents.evaluation import queries as labelled
from intents.evaluation.queries import Query
from intents.matcher import Matcher
from intents.models.classifier import Floats

Progress = Callable[[str, int, int], None]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scores:
    """One row per query: the best guess of some method."""

    score: Floats
    """Higher is surer; -1 where the method would not answer at any threshold."""
    right: Bools
    known: Bools
    """The query has a right entry."""

    def at(self, threshold: float) -> Result:
        """The result when everything with at least this score is answered."""
        answered = self.score >= threshold
        return Result(
            queries=len(self.score),
            known=int(self.known.sum()),
            answers=int(answered.sum()),
            right=int((answered & self.right).sum()),
        )

    def oracle(self, max_wrong_rate: float) -> tuple[float, Result]:
        """Threshold chosen on these very queries: the most answers within the budget.

        For comparing methods with published figures; no product can do this.
        """
        order = np.argsort(-self.score, kind="stable")
        wrong = np.cumsum(~self.right[order])
        within = np.flatnonzero(wrong <= max_wrong_rate * np.arange(1, len(order) + 1))
        within = within[self.score[order][within] >= 0]
        threshold = float(self.score[order][within[-1]]) if len(within) else 1.01
        answers = int(within[-1]) + 1 if len(within) else 0
        right = int(self.right[order][:answers].sum())
        return threshold, Result(len(self.score), int(self.known.sum()), answers, right)


def pooled(parts: Sequence[Scores]) -> Scores:
    """The queries of several runs of one method as if of one."""
    return Scores(
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.known for part in parts]),
    )


@dataclass(frozen=True, slots=True)
class Result:
    """Counts of an evaluation, and the shares that follow."""

    queries: int
    known: int
    """Queries that have a right entry."""
    answers: int
    right: int
    clarified: int = 0

    @property
    def wrong(self) -> int:
        """Answers that should not have been spoken."""
        return self.answers - self.right

    def figures(self) -> dict[str, float]:
        """Percentages, each with its 95 % Wilson interval as ``_low`` and ``_high``."""
        return {
            **share("hit_pct", self.right, self.known),
            **share("wrong_of_answers_pct", self.wrong, self.answers),
            **share("wrong_of_all_pct", self.wrong, self.queries),
            **share("clarified_pct", self.clarified, self.queries),
        }


def share(name: str, count: int, of: int) -> dict[str, float]:
    """A percentage under that name, its 95 % Wilson interval under ``_low`` and ``_high``."""
    low, high = wilson(count, of)
    return {
        name: round(100 * count / of, 3) if of else 0.0,
        f"{name}_low": round(100 * low, 3),
        f"{name}_high": round(100 * high, 3),
    }


def wilson(count: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson score interval of a share, 0 to 1; (0, 1) without observations."""
    if not of:
        return 0.0, 1.0
    rate, spread = count / of, z * z / of
    middle = rate + spread / 2
    half = z * (rate * (1 - rate) / of + spread / (4 * of)) ** 0.5
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


# --- asking ---------------------------------------------------------------------------------------


def decide(matcher: Matcher, queries: Sequence[Query]) -> list[Decision]:
    """The matcher's decision about each query, as a final."""
    return [matcher.match(query.text, final=True) for query in queries]


def evaluate(
    matcher: Matcher, queries: Sequence[Query], decisions: Sequence[Decision] | None = None
) -> Result:
    """Hits, wrong answers and clarifying questions as a caller would meet them.

    Entries with an action count like answers. Raises ``EvaluationError`` for an unknown entry.
    """
    labelled.check(queries, matcher.knowledge.items)
    made = decide(matcher, queries) if decisions is None else decisions
    spoken = [(d.entry, q.entry) for d, q in zip(made, queries, strict=True) if d.entry]
    return Result(
        queries=len(queries),
        known=sum(bool(query.entry) for query in queries),
        answers=len(spoken),
        right=sum(said == meant for said, meant in spoken),
        clarified=sum(d.kind is Kind.CLARIFY for d in made),
    )


@dataclass(frozen=True, slots=True)
class Dialogues:
    """The ends of turns in which callers answer the one clarifying question they are asked."""

    result: Result
    """After it: answers are those spoken at once and those spoken after the question."""
    asked: int
    """Queries that were asked back, and of them:"""
    asked_unknown: int
    """those that no entry answers,"""
    in_vain: int
    """those whose right entry was not among the options."""

    def figures(self) -> dict[str, float]:
        """Percentages; ``clarified_right_pct`` is of the queries with a right entry.

        ``clarified_misled_pct``: wrong, of answers, if everybody whose entry was not among the
        options took the first one all the same.
        """
        result, unknown = self.result, self.result.queries - self.result.known
        misled = result.wrong + self.in_vain, result.answers + self.in_vain
        return {
            **share("clarified_right_pct", result.right, result.known),
            **share("clarified_wrong_pct", result.wrong, result.answers),
            **share("clarified_misled_pct", *misled),
            **share("asked_pct", self.asked, result.queries),
            **share("asked_unknown_pct", self.asked_unknown, unknown),
            **share("asked_in_vain_pct", self.in_vain, self.asked),
        }


def converse(
    matcher: Matcher, queries: Sequence[Query], decisions: Sequence[Decision]
) -> Dialogues:
    """Callers who are asked back name what they meant, or say that it is none of it.

    Their reply goes through the matcher as in a call.
    """
    answers = right = asked = unknown = in_vain = 0
    for query, decision in zip(queries, decisions, strict=True):
        ended = decision
        if decision.kind is Kind.CLARIFY and decision.clarify:
            asked += 1
            unknown += not query.entry
            in_vain += query.entry not in decision.clarify
            reply = _reply(query.entry, decision.clarify)
            context = Context(asked=decision.clarify, may_clarify=False)
            ended = matcher.match(reply, final=True, context=context)
        answers += bool(ended.entry)
        right += bool(query.entry) and ended.entry == query.entry
    known = sum(bool(query.entry) for query in queries)
    return Dialogues(Result(len(queries), known, answers, right), asked, unknown, in_vain)


def _reply(meant: str, options: Sequence[str]) -> str:
    if meant not in options:
        return "no" if len(options) == 1 else "neither of them"
    return "yes" if len(options) == 1 else ("the first one", "the second one")[options.index(meant)]


# --- scores and curves ----------------------------------------------------------------------------


def scores(decisions: Sequence[Decision], queries: Sequence[Query]) -> Scores:
    """The matcher's own scores, guards included, for curves over all thresholds."""
    strength = np.array([_strength(decision) for decision in decisions])
    guess = [d.candidates[0].id if d.candidates else "" for d in decisions]
    right = [bool(q.entry) and g == q.entry for g, q in zip(guess, queries, strict=True)]
    return Scores(strength, np.array(right), np.array([bool(q.entry) for q in queries]))


def score_of(decision: Decision) -> float:
    """The score of the best entry, which is what thresholds are compared with; guards aside.

    -1 without one.
    """
    return decision.score if decision.candidates else -1.0


def _strength(decision: Decision) -> float:
    best = decision.candidates[0].id if decision.candidates else ""
    return -1.0 if any(veto.entry == best for veto in decision.vetoes) else score_of(decision)


def risk_coverage(found: Scores, points: int = 50) -> list[dict[str, float]]:
    """Hit rate against wrong rate (of answers), from the surest answers to all of them."""
    sure = np.sort(found.score[found.score >= 0])[::-1]
    if not len(sure):
        return []
    steps = np.unique(np.linspace(0, len(sure) - 1, points).astype(int))
    curve = []
    for threshold in np.unique(sure[steps])[::-1]:
        result = found.at(float(threshold))
        curve.append(
            {
                "threshold": round(float(threshold), 4),
                **share("hit_pct", result.right, result.known),
                **share("wrong_of_answers_pct", result.wrong, result.answers),
            }
        )
    return curve


# --- entry by entry -------------------------------------------------------------------------------


COUNTS = ("queries", "answered", "right", "wrong", "clarified", "missed", "vetoed")
"""The counts of a ``Row``, in the order in which people read them."""


@dataclass(slots=True)
class Row:
    """The outcome of the queries of one intent; "" are those that no entry answers."""

    intent: str
    queries: int = 0
    answered: int = 0
    right: int = 0
    wrong: int = 0
    """Answered with another entry."""
    clarified: int = 0
    """Asked back."""
    missed: int = 0
    """Neither answered nor asked back."""
    vetoed: int = 0
    """Queries not answered rightly for which a guard forbade the right entry."""


def by_intent(
    matcher: Matcher, queries: Sequence[Query], decisions: Sequence[Decision]
) -> list[dict[str, Any]]:
    """A ``Row`` for each intent asked, as plain data, those with most wrong answers first."""
    intents = {item.id: item.intent or item.id for item in matcher.knowledge.items}
    rows: dict[str, Row] = {}
    for query, decision in zip(queries, decisions, strict=True):
        intent = intents.get(query.entry, "")
        row = rows.setdefault(intent, Row(intent))
        right = bool(query.entry) and decision.entry == query.entry
        row.queries += 1
        row.answered += bool(decision.entry)
        row.right += right
        row.wrong += bool(decision.entry) and not right
        row.clarified += decision.kind is Kind.CLARIFY
        row.missed += not decision.entry and decision.kind is not Kind.CLARIFY
        row.vetoed += not right and any(v.entry == query.entry for v in decision.vetoes)
    ordered = sorted(rows.values(), key=lambda r: (-r.wrong, -(r.queries - r.right), r.intent))
    return [asdict(row) for row in ordered]
