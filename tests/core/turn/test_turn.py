"""A turn alone: what the conversations in test_call.py do not reach."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.actions import FinishUtterance, JudgeTurnEnd, Match
from gateway.core.events import (
    DeadlinePassed,
    Decided,
    PartialHeard,
    PlaybackDone,
    TurnEndJudged,
    Verdict,
    VoiceStarted,
    VoiceStirred,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.turn.questions import KEPT, PENDING, QuestionContext
from gateway.core.turn.turn import STIRS, Turn, TurnState
from tests.support.script import answer, final, miss, partial, said


def turn(*, recogniser: bool = True) -> Turn:
    return Turn(1, Policy(), asked=QuestionContext(), recogniser=recogniser, now=0.0)


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
    assert one.state is TurnState.ENDING


def test_half_finished_sentences_wait_in_between() -> None:
    one = turn()
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(partial("the opening hours", completeness=0.5), 0.3)
    one.receive(VoiceStopped(at=1.0), 1.05)
    assert one.deadline is not None
    policy = Policy()
    assert policy.silence_complete < one.deadline - 1.0 < policy.silence_incomplete


def silent(until: float) -> Turn:
    """A turn whose silence began a moment ago and ends then."""
    one = turn()
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(partial("when do you open"), 0.3)
    one.receive(VoiceStopped(at=until - Policy().silence_complete), until - 0.5)
    one.receive(final("when do you open"), until - 0.45)
    assert one.deadline == pytest.approx(until)
    return one


def test_a_turn_does_not_end_while_something_stirs() -> None:
    one = silent(until=2.0)
    one.receive(VoiceStirred(), 1.98)
    assert one.deadline == pytest.approx(2.0 + STIRS)
    one.receive(VoiceStarted(at=1.97), 2.1)
    assert one.state is TurnState.HEARING


def test_what_stirred_and_was_no_voice_is_forgotten() -> None:
    one = silent(until=2.0)
    one.receive(VoiceStirred(), 1.7)
    one.receive(VoiceStirred(goes_on=False), 1.8)
    assert one.deadline == pytest.approx(2.0), "it was over before the silence was"
    one.receive(VoiceStirred(), 1.9)
    one.receive(VoiceStirred(goes_on=False), 2.1)
    assert one.state is TurnState.DECIDING, "the silence was long enough meanwhile"


def test_what_stirs_for_ever_does_not_keep_a_turn_open() -> None:
    one = silent(until=2.0)
    one.receive(VoiceStirred(), 1.6)
    one.receive(DeadlinePassed(), 2.0 + STIRS)
    assert one.state is TurnState.DECIDING


def test_each_silence_stirs_for_itself() -> None:
    one = silent(until=2.0)
    one.receive(VoiceStirred(), 1.9)
    one.receive(VoiceStarted(at=1.9), 2.0)
    one.receive(VoiceStopped(at=3.0), 3.1)
    one.receive(final("please"), 3.1)
    assert one.deadline == pytest.approx(3.0 + Policy().silence_complete)


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
    assert len(one.questions) <= PENDING + KEPT


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
    assert one.state is TurnState.FINISHING
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
    assert one.state is TurnState.DECIDING
    one.receive(Decided(turn=1, revision=2, verdict=miss("really")), 0.22)
    assert one.outcome == miss("really")


def test_a_question_of_the_catalogue_word_for_word_is_whole_however_it_ends() -> None:
    one = turn()
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(partial("what is it like", completeness=0.2), 0.3)
    one.receive(Decided(turn=1, revision=1, verdict=answer(verbatim=True)), 0.31)
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


class TestEagerEnds:
    """What a recogniser's belief that the turn is over is worth."""

    def silent(
        self, completeness: float, verdict: Verdict | None = None, *, eager: bool = True
    ) -> Turn:
        """The voice has stopped at 1.0 after such words."""
        one = turn()
        one.receive(VoiceStarted(at=0.0), 0.1)
        heard = said("when do you open", completeness=completeness)
        one.receive(PartialHeard(utterance=heard, eager=eager), 0.3)
        if verdict is not None:
            one.receive(Decided(turn=1, revision=1, verdict=verdict), 0.31)
        one.receive(VoiceStopped(at=1.0), 1.05)
        return one

    def wait(self, one: Turn) -> float:
        assert one.deadline is not None
        return one.deadline - 1.0

    def test_half_way_to_what_a_sure_match_needs(self) -> None:
        policy = Policy()
        between = (policy.silence_confident + policy.silence_complete) / 2
        assert self.wait(self.silent(0.9)) == pytest.approx(between)
        assert self.wait(self.silent(0.9, miss())) == pytest.approx(between)
        assert self.wait(self.silent(0.9, eager=False)) == pytest.approx(policy.silence_complete)

    def test_never_less_than_a_sure_match_needs(self) -> None:
        assert self.wait(self.silent(0.95, answer())) == pytest.approx(0.2)

    def test_a_statement_with_an_answer_may_still_have_its_request_to_come(self) -> None:
        assert self.wait(self.silent(0.85, answer())) == pytest.approx(0.425)

    def test_nothing_in_the_middle_of_a_sentence(self) -> None:
        assert self.wait(self.silent(0.1)) == pytest.approx(Policy().silence_incomplete)

    def test_less_the_less_finished_it_sounds(self) -> None:
        assert 0.425 < self.wait(self.silent(0.5)) < self.wait(self.silent(0.5, eager=False))

    def test_taken_back_it_is_worth_nothing(self) -> None:
        one = self.silent(0.9)
        one.receive(partial("when do you open", completeness=0.9), 1.1)
        assert self.wait(one) == pytest.approx(Policy().silence_complete)

    def test_it_may_come_in_the_silence_and_end_the_turn(self) -> None:
        one = self.silent(0.9, miss(), eager=False)
        one.receive(final("when do you open", completeness=0.9), 1.2)
        assert one.state is TurnState.ENDING and not one.eager
        one = self.silent(0.9, answer(confidence=0.8), eager=False)
        heard = said("when do you open", completeness=0.85)
        one.receive(PartialHeard(utterance=heard, eager=True), 1.5)
        assert one.state is TurnState.FINISHING, "0.425 s have passed"

    def test_a_final_that_says_the_same_leaves_it(self) -> None:
        one = self.silent(0.9)
        one.receive(final("When do you open", completeness=0.9), 1.1)
        assert one.eager and self.wait(one) == pytest.approx(0.425)

    def test_a_final_that_says_more_does_not(self) -> None:
        one = self.silent(0.9)
        one.receive(final("when do you open today", completeness=0.9), 1.1)
        assert not one.eager and self.wait(one) == pytest.approx(0.65)

    def test_a_voice_takes_it_back(self) -> None:
        one = self.silent(0.9)
        one.receive(VoiceStarted(at=1.2), 1.25)
        one.receive(VoiceStopped(at=1.4), 1.45)
        assert one.deadline == pytest.approx(1.4 + 0.65)


EAR = replace(Policy(), ear=True)


def with_ear(completeness: float = 0.95, policy: Policy = EAR) -> Turn:
    """A turn in its silence, since 1.0."""
    one = Turn(1, policy, asked=QuestionContext(), recogniser=True, now=0.0)
    one.receive(VoiceStarted(at=0.0), 0.1)
    one.receive(partial("when do you open", completeness=completeness), 0.3)
    actions = one.receive(VoiceStopped(at=1.0), 1.1)
    asked = [a for a in actions if isinstance(a, JudgeTurnEnd)]
    assert asked == ([JudgeTurnEnd(turn=1, began=0.0, silent_since=1.0)] if policy.ear else [])
    return one


def test_somebody_listens_to_the_end_of_the_sound_once_a_pause() -> None:
    one = with_ear()
    assert one.deadline == 1.0 + EAR.silence_complete
    one.receive(TurnEndJudged(probability=0.99, silent_since=1.0), 1.16)
    assert one.deadline == pytest.approx(1.45)
    one.receive(VoiceStarted(at=1.2), 1.25)
    one.receive(VoiceStopped(at=1.5), 1.6)
    assert one.deadline == 1.5 + EAR.silence_complete  # that pause was judged, not this one


def test_a_judgement_that_comes_too_late_says_nothing() -> None:
    one = with_ear()
    one.receive(VoiceStarted(at=1.2), 1.25)
    one.receive(TurnEndJudged(probability=0.99, silent_since=1.0), 1.26)
    assert one.state is TurnState.HEARING
    one.receive(VoiceStopped(at=1.5), 1.6)
    one.receive(TurnEndJudged(probability=0.99, silent_since=1.0), 1.61)
    assert one.deadline == 1.5 + EAR.silence_complete


def test_a_judgement_that_comes_after_the_silence_it_would_have_asked_for_ends_it_at_once() -> None:
    one = with_ear()
    one.receive(final("when do you open", completeness=0.95), 1.3)
    one.receive(TurnEndJudged(probability=0.99, silent_since=1.0), 1.5)
    assert one.state is TurnState.DECIDING


def test_the_recogniser_is_believed_before_who_only_hears_the_sound() -> None:
    one = with_ear(policy=Policy())
    one.receive(TurnEndJudged(probability=0.99), 1.2)
    told = one.deadline
    one.receive(TurnEndJudged(probability=0.01, silent_since=1.0), 1.22)
    assert told is not None
    assert one.deadline == told < 1.0 + Policy().silence_complete


def test_nobody_listens_where_the_answer_is_sure() -> None:
    one = Turn(1, EAR, asked=QuestionContext(), recogniser=True, now=0.0)
    one.receive(VoiceStarted(at=0.0), 0.1)
    (question,) = one.receive(partial("when do you open", completeness=0.95), 0.3)
    assert isinstance(question, Match)
    one.receive(Decided(turn=1, revision=question.revision, verdict=answer()), 0.31)
    assert one.receive(VoiceStopped(at=1.0), 1.1) == [FinishUtterance(turn=1)]


def test_an_answer_may_be_begun_as_soon_as_the_end_is_likely() -> None:
    one = with_ear()
    assert one.last_words_at == pytest.approx(0.3 + EAR.unchanged)
    one = with_ear(completeness=0.85)
    one.receive(partial("when do you open then", completeness=0.85), 1.15)
    assert one.last_words_at == pytest.approx(1.45)
    one.receive(TurnEndJudged(probability=0.9, silent_since=1.0), 1.16)
    assert one.last_words_at == pytest.approx(1.168, abs=0.001)
