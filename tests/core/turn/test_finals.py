from __future__ import annotations

from gateway.core.actions import FinishUtterance, TellTranscript
from gateway.core.turn.finals import NOBODY, Finals
from tests.support.script import said


def finals(*turns: int) -> Finals:
    """Finals that so many turns wait for."""
    made = Finals(recogniser=True)
    made.asked([FinishUtterance(turn=turn) for turn in turns])
    return made


def test_finals_come_in_the_order_they_were_asked_for() -> None:
    waiting = finals(1, 2)
    assert waiting.stale(2)
    assert waiting.arrive(2)  # the final of turn 1, which is over
    assert not waiting.arrive(2)


def test_a_final_nobody_asked_for_belongs_to_the_running_turn() -> None:
    waiting = finals()
    assert not waiting.stale(3)
    assert not waiting.arrive(3)
    assert not waiting.arrive(None)


def test_without_a_turn_a_final_that_is_due_is_stale() -> None:
    waiting = finals(1)
    assert waiting.stale(None)
    assert waiting.arrive(None)
    assert not waiting.stale(None)


def test_words_nobody_waits_for_are_asked_for_and_thrown_away() -> None:
    waiting = finals()
    order = waiting.unheard()
    assert order == [FinishUtterance(turn=NOBODY)]
    waiting.asked(order)  # counted already
    assert waiting.arrive(1)
    assert not waiting.arrive(1)


def test_who_recognises_for_themselves_is_asked_and_told_nothing() -> None:
    theirs = Finals(recogniser=False)
    assert theirs.unheard() == []
    assert theirs.told(said("hello"), final=True) == []
    assert finals().told(said("Hello"), final=True) == [TellTranscript(text="Hello", final=True)]
