"""Voice that brings no words: a room, or somebody else, behind a caller who has finished."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.actions import FinishUtterance
from gateway.core.events import (
    DeadlinePassed,
    FinalHeard,
    PartialHeard,
    RecogniserAway,
    RecogniserBack,
    Utterance,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.turn.ending import WordSense
from gateway.core.turn.questions import QuestionContext
from gateway.core.turn.turn import Turn, TurnState

POLICY = Policy()
WHOLE = POLICY.silence_complete + POLICY.wordless


def said(text: str, completeness: float = 0.8) -> Utterance:
    return Utterance(text=text, canonical=text, completeness=completeness)


def state_of(one: Turn) -> TurnState:
    """Read anew each time: the type checker believes that an attribute stays what it was."""
    return one.state


def speaking(*words: tuple[float, str], policy: Policy = POLICY, recogniser: bool = True) -> Turn:
    """A turn whose voice began at 0 and does not end."""
    one = Turn(1, policy, asked=QuestionContext(), recogniser=recogniser, now=0.0)
    one.receive(VoiceStarted(at=0.0), 0.0)
    for at, text in words:
        one.receive(PartialHeard(utterance=said(text)), at)
    return one


def test_a_caller_in_a_loud_room_is_answered() -> None:
    one = speaking((0.5, "is the bank"), (0.9, "is the bank open"))
    assert one.deadline == pytest.approx(0.9 + WHOLE)
    orders = one.receive(DeadlinePassed(), 0.9 + WHOLE)
    assert any(isinstance(order, FinishUtterance) for order in orders)
    assert state_of(one) is TurnState.FINISHING
    one.receive(FinalHeard(utterance=said("is the bank open")), 2.4)
    assert state_of(one) is TurnState.DECIDING
    assert one.silent_since == 0.9, "as far as anybody knows"


def test_who_breaks_off_is_given_more_time() -> None:
    one = speaking((0.5, "is the bank"))
    one.receive(PartialHeard(utterance=said("is the", completeness=0.1)), 0.6)
    assert one.deadline == pytest.approx(0.6 + POLICY.silence_incomplete + POLICY.wordless)


def test_a_recogniser_that_takes_long_for_words_is_given_the_time() -> None:
    one = speaking((2.0, "is the"), (3.0, "is the bank"))
    assert one.deadline == pytest.approx(3.0 + 2 * 2.0)


def test_new_words_put_it_off() -> None:
    one = speaking((0.5, "is the bank"))
    before = one.deadline
    one.receive(PartialHeard(utterance=said("is the bank")), 1.0)
    assert one.deadline == before, "the same words are no news"
    one.receive(PartialHeard(utterance=said("is the bank open")), 1.0)
    assert one.deadline == pytest.approx(1.0 + WHOLE)


def test_words_that_come_while_the_final_is_waited_for_open_it_again() -> None:
    one = speaking((0.5, "is the bank open"))
    one.receive(DeadlinePassed(), 0.5 + WHOLE)
    one.receive(PartialHeard(utterance=said("is the bank open on sunday")), 2.0)
    assert state_of(one) is TurnState.HEARING
    assert one.deadline is not None and one.deadline > 2.0 + WHOLE
    one.receive(FinalHeard(utterance=said("is the bank open on sunday")), 2.1)
    assert state_of(one) is TurnState.HEARING, "the final that was asked for is none of the end"
    one.receive(VoiceStopped(at=2.2), 2.3)
    assert state_of(one) is TurnState.ENDING


def test_silence_ends_it_as_ever() -> None:
    one = speaking((0.5, "is the bank open"))
    one.receive(VoiceStopped(at=0.6), 0.7)
    assert one.deadline == pytest.approx(0.6 + POLICY.silence_complete)


def test_evidence_that_came_meanwhile_counts() -> None:
    """The deadline was armed for less than it takes now."""
    one = speaking((0.5, "is the bank open"))
    one._policy = replace(POLICY, wordless=2.0)
    assert one.receive(DeadlinePassed(), 0.5 + WHOLE) == []
    assert state_of(one) is TurnState.HEARING
    assert one.deadline == pytest.approx(0.5 + POLICY.silence_complete + 2.0)


def test_no_words_at_all_end_nothing_but_what_ends_it_anyway() -> None:
    assert speaking().deadline == POLICY.max_turn
    client = speaking((0.5, "is the bank open"), recogniser=False)
    assert client.deadline == POLICY.max_turn, "a client knows its own recogniser"


def test_a_recogniser_that_is_away_brings_none() -> None:
    one = speaking((0.5, "is the bank open"))
    one.receive(RecogniserAway(), 0.8)
    assert one.deadline == POLICY.max_turn
    one.receive(RecogniserBack(), 3.0)
    assert one.deadline == pytest.approx(3.0 + WHOLE), "it has yet to hear what was said"


def test_a_turn_too_long_ends_with_what_there_is() -> None:
    one = speaking((0.5, "is the bank open"), policy=replace(POLICY, max_turn=1.0))
    one.receive(DeadlinePassed(), 1.0)
    assert state_of(one) is TurnState.DECIDING


def test_what_is_said_in_parts_is_judged_as_a_whole() -> None:
    heard: list[str] = []

    def whole(text: str) -> float:
        heard.append(text)
        return 0.9

    sense, asked = WordSense(whole=whole), QuestionContext()
    one = Turn(1, POLICY, asked=asked, recogniser=True, now=0.0, sense=sense)
    one.receive(VoiceStarted(at=0.0), 0.0)
    one.receive(VoiceStopped(at=1.0), 1.1)
    one.receive(FinalHeard(utterance=said("i do not know which card", completeness=0.1)), 1.1)
    one.receive(VoiceStarted(at=1.4), 1.5)
    one.receive(PartialHeard(utterance=said("to take", completeness=0.1)), 1.9)
    one.receive(VoiceStopped(at=1.9), 2.0)
    assert heard == ["i do not know which card to take"]
    assert one.deadline == pytest.approx(1.9 + POLICY.silence_complete)
