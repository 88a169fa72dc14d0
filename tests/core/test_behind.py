"""A call with a bot behind that hears the caller itself: sure answers, and else nothing."""

from __future__ import annotations

import pytest

from gateway.core.actions import Action, CloseTurn, EndCall, Path, Play, PrepareAgent
from gateway.core.events import (
    DeadlinePassed,
    FinalHeard,
    PlaybackFailed,
    RecogniserLost,
    Verdict,
)
from gateway.core.policy import Policy
from tests.support.script import LINES, Script, answer, clarify, miss, partial, route, said

BEHIND = Policy(agent=True, behind=True, clarify=False, speculate=True)


def turn(verdict: Verdict, text: str = "when do you open today") -> list[Action]:
    """The actions of a turn that is decided so."""
    script = Script(BEHIND)
    script.at(1.0, FinalHeard(utterance=said(text)), ...)
    script.decide(1.01, verdict, ...)
    return script.actions


def test_a_sure_answer_is_spoken() -> None:
    assert any(isinstance(one, Play) for one in turn(answer()))


@pytest.mark.parametrize(
    "verdict",
    [
        miss(),
        clarify(),
        route("transfer", "balance"),
        route("agent:deep", "advice"),
        *(route(f"control:{name}") for name in ("repeat", "stop", "person", "goodbye")),
    ],
    ids=str,
)
def test_all_else_is_the_agents(verdict: Verdict) -> None:
    actions = turn(verdict)
    assert not any(isinstance(one, (Play, EndCall)) for one in actions)
    closed = [one.path for one in actions if isinstance(one, CloseTurn)]
    assert closed == [Path.AGENT], "once, and at once"


def test_a_short_answer_may_be_to_the_agents_question() -> None:
    assert not any(isinstance(one, Play) for one in turn(answer(), "opening hours"))
    assert any(isinstance(one, Play) for one in turn(answer(verbatim=True), "opening hours"))


def test_a_likely_miss_is_known_before_the_turn_is_over() -> None:
    script = Script(BEHIND)
    script.at(1.0, partial("can i bring my dog"), ...)
    script.decide(1.01, miss(), ...)
    script.tick(1.3, ...)
    script.decide(1.31, miss(), PrepareAgent)


def test_a_clip_that_cannot_be_played_says_nothing_else() -> None:
    script = Script(BEHIND)
    script.at(1.0, FinalHeard(utterance=said("when do you open today")), ...)
    script.decide(1.01, answer(), ...)
    script.at(1.02, PlaybackFailed(generation=1, reason="damaged"), ...)
    assert not any(isinstance(one, Play) for one in script.actions)


def test_nobody_is_greeted_asked_or_left() -> None:
    script = Script(BEHIND, lines={**LINES, "greeting": 2.0})
    assert script.actions == []
    assert script.call.deadline is None, "a silent caller is the agent's too"
    script.at(1.0, RecogniserLost(), ...)
    assert not any(isinstance(one, (Play, EndCall)) for one in script.actions)
    assert script.call.receive(DeadlinePassed(), 100.0) == []
