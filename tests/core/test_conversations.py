"""Conversations after the first answer: repeating, clarifying, ending."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.actions import (
    AskAgent,
    CloseTurn,
    EndCall,
    FinishUtterance,
    Match,
    Path,
    Play,
    Stop,
    TellDecision,
    TellSpeech,
    TellTranscript,
)
from gateway.core.call import Call
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
from gateway.core.states import IllegalEvent, State
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
        script.at(1.02, AudioStarted(generation=1), CloseTurn)
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
        script.decide(1.01, miss(), CloseTurn)
        assert not script.plays

    def test_what_was_hardly_heard_is_asked_again_once(self) -> None:
        script = Script().at(1.0, final("mumble", confidence=0.1), Match)
        script.decide(1.01, miss(), TellDecision, Play)
        assert script.plays[-1].clips == ("line:not_understood",)
        script.at(3.2, PlaybackDone(generation=1))
        script.at(4.0, final("mumble mumble", confidence=0.1), Match).decide(4.01, miss())
        assert script.plays[-1].clips == ("line:not_understood_again",)
        script.at(6.2, PlaybackDone(generation=2))
        script.at(7.0, final("mumble", confidence=0.1), Match).decide(7.01, miss())
        assert script.plays[-1].clips == ("line:handoff",)

    def test_clear_words_in_between_begin_the_count_anew(self) -> None:
        script, now = Script(), 1.0
        for words, sure in (("mumble", 0.1), ("when do you open", 0.9), ("mumble", 0.1)):
            script.at(now, final(words, confidence=sure), Match)
            script.decide(now + 0.01, answer() if sure > 0.5 else miss())
            script.at(now + 5, PlaybackDone(generation=len(script.plays)))
            now += 10
        lines = ["line:not_understood", "entry:hours", "line:not_understood"]
        assert [play.clips[0] for play in script.plays] == lines

    def test_a_catalogue_without_the_second_line_hands_off_after_the_first(self) -> None:
        script = Script(lines={"not_understood": 2.0, "handoff": 2.0})
        script.at(1.0, final("mumble", confidence=0.1), Match).decide(1.01, miss())
        script.at(3.2, PlaybackDone(generation=1))
        script.at(4.0, final("mumble", confidence=0.1), Match).decide(4.01, miss())
        assert script.plays[-1].clips == ("line:handoff",)

    def test_an_agent_may_make_something_of_what_is_unclear_a_third_time(self) -> None:
        script = Script(Policy(agent=True))
        for number in range(1, 3):
            now = number * 10.0
            script.at(now, final("mumble", confidence=0.1), Match).decide(now + 0.01, miss())
            script.at(now + 5, PlaybackDone(generation=number))
        script.at(30.0, final("mumble", confidence=0.1), Match)
        script.decide(30.01, miss(), TellDecision, AskAgent)

    def test_nobody_can_make_anything_of_silence(self) -> None:
        script = Script(Policy(agent=True))
        for number in range(1, 4):
            now = number * 10.0
            script.at(now, VoiceStarted(at=now), ...)
            script.at(now + 0.5, VoiceStopped(at=now + 0.4), ...)
            for _ in range(3):
                script.tick(script.call.deadline or 0.0)
            assert len(script.plays) == number
            script.at(now + 8, PlaybackDone(generation=number))
        assert script.plays[-1].clips == ("line:handoff",)

    def test_a_missing_clip_is_not_silence(self) -> None:
        script = Script().at(1.0, final("when do you open"), Match)
        script.decide(1.01, answer(), TellDecision, Play)
        script.at(1.02, PlaybackFailed(generation=1, reason="gone"), TellDecision, Play)
        assert script.plays[-1].clips == ("line:handoff",)
        script.at(1.03, PlaybackFailed(generation=2, reason="gone"), Play)
        assert script.plays[-1].clips == ("line:failure",)
        script.at(1.04, PlaybackFailed(generation=3, reason="gone"), CloseTurn)
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

    @pytest.mark.parametrize(
        ("second", "digit", "says"),
        [
            ("holidays", "1", "the first one"),
            ("holidays", "2", "the second one"),
            ("", "1", "yes"),
            ("", "2", "no"),
        ],
    )
    def test_a_key_chooses(self, second: str, digit: str, says: str) -> None:
        script = Script().at(1.0, final("opening"), Match)
        script.decide(1.01, clarify("hours", second), TellDecision, Play)
        script.at(1.02, AudioStarted(generation=1), CloseTurn)
        script.at(4.1, PlaybackDone(generation=1)).at(5.0, KeyPressed(digit=digit), Match)
        assert script.matches[-1].text == says
        assert script.matches[-1].asked == (("hours", second) if second else ("hours",))

    def test_a_key_that_stands_for_no_entry_chooses_nothing(self) -> None:
        script = self.asking().at(4.1, PlaybackDone(generation=1))
        script.at(5.0, KeyPressed(digit="3")).nothing()

    def test_who_is_upset_is_not_asked_again_in_this_call(self) -> None:
        script = Script().at(1.0, final("this is ridiculous"), Match)
        assert script.matches[-1].may_clarify
        script.decide(1.01, replace(miss(), upset=True), TellDecision, Play)
        for now in (10.0, 20.0):
            script.at(now - 6, PlaybackDone(generation=len(script.plays)), ...)
            script.at(now, final(f"opening {now}"), Match).decide(now + 0.01, miss())
            assert not script.matches[-1].may_clarify

    def test_who_is_upset_is_not_asked_to_say_it_again(self) -> None:
        script = Script().at(1.0, final("this is ridiculous", confidence=0.1), Match)
        script.decide(1.01, replace(miss(), upset=True), TellDecision, Play)
        assert script.plays[-1].clips == ("line:handoff",)

    def test_what_was_said_before_goes_with_the_question(self) -> None:
        script, now = Script(), 1.0
        for text in ("one", "two", "three", "four"):
            script.at(now, final(text), Match).decide(now + 0.01, miss())
            script.at(now + 5, PlaybackDone(generation=len(script.plays)), ...)
            now += 10
        assert [match.before for match in script.matches] == [
            (),
            ("one",),
            ("one", "two"),
            ("one", "two", "three"),
        ]
        script.at(now, final("five"), Match)
        assert script.matches[-1].before == ("two", "three", "four")


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


class TestCoughs:
    """What is stopped for a voice without words goes on, whatever it was."""

    @staticmethod
    def cough(script: Script, at: float) -> Script:
        script.at(at, VoiceStarted(at=at), TellSpeech)
        script.tick(at + 0.6, Stop)
        script.at(at + 0.8, VoiceStopped(at=at + 0.7), TellSpeech, FinishUtterance)
        return script.at(at + 0.9, final(""), TellTranscript, Play)

    def test_a_clarifying_question_goes_on_and_still_waits_for_its_answer(self) -> None:
        script = Script(recogniser=True).at(1.0, final("opening"), TellTranscript, Match)
        script.decide(1.01, clarify(), TellDecision, Play)
        self.cough(script.at(1.02, AudioStarted(generation=1), CloseTurn), 2.0)
        script.at(6.0, PlaybackDone(generation=2)).at(7.0, VoiceStarted(at=7.0), TellSpeech)
        script.at(7.5, partial("the first one"), TellTranscript, Match)
        assert script.matches[-1].asked == ("hours", "holidays")

    def test_a_hand_off_held_before_its_first_audio_is_not_lost(self) -> None:
        script = Script(recogniser=True).at(1.0, final("pizza"), TellTranscript, Match)
        script.decide(1.01, miss(), TellDecision, Play)
        self.cough(script, 1.1).at(2.1, AudioStarted(generation=2), CloseTurn)

    def test_a_goodbye_still_ends_the_call(self) -> None:
        script = Script(recogniser=True).at(1.0, final("bye"), TellTranscript, Match)
        script.decide(1.01, route("control:goodbye"), TellDecision, Play)
        self.cough(script.at(1.02, AudioStarted(generation=1), CloseTurn), 1.1)
        script.at(4.0, PlaybackDone(generation=2), EndCall)


class TestSecondThoughts:
    def test_who_speaks_into_the_goodbye_is_not_hung_up_on(self) -> None:
        script = Script().at(1.0, final("bye"), Match)
        script.decide(1.01, route("control:goodbye"), TellDecision, Play)
        script.at(1.02, AudioStarted(generation=1), CloseTurn)
        script.at(1.5, partial("wait when do you open"), Stop, CloseTurn, Match)
        script.at(1.8, final("wait when do you open"), Match).decide(1.81, answer())
        script.at(1.82, AudioStarted(generation=2), CloseTurn)
        script.at(6.0, PlaybackDone(generation=2)).nothing()
        assert script.call.state is State.QUIET

    def test_a_repeated_clarifying_question_can_be_answered(self) -> None:
        script = Script().at(1.0, final("opening"), Match).decide(1.01, clarify())
        script.at(4.5, PlaybackDone(generation=1), CloseTurn)
        script.at(5.0, final("say that again"), Match)
        script.decide(5.01, route("control:repeat"), TellDecision, Play)
        script.at(9.0, PlaybackDone(generation=2), CloseTurn)
        script.at(9.5, final("the first one"), Match)
        assert script.matches[-1].asked == ("hours", "holidays")

    def test_words_nobody_waits_for_do_not_stand_before_the_next_question(self) -> None:
        script = Script(recogniser=True).at(1.0, VoiceStarted(at=1.0), TellSpeech)
        script.at(1.3, partial("i want to"), TellTranscript, Match)
        script.at(1.4, KeyPressed(digit="7"), FinishUtterance(turn=0))
        script.at(1.5, final("i want to")).nothing()
        script.at(1.8, VoiceStopped(at=1.7), TellSpeech, FinishUtterance(turn=0))
        script.at(1.9, final("do that")).nothing()
        script.at(3.0, VoiceStarted(at=3.0), TellSpeech)
        script.at(3.5, partial("when do you open"), TellTranscript, Match)
        assert script.matches[-1].text == "when do you open"

    def test_a_mistake_of_ours_in_the_middle_of_speech_forgets_its_words(self) -> None:
        script = Script(recogniser=True).at(1.0, VoiceStarted(at=1.0), TellSpeech)
        actions = script.call.recover(1.2)
        assert [type(action) for action in actions] == [FinishUtterance, Play]
        script.at(1.3, final("i want to")).nothing()

    def test_an_answer_to_words_that_were_hardly_heard_is_not_spoken(self) -> None:
        script = Script().at(1.0, final("loan", confidence=0.1), Match)
        script.decide(1.01, answer("loan", confidence=0.97), TellDecision, Play)
        assert script.plays[-1].clips == ("line:not_understood",)
        script.at(4.0, PlaybackDone(generation=1), CloseTurn)
        script.at(5.0, final("i lost my card", confidence=0.1), Match)
        script.decide(5.01, answer("card", confidence=0.999), TellDecision, Play)
        assert script.plays[-1].clips == ("entry:card",)  # word for word a question of ours

    def test_sound_whose_start_was_never_reported_is_accounted_for_all_the_same(self) -> None:
        script = Script().at(1.0, final("pizza"), Match).decide(1.01, miss())
        script.at(1.02, partial("no"), Stop, CloseTurn, Match)
