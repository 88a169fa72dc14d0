"""A clip that cannot be played: the turn goes on, and its account says which way."""

from __future__ import annotations

import pytest

from gateway.core.actions import Act, AskAgent, CloseTurn, EndCall, Path, Play, TellDecision
from gateway.core.events import (
    AgentAudio,
    AgentDone,
    AgentFailed,
    AudioStarted,
    MarkReached,
    PlaybackDone,
    PlaybackFailed,
    Verdict,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.states import State
from tests.script import FILLERS, LINES, Script, answer, clarify, final, route

AGENT = Policy(agent=True)


def lost(generation: int = 1) -> PlaybackFailed:
    return PlaybackFailed(generation=generation, reason="the clip is missing or damaged")


def asked(verdict: Verdict, policy: Policy | None = None, **given: object) -> Script:
    """A question that was decided so, whose clip is lost 10 ms later."""
    script = Script(policy, lines={**LINES, **FILLERS}).at(1.0, final("when do you open"), ...)
    return script.decide(1.01, verdict, TellDecision, Play)


def decision(script: Script) -> TellDecision:
    [told] = [one for one in script.actions if isinstance(one, TellDecision)]
    return told


def account(script: Script) -> CloseTurn:
    return next(one for one in script.actions if isinstance(one, CloseTurn))


def said(script: Script) -> tuple[str, ...]:
    return script.plays[-1].clips


@pytest.mark.parametrize("verdict", [answer(), clarify(), clarify(second="")], ids=lambda v: v.kind)
def test_what_has_an_agent_goes_to_the_agent_as_a_miss(verdict: Verdict) -> None:
    script = asked(verdict, AGENT).at(1.02, lost(), TellDecision, AskAgent)
    assert decision(script).path is Path.AGENT
    ask = script.actions[-1]
    assert isinstance(ask, AskAgent)
    assert (ask.turn, ask.text, ask.history) == (1, "when do you open", ())
    assert (ask.route, ask.tool) == ("", "")
    assert script.call.state is State.WAITING
    script.at(1.2, AgentAudio(turn=1, length=1.0, text="At nine."), Play)
    script.at(1.2, AudioStarted(generation=2), CloseTurn)
    assert (account(script).path, account(script).lost) == (Path.AGENT, True)
    timeline = account(script).timeline
    assert timeline["agent"] == pytest.approx(0.18)
    assert sum(v for k, v in timeline.items() if k != "ttfa") == pytest.approx(timeline["ttfa"])
    script.at(2.0, AgentDone(turn=1)).at(2.3, PlaybackDone(generation=2))
    assert script.call.response.history.said == (
        ("user", "when do you open"),
        ("assistant", "At nine."),
    )


def test_the_agent_is_covered_by_fillers_and_may_fail() -> None:
    script = asked(answer(), AGENT).at(1.02, lost(), TellDecision, AskAgent)
    script.tick(1.02 + AGENT.filler_after, Play)
    assert said(script) == ("line:filler:1",)
    script.at(2.12, PlaybackDone(generation=2))
    script.at(2.2, AgentFailed(turn=1, reason="x"), TellDecision, Play)
    assert (decision(script).path, said(script)) == (Path.HANDOFF, ("line:handoff",))
    script.at(2.21, AudioStarted(generation=3), CloseTurn)
    assert (account(script).path, account(script).lost) == (Path.HANDOFF, True)


@pytest.mark.parametrize("verdict", [answer(), clarify()], ids=lambda v: v.kind)
def test_without_an_agent_it_is_handed_off(verdict: Verdict) -> None:
    script = asked(verdict).at(1.02, lost(), TellDecision, Play)
    assert (decision(script).path, said(script)) == (Path.HANDOFF, ("line:handoff",))
    script.at(1.03, AudioStarted(generation=2), CloseTurn)
    assert (account(script).path, account(script).lost) == (Path.HANDOFF, True)
    script.at(4.0, PlaybackDone(generation=2)).nothing()


def test_a_question_that_was_not_heard_offers_nothing() -> None:
    script = asked(clarify()).at(1.02, lost(), TellDecision, Play)
    assert script.call.response.asked.offered is None


def test_the_next_line_is_said_where_a_line_is_lost_and_the_account_is_given_in_any_case() -> None:
    script = asked(answer()).at(1.02, lost(1), TellDecision, Play).at(1.03, lost(2), Play)
    assert said(script) == ("line:failure",)
    script.at(1.04, lost(3), CloseTurn)
    assert (account(script).path, account(script).lost) == (Path.HANDOFF, True)
    assert script.call.state is State.QUIET
    script.at(2.0, final("when do you open"), ...).decide(2.01, answer(), TellDecision, Play)


def test_unclear_words_whose_line_is_lost_go_on_too() -> None:
    script = Script(AGENT).at(1.0, final("mumble", confidence=0.1), ...)
    script.decide(1.01, answer(), TellDecision, Play)
    assert said(script) == ("line:not_understood",)
    script.at(1.02, lost(), TellDecision, AskAgent)


def test_unclear_words_without_a_line_to_ask_again_are_handed_off() -> None:
    script = Script(lines={"handoff": 1.0}).at(1.0, final("mumble", confidence=0.1), ...)
    script.decide(1.01, answer(), TellDecision, Play)
    assert (decision(script).path, said(script)) == (Path.HANDOFF, ("line:handoff",))


def test_silence_is_nothing_for_an_agent() -> None:
    script = Script(AGENT, recogniser=True).at(1.0, VoiceStarted(at=0.9), ...)
    script.at(1.5, VoiceStopped(at=1.5), ...)
    while not script.plays:
        script.tick(script.call.deadline or 0.0, ...)
    assert said(script) == ("line:not_understood",)
    script.at(script.now, lost(), TellDecision, Play)
    assert said(script) == ("line:handoff",)


def test_an_action_is_announced_by_another_line_and_carried_out() -> None:
    verdict = Verdict(
        kind=answer().kind.ROUTE, action="transfer", entry="x", clips=("entry:x",), length=1.0
    )
    script = asked(verdict, AGENT).at(1.02, lost(), Play)
    assert said(script) == ("line:handoff",)
    script.at(1.03, AudioStarted(generation=2), CloseTurn)
    assert (account(script).path, account(script).lost) == (Path.ROUTE, True)
    script.at(4.0, PlaybackDone(generation=2), Act)


def test_a_goodbye_ends_the_call_all_the_same() -> None:
    script = asked(route("control:goodbye")).at(1.02, lost(), Play)
    assert said(script) == ("line:failure",)
    script.at(1.03, lost(2), CloseTurn, EndCall)


def test_the_failure_line_stands_in_where_there_is_no_hand_off_line() -> None:
    script = Script(lines={"failure": 1.0}).at(1.0, final("when"), ...)
    script.decide(1.01, Verdict(kind=answer().kind.MISS), TellDecision, Play)
    assert said(script) == ("line:failure",)
    script = Script(AGENT, lines={"failure": 1.0}).at(1.0, final("when"), ...)
    script.decide(1.01, Verdict(kind=answer().kind.MISS), TellDecision, AskAgent)
    script.at(1.2, AgentFailed(turn=1, reason="x"), TellDecision, Play)
    assert said(script) == ("line:failure",)


def test_an_answer_that_was_begun_is_not_put_to_an_agent() -> None:
    """It is lost when it is to go on after a cough: what was heard of it was heard."""
    script = Script(AGENT, recogniser=True, lines=LINES).at(1.0, VoiceStarted(at=0.9), ...)
    script.at(1.2, final("when do you open"), ...).decide(1.21, answer(), ...)
    script.at(1.5, VoiceStopped(at=1.5), ...)
    while not script.plays:
        script.tick(script.call.deadline or 0.0, ...)
    script.at(script.now + 0.01, AudioStarted(generation=1), CloseTurn)
    now = script.now
    script.at(now + 1.0, MarkReached(generation=1, position=1.0))
    script.at(now + 1.1, VoiceStarted(at=now + 1.1), ...)
    while script.call.state is not State.HELD:
        script.tick(script.call.deadline or 0.0, ...)
    script.at(script.now + 0.1, VoiceStopped(at=script.now + 0.1), ...)
    while len(script.plays) == 1:
        script.tick(script.call.deadline or 0.0, ...)
    script.at(script.now + 0.01, lost(2), Play)
    assert said(script) == ("line:failure",)
