"""A decision in the core's words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.events import Verdict, VerdictKind
from gateway.shell.judging import MUTE, Evidence, Shadow, brief, judge, passed_on
from gateway.shell.routing import Routing
from intents.decision import Candidate, Decision, Kind, Veto
from tests.house import FakeMatcher, answer, catalogue, serving

MADE = serving(catalogue(), FakeMatcher())


def test_a_miss_has_its_likely_intent_and_prompt() -> None:
    near = Candidate(id="hours", intent="opening", question="", similarity=0.5, probability=0.5)
    decision = Decision(kind=Kind.MISS, candidates=(near,))
    routing = Routing.of({"opening": "transfer"}, {"opening": "Be brief."})
    verdict = judge(decision, MADE, routing, 0.001, "x")
    assert (verdict.kind, verdict.action) == (VerdictKind.MISS, "")
    assert (verdict.intent, verdict.prompt) == ("opening", "Be brief.")


def test_a_shadow_is_passed_on_as_without_a_cache() -> None:
    """All that the core and the agent are told is the same; the evidence is for the record."""
    verdict = passed_on("matching is off", Shadow(MADE))
    assert replace(verdict, evidence=None) == passed_on("matching is off")
    assert verdict == Verdict(
        kind=VerdictKind.MISS, reason=verdict.reason, evidence=verdict.evidence
    )


def test_a_shadow_is_settled_as_the_settings_route_it_and_tells_who_waits() -> None:
    shadow = Shadow(MADE)
    routing = Routing.of({"opening": "transfer"}, {})
    shadow.settle(answer("hours"), routing, 0.002)
    assert shadow.decision is not None
    assert (shadow.decision.kind, shadow.decision.action) == (Kind.ROUTE, "transfer")
    told: list[bool] = []
    late = Shadow(MADE, late=lambda: told.append(late.decision is not None))
    late.settle(answer("hours"), Routing(), 0.002)
    assert told == [True]


def test_a_clarifying_question_is_made_of_four_clips() -> None:
    decision = Decision(kind=Kind.CLARIFY, clarify=("hours", "holidays"))
    verdict = judge(decision, MADE, Routing(), 0.001, "x")
    assert verdict.clarify == ("hours", "holidays")
    keys = ("line:clarify", "label:hours", "line:clarify_or", "label:holidays")
    assert verdict.clips == keys
    assert verdict.length == pytest.approx(1.0)


def test_a_question_about_one_entry_is_made_of_two() -> None:
    decision = Decision(kind=Kind.CLARIFY, clarify=("hours",), upset=True)
    verdict = judge(decision, MADE, Routing(), 0.001, "x")
    assert (verdict.clips, verdict.upset) == (("line:clarify", "label:hours"), True)
    assert verdict.length == pytest.approx(0.5)


def test_half_a_question_is_not_spoken() -> None:
    decision = Decision(kind=Kind.CLARIFY, clarify=("hours", "balance"))
    assert judge(decision, MADE, Routing(), 0.001, "x").clips == ()


def test_an_answer_that_is_not_rendered_is_a_miss_with_its_evidence() -> None:
    verdict = judge(answer("balance"), MADE, Routing(), 0.001, "x")
    assert (verdict.kind, verdict.clips, verdict.entry) == (VerdictKind.MISS, (), "")
    assert (verdict.reason, verdict.intent) == (MUTE, "account")
    assert isinstance(verdict.evidence, Evidence)
    assert verdict.evidence.decision.entry == "balance"


@pytest.mark.parametrize("key", ["line:clarify", "line:clarify_or", "label:hours"])
def test_so_is_a_question_of_which_one_clip_is_lost(key: str) -> None:
    made = serving(catalogue(), FakeMatcher())
    decision = Decision(kind=Kind.CLARIFY, clarify=("hours", "holidays"))
    made.lost.add(key)
    assert judge(decision, made, Routing(), 0.001, "x").kind is VerdictKind.MISS
    made.lost.clear()
    assert judge(decision, made, Routing(), 0.001, "x").kind is VerdictKind.CLARIFY


def test_an_action_whose_answer_is_lost_is_carried_out_all_the_same() -> None:
    made = serving(catalogue(), FakeMatcher())
    made.lost.add("entry:hours")
    routing = Routing.of({"opening": "transfer"}, {})
    verdict = judge(answer("hours"), made, routing, 0.001, "x")
    assert (verdict.kind, verdict.action, verdict.clips) == (VerdictKind.ROUTE, "transfer", ())


def test_the_beginning_of_a_longer_question_is_open() -> None:
    for text, more in (("when do you", True), ("when do you open", False)):
        verdict = judge(answer("hours"), MADE, Routing(), 0.001, text)
        assert verdict.open_ended is more


def test_a_miss_keeps_its_evidence() -> None:
    near = Candidate(
        id="hours", intent="opening", question="when?", similarity=0.71234, probability=0.5
    )
    veto = Veto(guard="numbers", entry="hours", reason="two is not three")
    decision = Decision(kind=Kind.MISS, reason="vetoed", candidates=(near,), vetoes=(veto,))
    verdict = judge(decision, MADE, Routing(), 0.001, "x")
    assert (verdict.kind, verdict.reason, verdict.clips) == (VerdictKind.MISS, "vetoed", ())
    assert isinstance(verdict.evidence, Evidence)
    assert verdict.evidence.decision is decision


def test_a_brief_holds_what_there_is() -> None:
    miss = Verdict(kind=VerdictKind.MISS)
    assert brief(miss) == {}
    assert brief(replace(miss, intent="opening")) == {"intent": "opening"}
