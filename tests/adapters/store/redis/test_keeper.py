"""Rounds that go on, whatever happens in one."""

from __future__ import annotations

import threading

from gateway.adapters.store.redis.keeper import Keeper


def test_a_round_that_fails_is_followed_by_the_next() -> None:
    rounds: list[int] = []
    enough = threading.Event()

    def round_() -> None:
        rounds.append(1)
        if len(rounds) == 3:
            enough.set()
        raise ValueError("broken")

    keeper = Keeper(round_, every=0.001)
    assert enough.wait(5)
    keeper.close()
    after = len(rounds)
    threading.Event().wait(0.02)
    assert len(rounds) == after
