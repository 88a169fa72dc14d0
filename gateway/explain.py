"""A decision as people and programs read it: ``frontline ask`` and ``/admin/v1/ask`` alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gateway.ports.store import Entry
from intents.decision import Decision, Kind

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
