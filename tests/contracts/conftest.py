"""The stores that must keep the contract.

A further kind of store joins by a line in ``KINDS``: given a folder, it opens a store; opened
twice with the same folder, both are the same data, as two processes would see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.adapters.store import SqliteStore
from gateway.ports.store import Store

Open = Callable[[], Store]

KINDS: dict[str, Callable[[Path], Store]] = {"sqlite": SqliteStore}


@pytest.fixture(params=sorted(KINDS))
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    opened: list[Store] = []

    def opens() -> Store:
        opened.append(KINDS[request.param](tmp_path / "store"))
        return opened[-1]

    yield opens
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Open) -> Store:
    return open_store()
