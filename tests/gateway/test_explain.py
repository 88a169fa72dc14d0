"""A decision in the words of ``/admin/v1/ask``."""

from __future__ import annotations

import json

import pytest

from gateway.explain import explain
from gateway.ports import Entry
from intents.decision import Candidate, Decision, Kind, Veto

ENTRY = Entry(id="hours", intent="opening_hours", questions=("when?",), answer="At nine.")


def test_an_answer_has_its_entry_and_evidence() -> None:
    near = Candidate(
        id="hours", intent="opening_hours", question="when?", similarity=0.91234, probability=1
    )
    veto = Veto(guard="numbers", entry="fees", reason="two is not three")
    decision = Decision(
        kind=Kind.ANSWER, entry="hours", confidence=0.987654, candidates=(near,), vetoes=(veto,)
    )
    answer = explain(decision, {"hours": ENTRY}, catalogue=4, match_ms=1.23456)
    assert answer["path"] == "cache"
    assert answer["entry"] == {"id": "hours", "intent": "opening_hours", "answer": "At nine."}
    assert answer["confidence"] == 0.9877
    assert answer["candidates"][0]["similarity"] == 0.9123
    assert answer["vetoes"] == [{"guard": "numbers", "entry": "fees", "reason": "two is not three"}]
    assert (answer["catalogue"], answer["match_ms"], answer["clarify"]) == (4, 1.235, None)
    assert json.loads(json.dumps(answer)) == answer


@pytest.mark.parametrize(
    ("kind", "path"),
    [(Kind.CLARIFY, "clarify"), (Kind.ROUTE, "route"), (Kind.MISS, "handoff")],
)
def test_paths(kind: Kind, path: str) -> None:
    answer = explain(Decision(kind=kind), {}, catalogue=1, match_ms=0)
    assert (answer["path"], answer["entry"]) == (path, None)


def test_a_miss_goes_where_misses_go() -> None:
    answer = explain(Decision(kind=Kind.MISS), {}, catalogue=1, match_ms=0, miss="agent")
    assert answer["path"] == "agent"


def test_the_two_of_a_question_are_a_list() -> None:
    decision = Decision(kind=Kind.CLARIFY, clarify=("a", "b"))
    assert explain(decision, {}, catalogue=1, match_ms=0)["clarify"] == ["a", "b"]
