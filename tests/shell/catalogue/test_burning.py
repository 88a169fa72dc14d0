"""The error budget, and when somebody is told of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.adapters.store import SqliteStore
from gateway.ports.hooks import BURNING, Happening
from gateway.shell.catalogue.burning import WINDOW, Burning
from tests.support.stored import turn

NOW = WINDOW + 1000.0


class Heard:
    def __init__(self) -> None:
        self.told: list[Happening] = []

    def tell(self, happening: Happening) -> None:
        self.told.append(happening)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    store = SqliteStore(tmp_path)
    store.write([turn("a", n, at=NOW - 10, entry="hours") for n in range(200)])
    store.write([turn("old", n, at=1.0, entry="hours") for n in range(9)])
    for number in range(9):
        store.flag(f"old-{number}", "wrong")
    return store


def test_it_is_told_once_while_it_lasts(store: SqliteStore) -> None:
    heard = Heard()
    burning = Burning(store, lambda: ["default", "other"], 0.01, heard, lambda: NOW)
    for number in range(2):
        store.flag(f"a-{number}", "wrong")
    asyncio.run(burning.look())
    assert not heard.told, "two of two hundred are within one in a hundred"
    store.flag("a-2", "wrong")
    for _ in range(3):
        asyncio.run(burning.look())
    (one,) = heard.told
    assert (one.kind, one.tenant) == (BURNING, "default")
    assert (one.data["answers"], one.data["marked_wrong"], one.data["share"]) == (200, 3, 0.015)
    store.flag("a-2", "right")
    asyncio.run(burning.look())
    store.flag("a-2", "wrong")
    asyncio.run(burning.look())
    assert len(heard.told) == 2, "it was within the budget meanwhile"


def test_one_wrong_answer_says_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.write([turn("a", 1, at=NOW, entry="hours")])
    store.flag("a-1", "wrong")
    heard = Heard()
    asyncio.run(Burning(store, lambda: ["default"], 0.01, heard, lambda: NOW).look())
    assert not heard.told
