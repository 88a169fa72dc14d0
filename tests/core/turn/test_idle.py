from __future__ import annotations

from gateway.core.turn.idle import Idle


def test_it_asks_once_and_then_gives_up() -> None:
    idle = Idle(60.0)
    idle.touch(10.0)
    assert idle.at == 70.0
    assert not idle.give_up(70.0)
    assert idle.at == 130.0
    assert idle.give_up(130.0)


def test_a_caller_who_speaks_is_asked_again_later() -> None:
    idle = Idle(60.0)
    idle.give_up(60.0)
    idle.spoke(61.0)
    assert idle.at == 121.0
    assert not idle.give_up(121.0)
