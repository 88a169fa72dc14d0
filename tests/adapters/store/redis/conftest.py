"""A Redis of its own for each test, and replicas of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.adapters.store.redis.store import RedisStore
from tests.support.redis_server import RedisServer, redis_server

Replica = Callable[[str], RedisStore]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path / "redis") as started:
        yield started
        started.resume()


@pytest.fixture
def replica(server: RedisServer, tmp_path: Path) -> Iterator[Replica]:
    """Opens the store as the replica of that name; the same name is the same folder."""
    opened: list[RedisStore] = []

    def opens(name: str) -> RedisStore:
        opened.append(RedisStore(server.url, tmp_path / name))
        return opened[-1]

    yield opens
    for store in opened:
        store.close()
