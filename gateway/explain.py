"""A decision as people and programs read it: ``frontline ask`` and ``/admin/v1/ask`` alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gateway.ports.store import Entry
from intents.decision import Decision, Kind
from intents.matcher import Matcher

PATHS = {Kind.ANSWER: "cache", Kind.CLARIFY: "clarify", Kind.ROUTE: "route", Kind.MISS: "handoff"}
"""The path a turn takes by its decision; a miss goes to the agent where there is one."""


def explain(
    decision: Decision,
    entries: Mapping[str, Entry],
    *,
    catalogue: int,
    match_ms: float,
    miss: str = PATHS[Kind.MISS],
) -> dict[str, Any]:
    """The decision with its evidence, ready for JSON; ``miss`` is the path of a miss."""
    entry = entries.get(decision.entry)
    return {
        "path": miss if decision.kind is Kind.MISS else PATHS[decision.kind],
        "entry": None
        if entry is None
        else {"id": entry.id, "intent": entry.intent, "answer": entry.answer},
        "action": decision.action,
        "question": decision.question,
        "confidence": round(decision.confidence, 4),
        **evidence(decision),
        "catalogue": catalogue,
        "match_ms": round(match_ms, 3),
    }


def evidence(decision: Decision) -> dict[str, Any]:
    """Return the evidence of the decision, as plain data."""
    return {
        "reason": decision.reason,
        "score": round(decision.score, 4) if decision.candidates else None,
        "reading": None if decision.reading is None else round(decision.reading, 2),
        "candidates": [
            {
                **asdict(one),
                "similarity": round(one.similarity, 4),
                "probability": round(one.probability, 4),
            }
            for one in decision.candidates
        ],
        "vetoes": [
            {"guard": one.guard, "entry": one.entry, "reason": one.reason}
            for one in decision.vetoes
        ],
        "clarify": list(decision.clarify) if decision.clarify else None,
    }


def demands(decision: Decision, matcher: Matcher) -> dict[str, Any]:
    """Return what the matcher asks of the best entry now: the lowest score that is answered,
    the weight of reading in it, and the shares of near misses and look-alikes that both are for."""
    best = decision.candidates[0].id if decision.candidates else ""
    return {
        "threshold": round(matcher.threshold_of(best), 4) if best else None,
        "reading_weight": matcher.point.calibration.weight,
        "near_share": matcher.point.near_share,
        "look_alikes": matcher.point.look_alikes,
    }
