"""The house in a Redis, for gateways that share it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from gateway.adapters.store.copying import copy_store
from gateway.adapters.store.redis.store import RedisStore
from tests.support.house_server import House
from tests.support.redis_server import RedisServer


def fill(house: House, server: RedisServer, replica: Path) -> None:
    """Copy what the house has into Redis, and into that folder."""
    with (
        contextlib.closing(house.open()) as seeded,
        contextlib.closing(RedisStore(server.url, replica)) as store,
    ):
        copy_store(seeded, store, lambda *_: None)


def shares(server: RedisServer, replica: Path) -> dict[str, str]:
    """Settings of a gateway on it."""
    return {"FRONTLINE_STORE__URL": server.url, "FRONTLINE_STORE__REPLICA": str(replica)}
