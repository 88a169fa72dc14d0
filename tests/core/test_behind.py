"""A call with a bot behind that hears the caller itself: sure answers, and else nothing."""

from __future__ import annotations

import pytest

from gateway.core.actions import Action, AskAgent, CloseTurn, EndCall, Path, Play, PrepareAgent
from gateway.core.events import (
    AgentReplaced,
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


PAIR = Policy(agent=True, clarify=False)


def replaced(*, owed: bool = False, fresh: bool = False) -> AgentReplaced:
    return AgentReplaced(policy=PAIR, owed=owed, fresh=fresh)


def test_another_agent_answers_what_the_one_behind_owes() -> None:
    script = Script(BEHIND)
    script.at(1.0, FinalHeard(utterance=said("can i bring my dog")), ...)
    script.decide(1.01, miss(), ...)
    assert not any(isinstance(one, AskAgent) for one in script.actions)
    script.at(2.0, replaced(owed=True), ...)
    (asked,) = [one for one in script.actions if isinstance(one, AskAgent)]
    assert asked.text == "can i bring my dog"
    assert asked.turn == 2, "a turn of its own: the first has its record"
    assert asked.history == (), "and it is said once"


def test_another_agent_says_nothing_where_nothing_is_owed() -> None:
    script = Script(BEHIND, lines={**LINES, "greeting": 2.0})
    script.at(1.0, FinalHeard(utterance=said("can i bring my dog")), ...)
    script.decide(1.01, miss(), ...)
    before = len(script.actions)
    script.at(9.0, replaced(), ...)
    assert script.actions[before:] == []
    script.at(10.0, FinalHeard(utterance=said("can i bring my cat")), ...)
    script.decide(10.01, miss(), ...)
    (asked,) = [one for one in script.actions if isinstance(one, AskAgent)]
    assert asked.text == "can i bring my cat"


def test_another_agent_greets_whom_nobody_has_greeted() -> None:
    script = Script(BEHIND, lines={**LINES, "greeting": 2.0})
    script.at(2.0, replaced(fresh=True), ...)
    (greeting,) = [one for one in script.actions if isinstance(one, Play)]
    assert greeting.clips
    assert script.call.deadline is not None, "a silent caller is ours now"


def test_a_caller_who_speaks_is_not_spoken_over() -> None:
    script = Script(BEHIND, lines={**LINES, "greeting": 2.0})
    script.at(1.0, partial("can i bring"), ...)
    before = len(script.actions)
    script.at(1.1, replaced(owed=True, fresh=True), ...)
    assert not any(isinstance(one, (Play, AskAgent)) for one in script.actions[before:])


def test_nobody_is_greeted_asked_or_left() -> None:
    script = Script(BEHIND, lines={**LINES, "greeting": 2.0})
    assert script.actions == []
    assert script.call.deadline is None, "a silent caller is the agent's too"
    script.at(1.0, RecogniserLost(), ...)
    assert not any(isinstance(one, (Play, EndCall)) for one in script.actions)
    assert script.call.receive(DeadlinePassed(), 100.0) == []
