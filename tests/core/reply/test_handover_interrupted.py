"""Turns that are passed to an agent, and the caller speaks, or makes a noise."""

from __future__ import annotations

import pytest

from gateway.core.actions import (
    AskAgent,
    CancelAgent,
    CloseTurn,
    Match,
    Play,
    Source,
    Stop,
    TellDecision,
)
from gateway.core.events import (
    AgentDone,
    AudioStarted,
    HungUp,
    KeyPressed,
    MarkReached,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.states import CallState
from tests.support.script import (
    Script,
    account,
    answering,
    audio,
    backchannel,
    final,
    miss,
    partial,
    play,
    says,
    waiting,
)

AGENT = Policy(agent=True)


class TestTheCallerCutsIn:
    def test_while_the_agent_is_waited_for(self) -> None:
        script = waiting().at(1.2, partial("no wait"), CancelAgent, CloseTurn, Match)
        assert account(script).interrupted and account(script).heard == 0.0
        script.at(1.2, audio(1.0, "Late.")).nothing()
        script.at(1.3, AgentDone(turn=1)).nothing()

    def test_while_a_filler_plays(self) -> None:
        script = waiting().tick(1.3, Play).at(1.3, MarkReached(generation=1, position=0.2))
        script.at(1.5, partial("no wait"), Stop, CancelAgent, CloseTurn, Match)
        assert account(script).heard == 0.0, "of the answer"

    def test_while_the_answer_plays(self) -> None:
        script = answering("One two three four", length=4.0)
        script.at(3.2, MarkReached(generation=1, position=2.0)).nothing()
        script.at(3.3, partial("thank you"), Stop, CancelAgent, CloseTurn, Match)
        assert account(script).interrupted and account(script).heard == 2.0
        script.at(3.3, MarkReached(generation=1, position=4.0)).nothing()
        assert script.call.response.history.said[-1] == ("assistant", "One two")

    def test_by_a_key(self) -> None:
        waiting().at(1.2, KeyPressed(digit="5"), CancelAgent, CloseTurn)

    def test_by_hanging_up(self) -> None:
        script = waiting().at(1.2, HungUp(), CancelAgent, CloseTurn)
        script.at(1.3, audio(1.0)).nothing()

    def test_an_acknowledgement_is_no_interruption(self) -> None:
        waiting().at(1.2, backchannel("uh huh")).nothing().tick(1.3, Play)

    def test_where_nobody_may_interrupt_the_waiting_may_still_be_broken(self) -> None:
        script = waiting(Policy(agent=True, barge_in=False))
        script.at(1.2, partial("no wait"), CancelAgent, CloseTurn, Match)

    def test_two_turns_without_an_answer_are_both_told(self) -> None:
        script = waiting().at(1.2, final("and red"), CancelAgent, CloseTurn, Match)
        script.decide(1.2, miss(), TellDecision, AskAgent)
        asked = script.actions[1]
        assert isinstance(asked, AskAgent) and asked.text == "and red"
        assert asked.history == (("user", "why is the sky blue"),)


class TestAVoiceWithoutWords:
    def cough(self, script: Script, at: float) -> Script:
        script.call._finals._recogniser = True
        return script.at(at, VoiceStarted(at=at), ...)

    def test_nothing_is_begun_while_it_lasts(self) -> None:
        script = self.cough(waiting(recogniser=True), 1.1)
        script.at(1.4, audio(1.0, "Yes.")).nothing()
        script.at(1.5, VoiceStopped(at=1.5), ...)
        script.at(1.7, final(""), ...)
        assert play(script).source is Source.AGENT
        script.at(1.7, AudioStarted(generation=1), CloseTurn)
        assert account(script).timeline["caller"] == pytest.approx(0.3)

    def test_nor_a_filler(self) -> None:
        script = self.cough(waiting(recogniser=True), 1.1)
        assert script.call.deadline is not None and script.call.deadline > 40
        script.at(3.5, VoiceStopped(at=3.5), ...).at(3.6, final(""), ...)
        says(script, "filler:1", Source.FILLER)

    def test_the_answer_goes_on_from_what_was_heard(self) -> None:
        script = self.cough(answering(length=4.0), 2.0)
        script.at(2.2, MarkReached(generation=1, position=1.0)).nothing()
        script.tick(2.6, Stop)
        assert script.call.state is CallState.HELD
        script.at(2.7, audio(6.0, "More.")).nothing()
        script.at(2.8, AgentDone(turn=1)).nothing()
        script.at(2.9, VoiceStopped(at=2.9), ...).at(3.0, final(""), ...)
        assert (play(script).source, play(script).offset) == (Source.AGENT, 1.0)
        assert script.call.deadline == pytest.approx(3.0 + 5.0 + AGENT.playback_grace)

    def test_what_was_heard_whole_is_not_held_and_goes_on_when_there_is_more(self) -> None:
        script = answering(length=1.0).at(2.2, MarkReached(generation=1, position=1.0))
        self.cough(script, 2.3).tick(2.9, Stop)
        assert script.call.state is CallState.WAITING
        script.at(3.0, VoiceStopped(at=3.0), ...).at(3.1, final(""), ...)
        script.at(3.2, audio(2.0, "More."), Play)
        assert play(script).offset == 1.0

    def test_or_is_over_if_there_is_no_more(self) -> None:
        script = answering("One. Two.", length=1.0).at(2.2, MarkReached(generation=1, position=1.0))
        self.cough(script, 2.3).tick(2.9, Stop)
        script.at(3.0, VoiceStopped(at=3.0), ...).at(3.1, final(""), ...)
        script.at(3.2, AgentDone(turn=1)).nothing()
        assert script.call.state is CallState.QUIET
        assert script.call.response.history.said[-1] == ("assistant", "One. Two.")

    def test_a_filler_that_was_stopped_for_it_does_not_go_on(self) -> None:
        script = self.cough(waiting(recogniser=True).tick(1.3, Play), 1.35).tick(1.95, Stop)
        assert script.call.state is CallState.WAITING
        script.at(2.0, VoiceStopped(at=2.0), ...).at(2.1, final(""), ...)
        assert not [one for one in script.actions if isinstance(one, Play)]
