"""``frontline serve --workers`` with a Redis: workers of one machine that share one copy of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.adapters.store.redis.store import RedisStore
from gateway.ports.store import Draft
from tests.e2e.test_workers import dial, workers, working
from tests.support.house_server import TENANT, Gateway, House, eventually
from tests.support.redis_server import RedisServer, redis_server
from tests.support.shared_house import fill, shares

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

KEPT = ("--appendonly", "yes", "--appendfsync", "always")


def keepers(gateway: Gateway, replica: Path) -> list[int]:
    """The workers that look after the copy: they have its lock, others do not keep it open."""
    found = []
    for worker in workers(gateway):
        for one in os.listdir(f"/proc/{worker}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{worker}/fd/{one}") == str(replica / "keeper.lock"):
                    found.append(worker)
    return found


def told(server: RedisServer) -> list[str]:
    """The turns in Redis, as often as they are there."""
    entries = server.client.xrange(f"frontline:{{t.{TENANT}}}:turns")
    events = [json.loads(fields[b"e"]) for _, fields in entries]
    return sorted(event["row"][0] for event in events if event["kind"] == "new")


async def ask(gateway: Gateway, calls: int) -> None:
    """As many calls at once, and so some on each worker, with a turn each."""
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(dial(gateway)) for _ in range(calls)]
        for line in lines:
            await line.say("when do you open")
        for line in lines:
            await line.heard_out()


def publish(server: RedisServer, folder: Path) -> None:
    """The house's catalogue once more, by another machine."""
    with contextlib.closing(RedisStore(server.url, folder)) as other:
        live = other.load(TENANT)
        number = other.publish(
            Draft(tenant=TENANT, entries=live.entries, clips=live.clips, knowledge=live.knowledge)
        )
        assert number == 2


@pytest.mark.timeout(120)
async def test_workers_share_a_copy(house: House, tmp_path: Path) -> None:
    replica = tmp_path / "replica"
    with redis_server(tmp_path / "redis", KEPT) as server:
        await asyncio.to_thread(fill, house, server, replica)
        with working(house.copy(tmp_path / "unused"), **shares(server, replica)) as gateway:
            await eventually(lambda: len(keepers(gateway, replica)) == 1)
            await ask(gateway, 4)
            await eventually(lambda: len(told(server)) == 4)

            await asyncio.to_thread(publish, server, tmp_path / "other")
            began = time.monotonic()
            await eventually(lambda: gateway.output.count("catalogue 2 of house is live") == 2)
            print(f"live on both after {time.monotonic() - began:.2f} s")
            assert time.monotonic() - began < 4.0  # two on a machine that does nothing else

            server.kill()
            await ask(gateway, 4)
            copy = RedisStore(server.url, replica)
            await eventually(lambda: copy.events.waiting() == 4)
            (victim,) = keepers(gateway, replica)
            os.kill(victim, signal.SIGKILL)
            server.start()
            await eventually(lambda: len(told(server)) == 8)
            await eventually(lambda: keepers(gateway, replica) not in ([], [victim]))
            assert len(set(told(server))) == len(told(server)) == 8
            copy.close()
