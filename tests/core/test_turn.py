"""A turn alone: what the conversations in test_call.py do not reach."""

from __future__ import annotations

from dataclasses import replace

from gateway.core.actions import FinishUtterance, Match
from gateway.core.events import DeadlinePassed, Decided, PlaybackDone, VoiceStarted, VoiceStopped
from gateway.core.policy import Policy
from gateway.core.turn import Asked, State, Turn
from tests.script import answer, final, miss, partial


def turn(*, recogniser: bool = True) -> Turn:
    return Turn(1, Policy(), asked=Asked(), recogniser=recogniser, now=0.0)


def test_it_shows_itself() -> None:
    one = turn()
    one.receive(partial("when"), 0.1)
    assert repr(one) == "<Turn 1 HEARING 'when'>"


def test_events_of_others_are_dropped() -> None:
    assert turn().receive(PlaybackDone(generation=1), 0.0) == []


def test_a_client_with_a_voice_detector_is_not_asked_for_finals() -> None:
    one = turn(recogniser=False)
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(partial("when do you open"), 0.3)
    assert one.receive(VoiceStopped(at=0.5), 0.6) == []
    assert one.state is State.ENDING


def test_half_finished_sentences_wait_in_between() -> None:
    one = turn()
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(partial("the opening hours", completeness=0.5), 0.3)
    one.receive(VoiceStopped(at=1.0), 1.05)
    assert one.deadline is not None
    policy = Policy()
    assert policy.silence_complete < one.deadline - 1.0 < policy.silence_incomplete


def test_a_partial_in_the_silence_moves_the_deadline() -> None:
    one = turn()
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(partial("when do", completeness=0.1), 0.3)
    one.receive(VoiceStopped(at=1.0), 1.05)
    assert one.deadline == 1.0 + Policy().silence_incomplete
    one.receive(partial("when do you open", completeness=0.9), 1.1)
    assert one.deadline == 1.0 + Policy().silence_complete


def test_a_partial_after_the_final_is_of_the_next_utterance() -> None:
    one = turn()
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(VoiceStopped(at=1.0), 1.05)
    one.receive(final("when do you open"), 1.1)
    assert one.receive(partial("sunday"), 1.15) == []
    assert one.utterance.text == "when do you open"


def test_an_empty_final_takes_nothing_back() -> None:
    one = turn()
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(VoiceStopped(at=1.0), 1.05)
    one.receive(final("when do you open"), 1.1)
    one.receive(VoiceStarted(at=1.3), 1.35)
    one.receive(VoiceStopped(at=1.4), 1.45)
    one.receive(final(""), 1.5)
    assert one.utterance.text == "when do you open"


def test_a_voice_while_deciding_goes_on_with_the_turn() -> None:
    one = turn()
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(partial("when do you open"), 0.2)
    one.receive(VoiceStopped(at=1.0), 1.05)
    one.receive(final("when do you open"), 1.1)
    one.receive(DeadlinePassed(), 1.65)
    assert one.state.name == "DECIDING"
    one.receive(VoiceStarted(at=1.65), 1.7)
    assert one.state.name == "HEARING" and one.outcome is None


def test_old_questions_and_answers_are_forgotten() -> None:
    one = turn(recogniser=False)
    for number in range(40):
        (question,) = one.receive(partial(f"text {number}"), 0.1)
        assert isinstance(question, Match)
        if number % 2:
            one.receive(Decided(turn=1, revision=question.revision, verdict=miss()), 0.1)
    assert len(one._pending) <= 8 and len(one._answers) <= 16


def test_an_answer_to_a_forgotten_question_is_dropped() -> None:
    one = turn(recogniser=False)
    one.receive(partial("a"), 0.1)
    assert one.receive(Decided(turn=1, revision=99, verdict=answer()), 0.2) == []


def test_a_decision_while_waiting_for_the_final_is_kept() -> None:
    one = turn()
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(partial("when do you open"), 0.3)
    actions = one.receive(VoiceStopped(at=1.0), 1.05)
    assert actions == [FinishUtterance(turn=1)]
    one.receive(DeadlinePassed(), 1.65)
    assert one.state is State.FINISHING
    one.receive(Decided(turn=1, revision=1, verdict=answer()), 1.7)
    assert repr(one.outcome) == "None"
    one.receive(final("when do you open"), 1.75)
    assert one.outcome == answer()
    assert one.decided_on == "partial"


def test_an_unsure_answer_to_a_partial_does_not_end_the_wait_for_the_final_one() -> None:
    one = turn(recogniser=False)
    one.receive(partial("my card"), 0.1)
    one.receive(final("my card"), 0.2)
    one.receive(Decided(turn=1, revision=1, verdict=miss()), 0.21)
    assert one.state is State.DECIDING
    one.receive(Decided(turn=1, revision=2, verdict=miss("really")), 0.22)
    assert one.outcome == miss("really")


def test_a_question_of_the_catalogue_word_for_word_is_whole_however_it_ends() -> None:
    one = turn()
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(partial("what is it like", completeness=0.2), 0.3)
    one.receive(Decided(turn=1, revision=1, verdict=answer(confidence=0.999)), 0.31)
    one.receive(VoiceStopped(at=1.0), 1.05)
    assert one.deadline == 1.0 + Policy().silence_confident


def test_a_statement_and_the_beginning_of_a_longer_question_are_waited_for() -> None:
    for verdict, completeness in (
        (answer(), 0.85),
        (replace(answer(), open_ended=True), 0.95),
    ):
        one = turn()
        one.receive(VoiceStarted(at=0.0), 0.1)
        one.receive(partial("we moved house", completeness=completeness), 0.3)
        one.receive(Decided(turn=1, revision=1, verdict=verdict), 0.31)
        one.receive(VoiceStopped(at=1.0), 1.05)
        assert one.deadline == 1.0 + Policy().silence_complete


def test_a_text_whose_question_was_overtaken_is_asked_again_when_it_returns() -> None:
    one = turn(recogniser=False)
    one.receive(partial("when do you open"), 0.1)
    one.receive(partial("when do you open it"), 0.2)
    (again,) = one.receive(partial("when do you open"), 0.3)
    assert isinstance(again, Match) and again.text == "when do you open"
