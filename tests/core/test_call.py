"""Conversations through the whole core."""

from __future__ import annotations

import pytest

from gateway.core.actions import (
    CloseTurn,
    FinishUtterance,
    Match,
    Play,
    Prefetch,
    Source,
    Stop,
    TellDecision,
    TellSpeech,
    TellTranscript,
)
from gateway.core.events import (
    AudioStarted,
    Bearing,
    KeyPressed,
    MarkReached,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.states import CallState
from tests.support.script import (
    Script,
    answer,
    backchannel,
    clarify,
    final,
    miss,
    partial,
    speaking,
)


class TestClientText:
    def test_a_decision_made_on_a_partial_is_spoken_with_the_final(self) -> None:
        script = Script()
        script.at(1.0, partial("when do you"), Match)
        script.at(1.3, partial("when do you open"), Match)
        script.decide(1.31, answer(), Prefetch(turn=1, clips=("entry:hours",)))
        script.at(1.5, final("When do you open"), TellDecision, Play)
        decision, play = script.actions
        assert isinstance(decision, TellDecision) and decision.decided_on == "partial"
        assert play == Play(turn=1, generation=1, source=Source.CACHE, clips=("entry:hours",))

    def test_a_final_that_says_something_else_is_matched_anew(self) -> None:
        script = Script().at(1.0, partial("when do you open"), Match)
        script.decide(1.01, answer())
        script.at(1.5, final("when do you open on sunday"), Match)
        assert script.matches[-1].final
        script.decide(1.51, miss(), TellDecision, Play)
        assert script.plays[-1].clips == ("line:handoff",)

    def test_an_unsure_verdict_on_a_partial_is_not_taken_for_the_final_one(self) -> None:
        script = Script().at(1.0, partial("card"), Match)
        script.decide(1.01, miss()).nothing()
        script.at(1.2, final("card"), Match)
        script.decide(1.21, clarify("lost", "stolen"), TellDecision, Play)
        assert script.plays[-1].source is Source.CLARIFY

    def test_a_verdict_on_an_older_text_only_prepares_nothing(self) -> None:
        script = Script().at(1.0, partial("open"), Match).at(1.1, partial("open an account"), Match)
        script.decide(1.2, answer(), index=0).nothing()
        script.at(1.3, final("open an account"), Match)

    def test_matching_over_budget_goes_on_without_the_cache(self) -> None:
        script = Script().at(1.0, final("when do you open"), Match)
        script.tick(1.15, TellDecision, Play)
        assert script.plays[-1].clips == ("line:handoff",)
        script.decide(1.2, answer()).nothing()  # too late: dropped

    def test_a_broken_off_final_waits_for_the_rest(self) -> None:
        script = Script().at(1.0, final("i want to", completeness=0.1), Match)
        script.decide(1.01, miss()).nothing()
        script.at(1.5, partial("open an account"), Match)
        assert script.matches[-1].text == "i want to open an account"
        script.at(1.8, final("open an account"), Match)
        script.decide(1.81, answer("open"), TellDecision, Play)

    def test_a_broken_off_final_is_answered_when_nothing_follows(self) -> None:
        script = Script().at(1.0, final("i want to", completeness=0.1), Match)
        script.decide(1.01, miss()).nothing()
        script.tick(1.01 + 1.1, TellDecision, Play)

    def test_partials_without_a_final_end_in_the_end(self) -> None:
        script = Script().at(1.0, partial("when do you open"), Match)
        script.decide(1.01, answer(), Prefetch)
        script.tick(7.0, TellDecision, Play)

    def test_the_same_text_is_asked_once(self) -> None:
        script = Script().at(1.0, partial("when do you open"), Match)
        script.at(1.1, partial("When do you open")).nothing()

    def test_text_that_says_nothing_opens_no_turn(self) -> None:
        script = Script().at(1.0, partial("")).nothing()
        script.at(1.1, final("")).nothing()
        assert script.call.turn is None


class TestEndOfTurn:
    def listening(self, text: str, completeness: float = 1.0) -> Script:
        script = Script(recogniser=True)
        script.at(1.0, VoiceStarted(at=0.9), TellSpeech(speaking=True))
        return script.at(1.5, partial(text, completeness=completeness), TellTranscript, Match)

    def test_a_sure_answer_to_a_whole_sentence_needs_little_silence(self) -> None:
        script = self.listening("when do you open")
        script.decide(1.51, answer(), Prefetch)
        script.at(2.1, VoiceStopped(at=2.0), TellSpeech(speaking=False), FinishUtterance)
        script.at(2.12, final("when do you open"), TellTranscript)
        script.tick(2.2, TellDecision, Play)

    def test_an_unmatched_sentence_needs_more(self) -> None:
        script = self.listening("when do you open").decide(1.51, miss())
        script.at(2.1, VoiceStopped(at=2.0), ...)
        script.at(2.12, final("when do you open"), TellTranscript, Match).decide(2.13, miss())
        script.tick(2.65, TellDecision, Play)

    def test_the_middle_of_a_sentence_needs_much(self) -> None:
        script = self.listening("i want to", completeness=0.1).decide(1.51, miss())
        script.at(2.1, VoiceStopped(at=2.0), ...)
        script.at(2.12, final("i want to", completeness=0.1), ...).decide(2.13, miss())
        script.tick(3.1, TellDecision, Play)

    def test_a_decision_that_comes_in_the_silence_shortens_it(self) -> None:
        script = self.listening("when do you open")
        script.at(2.1, VoiceStopped(at=2.0), ...).at(2.12, final("when do you open"), ...)
        script.decide(2.3, answer(), index=-1)  # later than 0.2 s of silence: at once
        assert [type(action) for action in script.actions] == [TellDecision, Play]

    def test_the_caller_goes_on_after_a_pause(self) -> None:
        script = self.listening("when do you", completeness=0.1).decide(1.51, miss())
        script.at(2.1, VoiceStopped(at=2.0), ...)
        script.at(2.15, final("when do you", completeness=0.1), ...).decide(2.16, miss())
        script.at(2.5, VoiceStarted(at=2.4), TellSpeech)
        script.at(2.8, partial("open"), TellTranscript, Match)
        assert script.matches[-1].text == "when do you open"
        script.at(3.0, VoiceStopped(at=2.9), ...).at(3.02, final("open"), ...)
        assert script.call.turn is not None
        assert script.call.turn.utterance.text == "when do you open"

    def test_a_final_that_arrives_after_the_caller_went_on_is_kept(self) -> None:
        script = self.listening("when do you", completeness=0.1)
        script.at(2.1, VoiceStopped(at=2.0), ...).at(2.2, VoiceStarted(at=2.15), ...)
        script.at(2.25, final("when do you", completeness=0.1), ...)
        script.at(2.5, partial("close"), TellTranscript, Match)
        assert script.matches[-1].text == "when do you close"

    def test_a_recogniser_that_stays_silent_is_not_waited_for_for_ever(self) -> None:
        script = self.listening("when do you open").decide(1.51, answer())
        script.at(2.1, VoiceStopped(at=2.0), ...).tick(2.2).tick(3.7, TellDecision, Play)

    def test_a_recogniser_that_is_late_with_the_first_word_is_given_more_time(self) -> None:
        script = Script(recogniser=True).at(1.0, VoiceStarted(at=0.9), TellSpeech)
        script.at(2.1, VoiceStopped(at=2.0), TellSpeech, FinishUtterance)
        script.tick(2.65).nothing().tick(4.15).nothing()
        script.at(4.9, final("when do you open"), TellTranscript, Match)
        script.decide(4.91, answer(), TellDecision, Play)

    def test_who_spoke_and_was_not_heard_is_asked_to_say_it_again(self) -> None:
        script = Script(recogniser=True).at(1.0, VoiceStarted(at=0.9), TellSpeech)
        script.at(2.1, VoiceStopped(at=2.0), TellSpeech, FinishUtterance)
        script.tick(2.65).nothing().tick(4.15).nothing()
        script.tick(7.15, TellDecision, Play)
        assert script.plays[-1].clips == ("line:not_understood",)
        script.at(7.5, final("when do you open")).nothing()

    def test_its_final_is_not_taken_for_an_interruption_when_it_comes(self) -> None:
        script = self.listening("when do you open").decide(1.51, answer())
        script.at(2.1, VoiceStopped(at=2.0), ...).tick(2.2).tick(3.7, TellDecision, Play)
        script.at(4.0, final("when do you open")).nothing()
        assert script.call.state is CallState.SPEAKING

    def test_a_voice_without_words_is_forgotten(self) -> None:
        script = Script(recogniser=True).at(1.0, VoiceStarted(at=0.9), TellSpeech)
        script.at(1.3, VoiceStopped(at=1.2), ...).at(1.4, final(""), ...)
        script.tick(1.2 + 0.65).nothing()
        assert script.call.turn is None

    def test_a_turn_without_end_is_ended(self) -> None:
        script = Script(Policy(max_turn=5.0, wordless=9.0), recogniser=True)
        script.at(1.0, VoiceStarted(at=1.0), ...).at(1.5, partial("well"), ...)
        script.decide(1.6, miss()).tick(6.0, FinishUtterance, Match)
        script.decide(6.01, miss(), TellDecision, Play)

    def test_the_account_sums_to_the_time_to_first_audio(self) -> None:
        script = self.listening("when do you open").decide(1.51, answer())
        script.at(2.1, VoiceStopped(at=2.0), ...).at(2.12, final("when do you open"), ...)
        script.tick(2.2, TellDecision, Play).at(2.21, AudioStarted(generation=1), CloseTurn)
        closed = script.actions[0]
        assert isinstance(closed, CloseTurn)
        assert closed.timeline["ttfa"] == pytest.approx(0.21)
        parts = sum(value for key, value in closed.timeline.items() if key != "ttfa")
        assert parts == pytest.approx(0.21)
        assert closed.timeline["endpointing"] == pytest.approx(0.2)


class TestBargeIn:
    def test_words_stop_our_voice_and_are_the_next_turn(self) -> None:
        script = speaking().at(1.0, VoiceStarted(at=0.9), TellSpeech)
        script.at(1.2, partial("how about"), Stop(generation=1), CloseTurn, TellTranscript, Match)
        closed = script.actions[1]
        assert isinstance(closed, CloseTurn) and closed.interrupted and closed.turn == 1
        assert script.matches[-1].turn == 2

    def test_an_acknowledgement_does_not(self) -> None:
        script = speaking().at(1.0, VoiceStarted(at=0.9), TellSpeech)
        script.at(1.2, backchannel("uh huh"), TellTranscript, Match)
        script.at(1.3, VoiceStopped(at=1.25), TellSpeech, FinishUtterance)
        script.at(1.4, final("uh huh", manner=Bearing.BACKCHANNEL), TellTranscript)
        assert script.call.state is CallState.SPEAKING and script.call.turn is None

    def test_a_phrase_that_always_interrupts_does_whatever_the_minimum(self) -> None:
        script = Script(Policy(min_words=3))
        script.at(1.0, final("when do you open"), Match).decide(1.01, answer())
        script.at(1.5, partial("no actually")).nothing()
        script.at(1.6, partial("wait", manner=Bearing.INTERRUPTION), Stop, CloseTurn, Match)

    def test_voice_alone_stops_us_after_a_while_and_false_alarms_go_on(self) -> None:
        script = speaking().at(0.9, MarkReached(generation=1, position=0.5))
        script.at(1.0, VoiceStarted(at=0.9), TellSpeech)
        script.tick(1.5, Stop(generation=1))
        assert script.call.state is CallState.HELD
        script.at(1.7, VoiceStopped(at=1.6), TellSpeech, FinishUtterance)
        script.at(1.8, final(""), TellTranscript, Play)
        assert script.plays[-1] == Play(
            turn=1, generation=2, source=Source.CACHE, clips=("entry:hours",), offset=0.5
        )

    def test_what_was_heard_to_its_end_is_only_stopped(self) -> None:
        script = speaking().at(0.5, MarkReached(generation=1, position=4.0))
        script.at(1.0, VoiceStarted(at=0.9), TellSpeech).tick(1.5, Stop)
        assert script.call.state is CallState.QUIET

    def test_without_a_final_it_goes_on_when_the_silence_lasts(self) -> None:
        script = speaking().at(1.0, VoiceStarted(at=0.9), ...).tick(1.5, Stop)
        script.at(1.7, VoiceStopped(at=1.6), ...)
        script.tick(1.6 + 0.65).nothing()  # long enough a silence, but no final text yet
        script.tick(1.6 + 1.2, Play)

    def test_a_voice_that_comes_back_is_waited_for_again(self) -> None:
        script = speaking().at(1.0, VoiceStarted(at=0.9), ...).tick(1.5, Stop)
        script.at(1.7, VoiceStopped(at=1.6), ...).at(1.8, VoiceStarted(at=1.75), TellSpeech)
        script.at(1.85, final(""), TellTranscript)  # of the first noise, while the second goes on
        assert script.call.state is CallState.HELD
        script.at(2.0, VoiceStopped(at=1.95), ...).at(2.05, final(""), TellTranscript, Play)

    def test_a_partial_of_a_turn_resolved_without_its_final_is_stale(self) -> None:
        script = Script(recogniser=True).at(1.0, VoiceStarted(at=0.9), TellSpeech)
        script.at(1.5, partial("when do you open"), ...).decide(1.51, answer())
        script.at(2.1, VoiceStopped(at=2.0), ...).tick(2.2).tick(3.7, TellDecision, Play)
        script.at(3.8, partial("when do you open now")).nothing()
        script.at(4.0, VoiceStarted(at=3.9), TellSpeech)
        script.at(4.1, partial("when do you open now")).nothing()

    def test_words_after_all_make_it_a_real_interruption(self) -> None:
        script = speaking().at(1.0, VoiceStarted(at=0.9), ...).tick(1.5, Stop)
        script.at(1.6, partial("what about"), CloseTurn, TellTranscript, Match)
        script.at(1.8, VoiceStopped(at=1.75), ...)
        script.at(1.9, final("what about sundays"), TellTranscript, Match)
        script.decide(1.95, miss())
        script.tick(1.75 + 0.65, TellDecision, Play)
        assert script.plays[-1].turn == 2

    def test_a_mark_echoed_after_the_clear_is_not_heard(self) -> None:
        script = speaking().at(1.0, VoiceStarted(at=0.9), ...).tick(1.5, Stop)
        script.at(1.6, MarkReached(generation=1, position=3.0))
        script.at(1.7, VoiceStopped(at=1.6), ...).at(1.8, final(""), ...)
        assert script.plays[-1].offset == 0.0

    def test_switched_off_nothing_stops_us(self) -> None:
        script = Script(Policy(barge_in=False))
        script.at(1.0, final("when do you open"), Match).decide(1.01, answer())
        script.at(1.5, partial("stop", manner=Bearing.INTERRUPTION)).nothing()

    def test_a_key_stops_us(self) -> None:
        speaking().at(1.0, KeyPressed(digit="5"), Stop, CloseTurn)

    def test_an_interruption_before_the_first_audio(self) -> None:
        script = Script().at(1.0, final("when do you open"), Match).decide(1.01, answer())
        script.at(1.02, partial("no the other"), Stop(generation=1), CloseTurn, Match)
        script.at(1.03, AudioStarted(generation=1)).nothing()
