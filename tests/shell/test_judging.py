"""A decision in the core's words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.events import Verdict, VerdictKind
from gateway.shell.judging import Evidence, brief, judge
from gateway.shell.routing import Routing
from intents.decision import Candidate, Decision, Kind, Veto
from tests.house import FakeMatcher, answer, catalogue, serving

MADE = serving(catalogue(), FakeMatcher())


def test_a_miss_has_its_likely_intent_and_prompt() -> None:
    near = Candidate(id="hours", intent="opening", question="", similarity=0.5, probability=0.5)
    decision = Decision(kind=Kind.MISS, candidates=(near,))
    routing = Routing.of({"opening": "transfer"}, {"opening": "Be brief."})
    for shadow in (False, True):
        verdict = judge(decision, MADE, routing, 0.001, "x", shadow=shadow)
        assert (verdict.kind, verdict.action) == (VerdictKind.MISS, "")
        assert (verdict.intent, verdict.prompt) == ("opening", "Be brief.")


def test_in_shadow_only_the_callers_own_commands_count() -> None:
    said = Decision(kind=Kind.ROUTE, action="control:stop")
    verdict = judge(said, MADE, Routing(), 0.001, "stop", shadow=True)
    assert (verdict.kind, verdict.action) == (VerdictKind.ROUTE, "control:stop")
    entry = replace(said, entry="balance")
    assert judge(entry, MADE, Routing(), 0.001, "x", shadow=True).kind is VerdictKind.MISS


def test_a_clarifying_question_is_made_of_four_clips() -> None:
    decision = Decision(kind=Kind.CLARIFY, clarify=("hours", "holidays"))
    verdict = judge(decision, MADE, Routing(), 0.001, "x", shadow=False)
    assert verdict.clarify == ("hours", "holidays")
    keys = ("line:clarify", "label:hours", "line:clarify_or", "label:holidays")
    assert verdict.clips == keys
    assert verdict.length == pytest.approx(1.0)


def test_a_question_about_one_entry_is_made_of_two() -> None:
    decision = Decision(kind=Kind.CLARIFY, clarify=("hours",), upset=True)
    verdict = judge(decision, MADE, Routing(), 0.001, "x", shadow=False)
    assert (verdict.clips, verdict.upset) == (("line:clarify", "label:hours"), True)
    assert verdict.length == pytest.approx(0.5)


def test_half_a_question_is_not_spoken() -> None:
    decision = Decision(kind=Kind.CLARIFY, clarify=("hours", "balance"))
    assert judge(decision, MADE, Routing(), 0.001, "x", shadow=False).clips == ()


def test_an_entry_that_is_not_rendered_has_no_clips() -> None:
    verdict = judge(answer("balance"), MADE, Routing(), 0.001, "x", shadow=False)
    assert (verdict.kind, verdict.clips, verdict.length) == (VerdictKind.ANSWER, (), 0)


def test_the_beginning_of_a_longer_question_is_open() -> None:
    for text, more in (("when do you", True), ("when do you open", False)):
        verdict = judge(answer("hours"), MADE, Routing(), 0.001, text, shadow=False)
        assert verdict.open_ended is more


def test_a_miss_keeps_its_evidence() -> None:
    near = Candidate(
        id="hours", intent="opening", question="when?", similarity=0.71234, probability=0.5
    )
    veto = Veto(guard="numbers", entry="hours", reason="two is not three")
    decision = Decision(kind=Kind.MISS, reason="vetoed", candidates=(near,), vetoes=(veto,))
    verdict = judge(decision, MADE, Routing(), 0.001, "x", shadow=False)
    assert (verdict.kind, verdict.reason, verdict.clips) == (VerdictKind.MISS, "vetoed", ())
    assert isinstance(verdict.evidence, Evidence)
    assert verdict.evidence.decision is decision


def test_a_brief_holds_what_there_is() -> None:
    miss = Verdict(kind=VerdictKind.MISS)
    assert brief(miss) == {}
    assert brief(replace(miss, intent="opening")) == {"intent": "opening"}
