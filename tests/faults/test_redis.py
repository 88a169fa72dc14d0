"""The program on a Redis that fails in mid-call, and is away when it starts."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.store.copying import copy_store
from gateway.adapters.store.redis.store import RedisStore
from tests.faults.rows import Hears, Row
from tests.support.house_server import TENANT, Gateway, House, eventually, house
from tests.support.line import Line
from tests.support.redis_server import RedisServer, redis_server

__all__ = ["house"]

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

CACHED = "when do you open"
COUNTED = ('frontline_turns_total{path="cache"}',)
HIT = 'frontline_turns_total{decided_on="partial",path="cache",tenant="house"}'
LATE_HIT = 'frontline_turns_total{decided_on="final",path="cache",tenant="house"}'

Fail = Callable[[RedisServer], None]


def hang(server: RedisServer) -> None:
    server.pause()


def kill(server: RedisServer) -> None:
    server.resume()
    server.kill()


def empty(server: RedisServer) -> None:
    server.start()
    server.client.flushall()


def damage(server: RedisServer) -> None:
    for key in server.client.scan_iter("frontline:clip:*"):
        server.client.set(key, b"noise")


def start_without(server: RedisServer) -> None:
    server.kill()


ROWS = tuple(
    Row(fault=fault, hears=Hears.CACHED, counted=COUNTED, setting={"fail": fail})
    for fault, fail in (
        ("Redis hangs", hang),
        ("Redis is killed", kill),
        ("Redis comes back empty", empty),
        ("all clips in Redis are damaged", damage),
        ("Redis is away when the gateway starts", start_without),
    )
)


@contextlib.asynccontextmanager
async def calling(gateway: Gateway) -> AsyncIterator[Line]:
    """A gateway that is up, and a call."""
    await asyncio.to_thread(gateway.__enter__)
    try:
        dialling: Any = Line.dial(gateway.address, tenant=TENANT, stt="client")
        async with dialling as line:
            yield line
    finally:
        await asyncio.to_thread(gateway.__exit__, None, None, None)


async def cached(line: Line, gateway: Gateway, house: House, turn: int) -> None:
    """The cache answers, with its own clip, and the turn is counted."""
    await line.say(CACHED)
    await line.expect("decision", path="cache", turn=turn)
    generation = await line.heard_out(turn=turn)
    assert line.sound(generation) == house.clip("hours")
    await eventually(lambda: gateway.sample(HIT) + gateway.sample(LATE_HIT) == turn)


@pytest.mark.timeout(180)
async def test_no_fault_of_redis_costs_a_cached_answer(house: House, tmp_path: Path) -> None:
    with redis_server(tmp_path / "redis") as server:
        replica = tmp_path / "replica"
        await asyncio.to_thread(_fill, house, server, replica)
        settings = {
            "FRONTLINE_STORE__URL": server.url,
            "FRONTLINE_STORE__REPLICA": str(replica),
        }
        gateway = Gateway(house.copy(tmp_path / "unused"), settings)
        *during, at_start = ROWS
        async with calling(gateway) as line:
            await cached(line, gateway, house, 1)
            for turn, row in enumerate(during, 2):
                await asyncio.to_thread(row.setting["fail"], server)
                await cached(line, gateway, house, turn)
                assert json.loads(await asyncio.to_thread(gateway.get, "readyz"))["ready"]
            store = RedisStore(server.url, tmp_path / "other")
            await eventually(lambda: store.live_number(TENANT) == 1)  # put back by the gateway
            store.close()
        at_start.setting["fail"](server)
        gateway = Gateway(house.copy(tmp_path / "unused too"), settings)
        async with calling(gateway) as line:
            await cached(line, gateway, house, 1)


def _fill(house: House, server: RedisServer, replica: Path) -> None:
    with contextlib.closing(house.open()) as seeded:
        store = RedisStore(server.url, replica)
        copy_store(seeded, store, lambda *_: None)
        store.close()
