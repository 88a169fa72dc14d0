"""Turns go when their time is over, each kind after its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.store import SqliteStore
from gateway.errors import StoreFailed
from gateway.ports.records import PurgeQuery, TurnQuery
from gateway.shell.process.retention import DAY, EVERY, FIRST, Retention
from tests.support.stored import turn
from tests.support.virtual import VirtualLoop


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    store = SqliteStore(tmp_path)
    store.write(
        [
            turn("a", 1, at=DAY),
            turn("m", 1, at=DAY, path="handoff"),
            turn("f", 1, at=DAY, path="agent"),
            turn("new", 1, at=99 * DAY),
        ]
    )
    store.flag("f-1", "wrong")
    return store


def left(store: SqliteStore) -> Sequence[str]:
    return sorted(one.id for one in store.turns(TurnQuery()))


@pytest.mark.parametrize(
    ("answered", "missed", "flagged", "stay"),
    [
        (90, 180, 730, ["f-1", "m-1", "new-1"]),
        (180, 90, 730, ["a-1", "f-1", "new-1"]),
        (0, 0, 90, ["a-1", "m-1", "new-1"]),
        (0, 0, 0, ["a-1", "f-1", "m-1", "new-1"]),
        (1, 1, 1, ["new-1"]),
    ],
)
def test_each_kind_is_kept_for_its_own_time(
    store: SqliteStore, answered: int, missed: int, flagged: int, stay: list[str]
) -> None:
    days = {"answered": answered, "missed": missed, "flagged": flagged}
    retention = Retention(store, days, lambda: 99.5 * DAY)  # type: ignore[arg-type]
    assert asyncio.run(retention.look()) == 4 - len(stay)
    assert left(store) == stay


class Loop(VirtualLoop):
    """Does at once what others do in threads: virtual time does not wait for a thread."""

    def run_in_executor(self, executor: object, work: Any, *given: object) -> Any:
        done = self.create_future()
        try:
            done.set_result(work(*given))
        except StoreFailed as error:
            done.set_exception(error)
        return done


@pytest.mark.parametrize("leads", [True, False])
def test_clips_are_collected_every_hour_by_the_one_that_leads(leads: bool) -> None:
    collected: list[float] = []

    class Holding:
        def collect(self) -> int:
            collected.append(asyncio.get_running_loop().time())
            return 3

    async def watch() -> None:
        store: Any = Holding()
        async with asyncio.timeout(FIRST + EVERY + 1):
            await Retention(store, {"answered": 0}, leads=lambda: leads).watch()

    with pytest.raises(TimeoutError), asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(watch())
    assert collected == [pytest.approx(at) for at in ((FIRST, FIRST + EVERY) if leads else ())]


def test_a_store_that_fails_is_asked_again_an_hour_later() -> None:
    looks: list[float] = []

    class Failing:
        def remove(self, query: PurgeQuery) -> int:
            looks.append(query.before)
            raise StoreFailed("away")

    async def watch() -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        retention = Retention(Failing(), {"answered": 1}, lambda: DAY + clock() - began)  # type: ignore[arg-type]
        async with asyncio.timeout(FIRST + EVERY + 1):
            await retention.watch()

    with pytest.raises(TimeoutError), asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(watch())
    assert looks == [pytest.approx(FIRST), pytest.approx(FIRST + EVERY)]
