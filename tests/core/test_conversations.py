"""Conversations after the first answer: repeating, clarifying, ending."""

from __future__ import annotations

import pytest

from gateway.core.actions import (
    CloseTurn,
    EndCall,
    Match,
    Path,
    Play,
    Stop,
    TellDecision,
    TellTranscript,
)
from gateway.core.call import Call, IllegalEvent, State
from gateway.core.events import (
    AudioStarted,
    CallStarted,
    Decided,
    HungUp,
    KeyPressed,
    Manner,
    PlaybackDone,
    PlaybackFailed,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from tests.script import (
    LINES,
    Script,
    answer,
    backchannel,
    clarify,
    final,
    miss,
    partial,
    route,
    speaking,
)


class TestAfterAnswers:
    def test_repeat_says_the_last_answer_again(self) -> None:
        script = speaking().at(4.5, PlaybackDone(generation=1)).nothing()
        script.at(5.0, VoiceStarted(at=5.0), ...).at(5.2, partial("say that again"), ...)
        script.decide(5.3, route("control:repeat"))
        script.at(5.5, VoiceStopped(at=5.4), ...).at(5.5, final("say that again"), ...)
        script.tick(5.6, TellDecision, Play)
        assert script.plays[-1].clips == ("entry:hours",)

    def test_repeat_before_anything_was_said(self) -> None:
        script = Script().at(1.0, final("repeat that"), Match)
        script.decide(1.01, route("control:repeat"), TellDecision, Play)
        assert script.plays[-1].clips == ("line:nothing_to_repeat",)

    def test_stop_is_answered_with_silence(self) -> None:
        script = Script().at(1.0, final("stop"), Match)
        script.decide(1.01, route("control:stop"), TellDecision, CloseTurn)
        assert not script.plays

    def test_goodbye_ends_the_call_once_it_has_been_heard(self) -> None:
        script = Script().at(1.0, final("bye"), Match)
        script.decide(1.01, route("control:goodbye"), TellDecision, Play)
        script.at(2.5, PlaybackDone(generation=1), EndCall)
        assert script.call.state is State.CLOSED

    def test_a_routed_entry_without_words_gets_the_hand_off(self) -> None:
        script = Script().at(1.0, final("my balance"), Match)
        script.decide(1.01, route("transfer", "balance"), TellDecision, Play)
        decision = script.actions[0]
        assert isinstance(decision, TellDecision) and decision.path is Path.ROUTE
        assert script.plays[-1].clips == ("line:handoff",)

    def test_an_okay_in_the_quiet_is_left_alone(self) -> None:
        script = Script().at(1.0, final("okay", manner=Manner.BACKCHANNEL), Match)
        script.decide(1.01, miss(), TellDecision, CloseTurn)
        assert not script.plays

    def test_what_was_hardly_heard_is_asked_again_once(self) -> None:
        script = Script().at(1.0, final("mumble", confidence=0.1), Match)
        script.decide(1.01, miss(), TellDecision, Play)
        assert script.plays[-1].clips == ("line:not_understood",)
        script.at(3.2, PlaybackDone(generation=1))
        script.at(4.0, final("mumble mumble", confidence=0.1), Match).decide(4.01, miss())
        assert script.plays[-1].clips == ("line:handoff",)

    def test_a_missing_clip_is_not_silence(self) -> None:
        script = Script().at(1.0, final("when do you open"), Match)
        script.decide(1.01, answer(), TellDecision, Play)
        script.at(1.02, PlaybackFailed(generation=1, reason="gone"), Play)
        assert script.plays[-1].clips == ("line:failure",)
        script.at(1.03, PlaybackFailed(generation=2, reason="gone"), CloseTurn)
        assert script.call.state is State.QUIET


class TestClarify:
    def asking(self) -> Script:
        script = Script().at(1.0, final("opening"), Match)
        script.decide(1.01, clarify(), TellDecision, Play)
        return script.at(1.02, AudioStarted(generation=1), CloseTurn)

    def test_the_next_turn_is_its_answer(self) -> None:
        script = self.asking().at(4.1, PlaybackDone(generation=1))
        script.at(5.0, final("the first one"), Match)
        assert script.matches[-1].asked == ("hours", "holidays")
        assert not script.matches[-1].may_clarify
        script.decide(5.01, answer(), TellDecision, Play)
        script.at(9.0, PlaybackDone(generation=2)).at(10.0, final("and now"), Match)
        assert script.matches[-1].asked is None

    def test_okay_may_be_its_answer_even_while_it_is_asked(self) -> None:
        script = self.asking()
        script.at(2.0, backchannel("yes"), Stop, CloseTurn, Match)

    def test_two_in_a_call_are_enough(self) -> None:
        script, now = Script(), 1.0
        for _ in range(2):
            script.at(now, final(f"opening {now}"), Match).decide(now + 0.01, clarify())
            script.at(now + 4, PlaybackDone(generation=len(script.plays)))
            script.at(now + 5, final(f"first {now}"), Match).decide(now + 5.01, answer())
            script.at(now + 10, PlaybackDone(generation=len(script.plays)))
            now += 20
        script.at(now, final("opening again"), Match)
        assert not script.matches[-1].may_clarify

    def test_a_key_chooses(self) -> None:
        script = self.asking().at(4.1, PlaybackDone(generation=1))
        script.at(5.0, KeyPressed(digit="2"), Match)
        assert script.matches[-1].text == "the second one"
        assert script.matches[-1].asked == ("hours", "holidays")


class TestLife:
    def test_silence_is_asked_about_once_and_then_ended(self) -> None:
        script = Script().tick(60.0, Play)
        assert script.plays[-1].clips == ("line:still_there",)
        script.at(61.5, PlaybackDone(generation=1)).tick(121.5, EndCall)
        assert script.call.deadline is None

    def test_a_client_that_never_reports_the_end_is_taken_as_done(self) -> None:
        script = Script().at(1.0, final("when do you open"), Match).decide(1.01, answer())
        script.tick(1.01 + 4.0 + 5.0)
        assert script.call.state is State.QUIET

    def test_the_end_of_the_caller_is_the_end(self) -> None:
        script = speaking().at(1.0, HungUp(), Stop, CloseTurn)
        script.at(1.1, partial("late")).nothing()
        script.at(1.2, HungUp()).nothing()
        script.at(1.3, PlaybackDone(generation=1)).nothing()

    def test_a_greeting_is_said_first(self) -> None:
        call = Call(Policy(), {**LINES, "greeting": 1.5}, recogniser=True)
        actions = call.receive(CallStarted(), 0.0)
        assert [type(action) for action in actions] == [Play]

    def test_an_impossible_event_is_our_mistake(self) -> None:
        with pytest.raises(IllegalEvent, match="NEW"):
            Script(start=False).call.receive(final("hello"), 0.0)

    def test_after_a_mistake_of_ours_the_call_goes_on(self) -> None:
        script = speaking()
        actions = script.call.recover(1.0)
        assert [type(action) for action in actions] == [Stop, Play]
        script.at(3.5, PlaybackDone(generation=2))
        script.at(4.0, final("when do you open"), TellTranscript, Match)
        assert script.matches[-1].turn == 2

    def test_a_result_of_an_older_turn_is_dropped(self) -> None:
        script = Script().at(1.0, final("when do you open"), Match).decide(1.01, answer())
        script.at(2.0, Decided(turn=1, revision=1, verdict=answer("other"))).nothing()
