"""Two gateways behind the balancer of ``docker-compose.yml``, without containers: its own
configuration file, a Redis, and addresses of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.store.redis.store import RedisStore
from gateway.ports.store import Draft
from tests.deploy.test_files import DEPLOY, program
from tests.support.house_server import TENANT, Gateway, House, eventually
from tests.support.line import Line
from tests.support.redis_server import RedisServer, free_port, redis_server
from tests.support.shared_house import fill, shares

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


@contextlib.contextmanager
def balancer(one: Gateway, other: Gateway) -> Iterator[tuple[str, str]]:
    """HAProxy before the two; its address, and where it tells how it is."""
    port = free_port()
    address, stats = f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}"
    environ = {
        "LISTEN": address,
        "STATS": stats,
        "GATEWAY_1": one.address,
        "GATEWAY_2": other.address,
    }
    process = subprocess.Popen(
        [program("haproxy"), "-db", "-f", DEPLOY / "haproxy.cfg"],
        env={**os.environ, **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        began = time.monotonic()
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < began + 10
            time.sleep(0.02)
        yield address, stats
    finally:
        process.kill()
        process.wait()


def dial(address: str) -> Any:
    return Line.dial(address, tenant=TENANT, stt="client", echo="when played")


ADMIN = "an-admin-of-tests"


def prepare(house: House, redis: RedisServer, folder: Path) -> None:
    """Have a second catalogue, which is not live, where the answer to one question is another's."""
    fill(house, redis, folder)
    with contextlib.closing(RedisStore(redis.url, folder)) as store:
        first = store.load(TENANT)
        said = {entry.id: entry.answer for entry in first.entries}
        second = Draft(
            tenant=TENANT,
            entries=tuple(
                replace(entry, answer=said["location"]) if entry.id == "hours" else entry
                for entry in first.entries
            ),
            clips={**first.clips, "entry:hours": first.clips["entry:location"]},
            knowledge=first.knowledge,
        )
        assert store.publish(second) == 2
        store.activate(TENANT, 1)


def make_live(gateway: Gateway, number: int) -> None:
    """Ask the admin API of a gateway."""
    asked = urllib.request.Request(
        f"{gateway.url}admin/v1/catalogues/rollback",
        data=json.dumps({"number": number}).encode(),
        headers={"Authorization": f"Bearer {ADMIN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        assert answer.status == 200


@contextlib.asynccontextmanager
async def serving(*gateways: Gateway) -> AsyncIterator[None]:
    """All of them up at once."""
    try:
        await asyncio.gather(*(asyncio.to_thread(one.__enter__) for one in gateways))
        yield
    finally:
        for one in gateways:
            if one.port:
                await asyncio.to_thread(one.__exit__, None, None, None)


def is_down(stats: str) -> bool:
    """Whether the balancer leaves the first gateway out."""
    with urllib.request.urlopen(f"http://{stats}/metrics", timeout=10) as answer:
        told = answer.read().decode()
    line = r'^haproxy_server_status\{proxy="gateways",server="gateway-1",state="DOWN"\} 1$'
    return re.search(line, told, re.MULTILINE) is not None


@pytest.mark.timeout(120)
async def test_two_gateways_are_one(house: House, tmp_path: Path) -> None:
    """A change on one is live on both; without Redis both answer; one drains and cuts no call."""
    program("haproxy")
    unused = house.copy(tmp_path / "unused")
    with redis_server(tmp_path / "redis") as redis:
        replicas = [tmp_path / "1", tmp_path / "2"]
        await asyncio.to_thread(prepare, house, redis, replicas[0])
        more = {"FRONTLINE_SERVER__DRAIN_S": "60", "FRONTLINE_ADMIN__TOKEN": ADMIN}
        one, other = (Gateway(unused, {**more, **shares(redis, folder)}) for folder in replicas)
        async with serving(one, other), AsyncExitStack() as stack:
            address, stats = stack.enter_context(balancer(one, other))
            await asyncio.to_thread(make_live, one, 2)
            began = time.monotonic()
            await eventually(lambda: f"catalogue 2 of {TENANT} is live" in other.output)
            assert time.monotonic() - began < 4.0  # two on a machine that does nothing else
            async with dial(other.address) as line:
                await line.say("when do you open")
                await line.heard_out()
                assert line.sound(1) == house.clip("location")

            redis.kill()
            lines = [await stack.enter_async_context(dial(address)) for _ in range(4)]
            for line in lines:
                await line.say("where are you located")
                await line.some_sound(1)
            assert (one.calls(), other.calls()) == (2, 2)
            one.signal(signal.SIGTERM)
            await eventually(lambda: is_down(stats))
            late = [await stack.enter_async_context(dial(address)) for _ in range(2)]
            assert other.calls() == 4
            for line in late:
                await line.say("where are you located")
            for line in [*lines, *late]:
                await line.heard_out()
                assert line.sound(1) == house.clip("location")
            await stack.aclose()
            assert await asyncio.to_thread(one.wait, 15) == 0
