"""A decision as people and programs read it: ``frontline ask`` and ``/admin/v1/ask`` alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gateway.ports import Entry
from gateway.redact import redact
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
    """What the decision rests on, as plain data."""
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


def kept_evidence(decision: Decision) -> dict[str, Any]:
    """The evidence as a turn's record keeps it: reasons may quote the caller, so they lose what
    could be personal, and every number."""
    data = evidence(decision)
    vetoes = [{**veto, "reason": without_numbers(veto["reason"])} for veto in data["vetoes"]]
    return {
        "kind": decision.kind.value,
        **data,
        "reason": without_numbers(data["reason"]),
        "vetoes": vetoes,
        **({} if decision.confirmed is None else {"confirmed": decision.confirmed}),
        **({"upset": True} if decision.upset else {}),
    }


def without_numbers(reason: str) -> str:
    """A reason that quotes nobody's numbers; a score, such as 0.76, is ours and stays."""
    return re.sub(r"(?<![\d.])\d+(?![\d.])", "[number]", redact(reason))
