"""A caller whose recogniser is lost: nothing of them is understood any more."""

from __future__ import annotations

import pytest

from gateway.core.actions import Action, CloseTurn, EndCall, Match, Play, Source, Stop, TellSpeech
from gateway.core.caller import KEYS
from gateway.core.events import (
    AgentAudio,
    AgentDone,
    AudioStarted,
    Event,
    HungUp,
    KeyPressed,
    PlaybackDone,
    PlaybackFailed,
    RecogniserLost,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.states import State
from tests.script import Script, clarify, final, miss, partial, play, says, speaking, waiting

WHY = "the recogniser failed"


def lost(script: Script, now: float, *expected: type[Action]) -> Script:
    return script.at(now, RecogniserLost(), *expected)


def test_it_is_told_at_once_where_nothing_else_is_said() -> None:
    script = says(lost(Script(recogniser=True), 1.0, Play), "handoff")
    script.at(1.1, AudioStarted(generation=1)).nothing()
    script.at(3.2, PlaybackDone(generation=1), EndCall(reason=WHY))
    assert script.call.state is State.CLOSED


def test_what_is_being_said_is_said_to_its_end() -> None:
    script = lost(speaking(), 1.0).nothing()
    says(script.at(4.5, PlaybackDone(generation=1), Play), "handoff")
    script.at(6.6, PlaybackDone(generation=2), EndCall)


def test_a_reply_that_is_waited_for_is_heard() -> None:
    script = lost(waiting(), 1.1).nothing()
    script.at(1.2, AgentAudio(turn=1, text="It scatters.", length=1.0), Play)
    script.at(1.2, AudioStarted(generation=1), CloseTurn).at(1.3, AgentDone(turn=1)).nothing()
    says(script.at(2.3, PlaybackDone(generation=1), Play), "handoff")


def test_what_was_stopped_for_a_voice_goes_on() -> None:
    script = speaking().at(1.0, VoiceStarted(at=1.0), TellSpeech).tick(1.6, Stop)
    assert script.call.state is State.HELD
    order = play(lost(script, 1.8, Play))
    assert order.source is Source.CACHE and script.call.turn is None


@pytest.mark.parametrize(
    "event",
    [VoiceStarted(at=1.2), VoiceStopped(at=1.2), partial("stop"), final("when do you open")],
    ids=lambda event: type(event).__name__,
)
def test_nobody_understands_what_comes_afterwards(event: Event) -> None:
    script = lost(Script(recogniser=True), 1.0, Play)
    script.at(1.2, event).nothing()
    assert script.call.turn is None


def test_a_turn_that_was_begun_is_forgotten() -> None:
    script = Script(recogniser=True).at(1.0, VoiceStarted(at=0.9), TellSpeech)
    script.at(1.2, partial("when do you"), ...)
    says(lost(script, 1.3, Play), "handoff")


def test_without_a_line_it_ends_at_once() -> None:
    lost(Script(recogniser=True, lines={}), 1.0, EndCall)


def test_a_line_that_cannot_be_played_is_not_waited_for() -> None:
    script = lost(Script(recogniser=True, lines={"handoff": 1.0}), 1.0, Play)
    script.at(1.1, PlaybackFailed(generation=1, reason="gone"), EndCall)


def test_a_key_stops_the_line_but_not_the_end() -> None:
    script = lost(Script(recogniser=True), 1.0, Play)
    says(script.at(1.5, KeyPressed(digit="7"), Stop, Play), "handoff")
    script.at(3.6, PlaybackDone(generation=2), EndCall)


def test_a_key_is_still_an_answer() -> None:
    script = Script(recogniser=True).at(1.0, KeyPressed(digit="0"), Match)
    script.decide(1.1, clarify(), ...)
    lost(script, 1.2).nothing()
    script.at(2.0, KeyPressed(digit="1"), Stop, CloseTurn, Match)
    assert script.matches[-1].text == KEYS[2]["1"]


def test_hanging_up_meanwhile_is_the_end() -> None:
    script = lost(speaking(), 1.0).nothing()
    script.at(1.1, HungUp(), Stop, CloseTurn)
    assert script.call.deadline is None


def test_our_own_mistake_does_not_bring_it_back() -> None:
    script = lost(speaking(), 1.0).nothing()
    script.call.recover(1.1)
    says(script.at(3.2, PlaybackDone(generation=2), Play), "handoff")


def test_what_has_been_handed_off_is_not_handed_off_again() -> None:
    script = Script(recogniser=True).at(1.0, KeyPressed(digit="0"), Match)
    says(script.decide(1.1, miss()), "handoff")
    script.at(1.15, AudioStarted(generation=1), CloseTurn)
    lost(script, 1.2).nothing()
    script.at(3.3, PlaybackDone(generation=1), EndCall)
