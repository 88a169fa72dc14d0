from __future__ import annotations

from gateway.core.finals import Finals


def test_finals_come_in_the_order_they_were_asked_for() -> None:
    finals = Finals()
    finals.ask(1)
    finals.ask(2)
    assert finals.stale(2)
    assert finals.arrive(2)  # the final of turn 1, which is over
    assert not finals.arrive(2)


def test_a_final_nobody_asked_for_belongs_to_the_running_turn() -> None:
    finals = Finals()
    assert not finals.stale(3)
    assert not finals.arrive(3)
    assert not finals.arrive(None)


def test_without_a_turn_a_final_that_is_due_is_stale() -> None:
    finals = Finals()
    finals.ask(1)
    assert finals.stale(None)
    assert finals.arrive(None)
    assert not finals.stale(None)
