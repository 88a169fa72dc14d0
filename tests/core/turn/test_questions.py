from __future__ import annotations

from gateway.core.actions import Action, Match
from gateway.core.events import Decided, Verdict
from gateway.core.turn.questions import KEPT, PENDING, QuestionContext, Questions
from tests.support.script import answer, miss, said


def questions() -> Questions:
    return Questions(1, QuestionContext(before=("hello",)))


def only(actions: list[Action]) -> Match:
    (asked,) = actions
    assert isinstance(asked, Match)
    return asked


def tell(of: Questions, asked: Match, verdict: Verdict) -> None:
    of.answered(Decided(turn=1, revision=asked.revision, verdict=verdict))


def test_a_question_carries_what_the_turn_carries() -> None:
    asked = only(questions().ask(said("When"), final=False))
    assert (asked.turn, asked.text, asked.final) == (1, "When", False)
    assert (asked.before, asked.may_clarify) == (("hello",), True)


def test_silence_is_not_asked_about() -> None:
    assert questions().ask(said(""), final=True) == []


def test_the_same_text_is_asked_once_as_a_partial_and_once_as_a_final() -> None:
    one = questions()
    first = only(one.ask(said("a card"), final=False))
    assert one.ask(said("A card"), final=False) == []
    tell(one, first, miss())
    assert one.ask(said("a card"), final=False) == []
    tell(one, only(one.ask(said("a card"), final=True)), miss("really"))
    assert one.ask(said("a card"), final=True) == []
    assert one.settled("a card", final=True) == miss("really")


def test_an_unsure_verdict_on_a_partial_does_not_stand_for_the_final() -> None:
    one = questions()
    tell(one, only(one.ask(said("a card"), final=False)), miss())
    assert one.known("a card") == one.settled("a card", final=False) == miss()
    assert one.settled("a card", final=True) is None
    assert one.known("another") is None and one.settled("another", final=True) is None


def test_a_sure_verdict_on_a_partial_stands() -> None:
    one = questions()
    tell(one, only(one.ask(said("when"), final=False)), answer())
    assert one.ask(said("when"), final=True) == []
    assert one.decided_on("when") == "partial"


def test_what_was_asked_ahead_stands_for_the_final_and_was_decided_before_it() -> None:
    one = questions()
    tell(one, only(one.ask(said("a card"), final=True, ahead=True)), miss())
    assert one.settled("a card", final=True) == miss()
    assert one.decided_on("a card") == "partial"
    tell(one, only(one.ask(said("the sky"), final=True)), miss())
    assert one.decided_on("the sky") == "final"


def test_an_answer_to_the_partial_that_comes_last_changes_nothing() -> None:
    one = questions()
    partial = only(one.ask(said("a card"), final=False))
    tell(one, only(one.ask(said("a card"), final=True)), miss("really"))
    tell(one, partial, miss())
    assert one.settled("a card", final=True) == miss("really")


def test_nobody_waits_for_an_answer_twice() -> None:
    one = questions()
    asked = only(one.ask(said("a card"), final=False))
    decided = Decided(turn=1, revision=asked.revision, verdict=miss())
    assert one.answered(decided) == ("a card", False, False)
    assert one.answered(decided) is None


def test_the_oldest_are_forgotten() -> None:
    one = questions()
    first = only(one.ask(said("text 0"), final=False))
    for number in range(1, 60):
        asked = only(one.ask(said(f"text {number}"), final=False))
        if number % 2:
            tell(one, asked, miss())
    assert len(one) <= PENDING + KEPT
    assert one.answered(Decided(turn=1, revision=first.revision, verdict=miss())) is None
    assert one.known("text 1") is None and one.known("text 59") == miss()
