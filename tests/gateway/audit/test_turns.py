"""The reasoning about recorded turns."""

from __future__ import annotations

import pytest

from gateway.audit.turns import (
    BUDGETS,
    CARRIER,
    TTFA,
    AuditReport,
    AuditStage,
    Way,
    audit,
    known,
    within_reach,
    worst,
)
from gateway.core.ledger import Owner
from gateway.ports.records import TurnRecord
from tests.support.documents import TEXTS, coded, rows, section
from tests.support.stored import turn


def waited(number: int = 1, path: str = "agent", **waits: float) -> TurnRecord:
    """A turn whose owners took so many ms."""
    timeline = {f"{owner}_ms": ms for owner, ms in waits.items()}
    return turn("a", number, path=path, timeline={**timeline, "ttfa_ms": sum(waits.values())})


def way(report: AuditReport, path: str) -> Way:
    (found,) = [one for one in report.ways if one.path == path]
    return found


def stage(report: AuditReport, path: str, name: str) -> AuditStage:
    (found,) = [one for one in way(report, path).stages if one.name == name]
    return found


def test_every_owner_has_a_budget_and_the_chain_of_an_agents_turn_is_the_whole() -> None:
    assert {owner.value for owner in Owner} | {CARRIER, TTFA} == set(BUDGETS)
    chain = ["transport", CARRIER, "endpointing", "stt", "match", "agent", "tts", "gateway"]
    assert sum(BUDGETS[name] for name in chain) == BUDGETS[TTFA] == 800
    assert within_reach(BUDGETS) == 700


def test_figures_by_path_and_stage() -> None:
    turns = [waited(n, endpointing=200.0, agent=3.0 * n, gateway=2.0) for n in range(1, 101)]
    turns.append(waited(1, "cache", endpointing=200.0, gateway=4.0))
    report = audit(turns)
    assert [(one.path, one.turns) for one in report.ways] == [("agent", 100), ("cache", 1)]
    agent = stage(report, "agent", "agent")
    assert (agent.count, agent.p50, agent.p95, agent.p99) == (100, 150.0, 285.0, 297.0)
    assert agent.budget == 280
    assert agent.over == 5.0
    whole = way(report, "agent").whole
    assert (whole.name, whole.p95, whole.budget) == (TTFA, 487.0, 700)
    assert agent.share == pytest.approx(15150 / (15150 + 20200))
    assert sum(one.share for one in way(report, "agent").stages) == pytest.approx(1.0)


def test_the_cost_is_what_a_mean_turn_is_over() -> None:
    slow = waited(1, endpointing=200.0, tool=1300.0)
    report = audit([slow, *(waited(n, endpointing=250.0) for n in range(2, 11))])
    tool, silence = stage(report, "agent", "tool"), stage(report, "agent", "endpointing")
    assert (tool.count, tool.over, tool.cost) == (1, 1000.0, 100.0)
    assert (silence.count, silence.over, silence.cost) == (10, 50.0, 45.0)
    assert [one.name for one in way(report, "agent").stages] == ["tool", "endpointing"]


def test_what_each_may_take_is_the_operators_to_say() -> None:
    report = audit([waited(agent=400.0)], budgets={**BUDGETS, "agent": 350.0, "ttfa": 450.0})
    assert (stage(report, "agent", "agent").over, way(report, "agent").whole.over) == (50.0, 50.0)
    assert report.over
    kept = audit([waited(agent=400.0)], {"agent": 500.0}, budgets={**BUDGETS, "agent": 350.0})
    assert stage(kept, "agent", "agent").budget == 500.0


def test_a_path_is_judged_as_a_whole_and_by_the_percentile_asked_for() -> None:
    turns = [waited(n, agent=400.0 if n <= 90 else 900.0) for n in range(1, 101)]
    assert audit(turns).over
    assert not audit(turns, at=50).over
    assert not audit(turns, {"ttfa": 1000.0}).over
    assert audit(turns, {"ttfa": 999.0}).over, "100 of it are the sound's way"
    assert not audit(turns, {"ttfa": 900.0, "transport": 0.0, "carrier": 0.0}).over


def test_a_stage_is_only_held_against_the_turns_where_that_was_asked_for() -> None:
    turns = [waited(n, endpointing=500.0) for n in range(30)]
    report = audit(turns)
    assert stage(report, "agent", "endpointing").over == 300.0
    assert not report.over
    assert audit(turns, {"endpointing": 499.0}).over
    assert not audit(turns, {"endpointing": 500.0}).over


def test_the_worst_comes_first_whichever_its_path() -> None:
    turns = [waited(n, "agent", endpointing=300.0, agent=900.0) for n in range(10)]
    turns += [waited(n, "cache", endpointing=350.0, gateway=21.0) for n in range(100)]
    report = audit(turns)
    assert [one.path for one in report.ways] == ["agent", "cache"]
    assert worst(report) == [
        ("endpointing", "cache", 150.0),
        ("agent", "agent", 620.0),
        ("gateway", "cache", 1.0),
    ]


def test_turns_without_sound_and_marks_that_are_no_wait_are_left_out() -> None:
    cut = turn("a", 1, timeline={"gateway_ms": 5.0, "ttfa_ms": 5.0, "heard_ms": 900.0})
    never = turn("a", 2, timeline={"heard_ms": 0.0})
    report = audit([cut, never, turn("a", 3, path="none")])
    assert report.silent == 2
    assert [one.name for one in way(report, "cache").stages] == ["gateway"]


def test_an_owner_that_is_not_known_has_no_budget() -> None:
    new = stage(audit([waited(new=5000.0)]), "agent", "new")
    assert (new.budget, new.over, new.cost, new.share) == (None, 0.0, 0.0, 1.0)


def test_a_wait_of_nothing_at_all() -> None:
    report = audit([waited(gateway=0.0)])
    assert stage(report, "agent", "gateway").share == 0.0
    assert not report.over


def test_stalls_are_told() -> None:
    stalled = turn("a", 1, timeline={"ttfa_ms": 9.0}, evidence={"stall_ms": 35.5})
    longer = turn("a", 2, timeline={"ttfa_ms": 9.0}, evidence={"stall_ms": 80.0})
    report = audit([stalled, longer, waited(3, gateway=1.0)])
    assert (report.stalled, report.longest_stall) == (2, 80.0)


def test_of_no_turns_there_is_nothing_to_say() -> None:
    report = audit([])
    assert (report.ways, report.over, worst(report)) == ((), False, [])


def test_stages_have_other_names() -> None:
    assert known("llm") == known("agent") == "agent"
    assert known("tts-ttfb") == "tts"
    with pytest.raises(KeyError):
        known("heard")


def test_budgets_and_owners_are_those_documented() -> None:
    text = TEXTS["audit.md"]
    listed = {coded(row[0])[0]: float(row[1]) for row in rows(section(text, "Budgets"))}
    assert listed == BUDGETS
    owners = {coded(row[0])[0] for row in rows(section(text, "The ledger"))}
    assert owners == {owner.value for owner in Owner} - {"transport"}
