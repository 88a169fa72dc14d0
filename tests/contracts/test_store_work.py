"""What every store promises about work that is done once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from gateway.ports.store import Store

Open = Callable[[], Store]


def test_work_is_one_owners_until_it_is_given_back(open_store: Open) -> None:
    here, there = open_store(), open_store()
    assert here.work("train/bänk") is None
    assert here.claim("train/bänk", "one", 60.0, "1 of 9")
    assert not there.claim("train/bänk", "two", 60.0, "mine")
    assert here.claim("train/bänk", "one", 60.0, "2 of 9")  # kept, and told
    found = there.work("train/bänk")
    assert found is not None
    assert (found.owner, found.told) == ("one", "2 of 9")
    assert 50.0 < found.left <= 60.0
    assert there.claim("train/other", "two", 60.0, "")  # each piece of work by itself
    assert here.claim("train/bänk", "one", 0.0, "done")
    assert (left := there.work("train/bänk")) is not None
    assert (left.owner, left.left, left.told) == ("one", 0.0, "done")
    assert there.claim("train/bänk", "two", 60.0, "again")


def test_a_claim_of_one_who_is_gone_ends_by_itself(open_store: Open) -> None:
    here, there = open_store(), open_store()
    assert here.claim("w", "one", 0.001, "")
    while not there.claim("w", "two", 60.0, ""):  # a millisecond: no wait to speak of
        pass
    assert not here.claim("w", "one", 60.0, "")


def test_of_many_who_claim_at_once_one_is_given_it(open_store: Open) -> None:
    stores = [open_store() for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        given = threads.map(lambda n: stores[n].claim("w", f"owner {n}", 60.0, ""), range(4))
        assert sorted(given) == [False, False, False, True]
