"""What a caller says while an answer is waited for, as conversations."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from gateway.core.actions import (
    Action,
    AskAgent,
    CancelAgent,
    Path,
    Play,
    Source,
    Stop,
    TellDecision,
)
from gateway.core.events import (
    AgentAudio,
    AgentDone,
    AgentText,
    AgentTool,
    Aim,
    AudioStarted,
    DeadlinePassed,
    Event,
    PlaybackDone,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from tests.support.script import FILLERS, LINES, Script, final, miss, partial, route

AGENT = Policy(agent=True, tools=True)
ALL = LINES | FILLERS | {"here": 0.9, "more:2": 1.2}


def asked(*, recogniser: bool = False, lines: dict[str, float] = ALL) -> Script:
    """An agent is at "my balance", and nothing was heard of it."""
    script = Script(AGENT, recogniser=recogniser, lines=lines)
    script.at(1.0, final("my balance"), ...)
    return script.decide(1.0, route("tool:balance"), TellDecision, AskAgent)


def hello(text: str = "hello", **fields: object) -> Event:
    return final(text, aim=Aim.PRESENCE, **fields)


def plays(actions: list[Action]) -> list[str]:
    return [str(one.line or one.source.value) for one in actions if isinstance(one, Play)]


def test_who_asks_if_somebody_is_there_is_told_so_and_nothing_is_cancelled() -> None:
    script = asked()
    script.at(1.05, hello(), Play)
    assert plays(script.actions) == ["here"]
    script.at(1.1, AgentText(turn=1))
    script.at(1.2, AgentAudio(turn=1, length=1.0, text="It is ten."), Play)
    assert script.actions[0].source is Source.AGENT  # type: ignore[attr-defined]


def test_over_a_filler_it_needs_no_answer() -> None:
    script = asked()
    script.tick(1.3, Play)
    script.at(1.5, hello())
    assert plays(script.actions) == []


def test_without_the_line_another_is_said() -> None:
    lines = {**LINES, **FILLERS}
    script = asked(lines=lines)
    script.at(1.05, hello(), Play)
    assert plays(script.actions) == ["more:1"]
    script = asked(lines=LINES)
    script.at(1.05, hello())
    assert script.actions == []


def test_what_may_become_such_a_question_stops_nothing_yet() -> None:
    script = asked(recogniser=True)
    script.at(1.02, VoiceStarted(at=1.0), ...)
    script.at(1.05, partial("are you", aim=Aim.PRESENCE), ...)
    assert not any(isinstance(one, CancelAgent) for one in script.actions)
    script.at(1.08, partial("are you open on sundays"), ...)
    assert any(isinstance(one, CancelAgent) for one in script.actions)


def test_once_the_answer_is_heard_it_is_an_interruption_like_any_other() -> None:
    script = asked()
    script.at(1.05, AgentAudio(turn=1, length=1.0, text="It is ten."), Play)
    script.at(1.2, hello(), Stop, ...)


def test_hello_every_two_seconds_during_a_tool_of_eight() -> None:
    """The tool runs once, the answer comes, and no line is said twice running."""
    script = asked(recogniser=True)
    said: list[str] = []
    orders: list[Action] = []
    on_air: dict[int, float] = {}  # generation -> its end
    steps: list[tuple[float, Event]] = [(1.5, AgentTool(turn=1, name="other"))]
    for number in range(4):
        at = 2.0 + 2 * number
        steps += [(at, VoiceStarted(at=at - 0.1)), (at + 0.2, partial("hello", aim=Aim.PRESENCE))]
        steps += [(at + 0.4, VoiceStopped(at=at + 0.3)), (at + 0.5, hello())]
    steps += [(9.0, AgentText(turn=1)), (9.1, AgentAudio(turn=1, length=2.0, text="It is ten."))]
    steps += [(9.2, AgentDone(turn=1))]
    steps.sort(key=lambda one: one[0])

    def take(now: float, event: Event) -> None:
        actions = script.call.receive(event, now)
        orders.extend(actions)
        for one in actions:
            if isinstance(one, Stop):
                on_air.pop(one.generation, None)
            if isinstance(one, Play):
                said.append(str(one.line or one.source.value))
                length = ALL.get(str(one.line), 2.0)
                on_air[one.generation] = max([now, *on_air.values()]) + length

    def until(now: float) -> None:
        while True:
            ends = [(at, PlaybackDone(generation=one)) for one, at in on_air.items()]
            due = script.call.deadline
            times = sorted([*ends, *([(due, DeadlinePassed())] if due is not None else [])],
                           key=lambda one: one[0])  # fmt: skip
            if not times or times[0][0] > now:
                return
            at, event = times[0]
            if isinstance(event, PlaybackDone):
                on_air.pop(event.generation)
            take(at, event)

    for now, event in steps:
        until(now)
        take(now, event)
    until(15.0)
    assert not any(isinstance(one, CancelAgent) for one in orders)
    assert not any(isinstance(one, AskAgent) for one in orders)
    assert said.count("agent") == 1
    assert said[-1] == "agent"
    assert said.count("here") == 1
    assert all(one != other for one, other in pairwise(said))


@pytest.mark.parametrize("recogniser", [False, True])
def test_what_is_added_is_joined_to_the_question(recogniser: bool) -> None:
    script = asked(recogniser=recogniser)
    if recogniser:
        script.at(1.02, VoiceStarted(at=1.0), ...)
        script.at(1.1, partial("and for my wife", aim=Aim.ADDITION), ...)
        assert any(isinstance(one, CancelAgent) for one in script.actions)
        script.at(1.12, partial("and for my wife too", aim=Aim.ADDITION), ...)
        script.at(1.3, VoiceStopped(at=1.2), ...)
        script.at(1.35, final("and for my wife too", aim=Aim.ADDITION), ...)
        script.decide(1.36, miss())
        script.tick(1.85, TellDecision, AskAgent)
    else:
        script.at(1.1, final("and for my wife too", aim=Aim.ADDITION), CancelAgent, ...)
        script.decide(1.12, miss(), TellDecision, AskAgent)
    assert script.actions[1] == AskAgent(
        turn=2, text="my balance and for my wife too", history=(), tool="balance"
    )


def test_what_is_added_to_an_answer_that_was_heard_is_a_turn_of_its_own() -> None:
    script = asked()
    script.at(1.05, AgentAudio(turn=1, length=1.0, text="It is ten."), Play)
    script.at(1.06, AudioStarted(generation=1), ...)
    script.at(1.5, final("and for my wife too", aim=Aim.ADDITION), ...)
    script.decide(1.52, miss(), TellDecision, AskAgent)
    assert script.actions[1].text == "and for my wife too"  # type: ignore[attr-defined]


def test_what_was_added_to_is_added_to_again() -> None:
    script = asked()
    for at, text in ((1.05, "and for my wife"), (1.1, "and for my son")):
        script.at(at, final(text, aim=Aim.ADDITION), CancelAgent, ...)
        script.decide(at + 0.01, miss(), TellDecision, AskAgent)
    assert script.actions[1].text == "my balance and for my wife and for my son"  # type: ignore[attr-defined]


def test_what_takes_it_back_ends_the_wait() -> None:
    script = asked()
    script.at(1.05, final("never mind"), CancelAgent, ...)
    script.decide(1.06, route("control:stop"), TellDecision, ...)
    (decision,) = [one for one in script.actions if isinstance(one, TellDecision)]
    assert decision.path is Path.ROUTE
    assert script.call.deadline is not None
    assert not script.call.response.handover.waiting
    script.at(1.5, final("and for my wife", aim=Aim.ADDITION), ...)
    script.decide(1.52, replace(miss()), TellDecision, AskAgent)
    assert script.actions[1].text == "and for my wife"  # type: ignore[attr-defined]


def test_an_answer_that_is_there_is_the_sign() -> None:
    script = asked(recogniser=True)
    script.at(1.02, VoiceStarted(at=1.0), ...)
    script.at(1.1, AgentAudio(turn=1, length=1.0, text="It is ten."))
    script.at(1.4, VoiceStopped(at=1.3), ...)
    script.at(1.45, hello(), ...)
    assert plays(script.actions) == ["agent"]
