"""What speculations may cost."""

from __future__ import annotations

from random import Random

import pytest

from gateway.agents.speculation import Purse


def test_with_no_share_none_is_begun() -> None:
    purse = Purse(0.0)
    for _ in range(100):
        purse.answered()
    assert not purse.may_begin()


@pytest.mark.parametrize("right", [0.0, 0.3, 0.9, 1.0])
def test_no_more_are_dropped_than_the_share(right: float) -> None:
    purse, rng = Purse(0.2), Random(7)
    begun = dropped = 0
    for _ in range(5000):
        if purse.may_begin():
            begun += 1
            purse.begun()
            wasted = rng.random() >= right
            purse.ended(wasted=wasted)
            dropped += wasted
        purse.answered()
    assert dropped <= 0.2 * 5000 + Purse.DEEPEST
    assert begun == 5000 if right >= 0.9 else begun > 900


def test_those_that_are_open_are_reckoned_as_dropped() -> None:
    purse = Purse(0.5)
    begun = 0
    while purse.may_begin():
        purse.begun()
        begun += 1
    assert begun == Purse.DEEPEST / 2
    purse.ended(wasted=False)
    assert purse.may_begin()
    purse.begun()
    purse.ended(wasted=True)
    assert not purse.may_begin()
