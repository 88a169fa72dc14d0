"""``frontline serve --workers``: real processes behind one socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.house_server import TENANT, Gateway, House, eventually
from tests.support.line import Line

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

ADMIN = "an-admin-of-tests"
CALLS = 8
"""Calls of which each worker surely has some."""
MOST_MIB = 64
"""Memory of its own that a further worker may take."""


@pytest.fixture(scope="module")
def gateway(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Two workers for all tests; the last stops them."""
    with working(house.copy(tmp_path_factory.mktemp("workers") / "store")) as up:
        yield up


@contextlib.contextmanager
def working(house: House, **settings: str) -> Iterator[Gateway]:
    """Two workers, both there."""
    two = {"FRONTLINE_SERVER__WORKERS": "2", "FRONTLINE_ADMIN__TOKEN": ADMIN, **settings}
    with Gateway(house, two) as gateway:
        began = time.monotonic()
        while len(workers(gateway)) < 2 or gateway.sample("frontline_workers") < 2:
            assert time.monotonic() < began + 20, gateway.output
            time.sleep(0.02)
        yield gateway


def workers(gateway: Gateway) -> list[int]:
    """The supervisor's children."""
    path = Path(f"/proc/{gateway.pid}/task/{gateway.pid}/children")
    return [int(one) for one in path.read_text().split()]


def sockets(process: int) -> int:
    """Open sockets of a process."""
    count = 0
    for one in os.listdir(f"/proc/{process}/fd"):
        with contextlib.suppress(OSError):
            count += os.readlink(f"/proc/{process}/fd/{one}").startswith("socket:")
    return count


def private_mib(process: int) -> float:
    """Memory that nobody shares with it."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    mine = [line for line in text.splitlines() if line.startswith("Private_")]
    return sum(int(line.split()[1]) for line in mine) / 1024


def admin(gateway: Gateway, path: str) -> Any:
    """The answer of the admin API."""
    asked = urllib.request.Request(
        f"{gateway.url}admin/v1/{path}", headers={"Authorization": f"Bearer {ADMIN}"}
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return json.load(answer)


def dial(gateway: Gateway) -> Any:
    return Line.dial(gateway.address, tenant=TENANT, stt="client", echo="when played")


async def test_calls_metrics_and_admin_are_those_of_all_workers(gateway: Gateway) -> None:
    before = {process: sockets(process) for process in workers(gateway)}
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(dial(gateway)) for _ in range(6)]
        for line in lines:
            await line.say("when do you open")
        for line in lines:
            await line.heard_out()
            assert line.sound(1) == gateway.house.clip("hours")
        more = [sockets(process) - count for process, count in before.items()]
        assert min(more) >= 1  # of six calls each worker has some
        for _ in range(4):  # whichever answers
            assert await asyncio.to_thread(gateway.calls) == 6
            told = await asyncio.to_thread(admin, gateway, "calls")
            assert len(told["calls"]) == 6
            assert (await asyncio.to_thread(admin, gateway, "status"))["calls"] == 6
    each = [private_mib(process) for process in workers(gateway)]
    print(f"{', '.join(f'{mib:.0f}' for mib in each)} MiB of their own after six calls")
    assert max(each) < MOST_MIB


async def test_who_listens_hears_of_the_calls_of_all_workers(gateway: Gateway) -> None:
    url = f"{gateway.url}admin/v1/events?tenant={TENANT}"
    heard: set[str] = set()
    async with (
        httpx.AsyncClient(headers={"Authorization": f"Bearer {ADMIN}"}) as client,
        client.stream("GET", url) as events,
        AsyncExitStack() as stack,
        asyncio.timeout(30),
    ):
        blocks = events.aiter_lines()
        assert (await anext(blocks)).startswith("retry")
        lines = [await stack.enter_async_context(dial(gateway)) for _ in range(6)]
        for line in lines:
            await line.say("when do you open")
        async for told in blocks:
            if told.startswith("data: {") and "call" in (fact := json.loads(told[6:])):
                heard.add(fact["call"])
            late = [line for line in lines if line.call_id not in heard]
            if not late:
                break
            if told.startswith(":"):  # the other worker may not have been listened to yet
                for line in late:
                    await line.say("when do you open")


async def test_a_worker_that_is_killed_is_replaced_and_the_others_calls_go_on(
    gateway: Gateway,
) -> None:
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(dial(gateway)) for _ in range(CALLS)]
        for line in lines:
            await line.say("where are you located")
            await line.some_sound(1)
        victim, other = workers(gateway)
        counted = gateway.sample("frontline_calls_total")
        began = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        await eventually(
            lambda: (
                victim not in workers(gateway)
                and gateway.sample("frontline_workers") == 2
                and gateway.sample("frontline_worker_restarts_total") == 1
            )
        )
        took = time.monotonic() - began
        print(f"replaced after {took:.2f} s")
        assert took < 4.0  # one second, on a machine that does nothing else
        assert other in workers(gateway)
        whole = lost = 0
        for line in lines:
            try:
                await line.heard_out()
                whole += line.sound(1) == gateway.house.clip("location")
            except (ConnectionError, AssertionError):
                lost += 1
        assert whole >= 1
        assert whole + lost == CALLS
        assert gateway.sample("frontline_calls_total") == counted  # none is forgotten
    async with dial(gateway) as line:
        await line.say("when do you open")
        await line.heard_out()
        assert line.sound(1) == gateway.house.clip("hours")


async def test_a_job_runs_once_whichever_worker_is_asked(gateway: Gateway) -> None:
    table = "question,answer\n" + "".join(
        f"where is room {n} marmalade,Room {n} is on floor {n}.\n" for n in range(2)
    )

    def seed(gateway: Gateway) -> int:
        asked = urllib.request.Request(
            f"{gateway.url}admin/v1/seed?tenant=other",
            data=table.encode(),
            headers={"Authorization": f"Bearer {ADMIN}", "Content-Type": "text/csv"},
        )
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                answer.read(1)
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    codes = await asyncio.gather(*(asyncio.to_thread(seed, gateway) for _ in range(6)))
    # On a busy machine the first may be done before the last is asked.
    assert 1 <= codes.count(200) <= 2
    assert set(codes) == {200, 409}


def log_at(gateway: Gateway, level: str) -> None:
    """Ask for that level."""
    asked = urllib.request.Request(
        f"{gateway.url}admin/v1/log",
        data=json.dumps({"level": level}).encode(),
        headers={"Authorization": f"Bearer {ADMIN}", "Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert json.load(answer) == {"level": level}


def turns_logged(gateway: Gateway) -> set[tuple[str, int]]:
    """(call, turn) of the lines about turns."""
    lines = [json.loads(one) for one in gateway.output.splitlines() if one.startswith("{")]
    return {(one["call"], one["turn"]) for one in lines if one["message"] == "turn"}


async def test_all_workers_log_as_they_are_told(gateway: Gateway) -> None:
    calls: dict[str, set[tuple[str, int]]] = {}
    for level in ("warning", "info"):
        await asyncio.to_thread(log_at, gateway, level)
        async with AsyncExitStack() as stack:
            lines = [await stack.enter_async_context(dial(gateway)) for _ in range(6)]
            for line in lines:
                await line.say("when do you open")
            for line in lines:
                await line.heard_out()
            calls[level] = {(line.call_id, 1) for line in lines}
        await eventually(lambda: gateway.calls() == 0)
    await eventually(lambda: calls["info"] <= turns_logged(gateway))
    assert not calls["warning"] & turns_logged(gateway)


async def test_told_to_stop_no_worker_cuts_a_call(gateway: Gateway) -> None:
    """The last test: it stops them."""
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(dial(gateway)) for _ in range(4)]
        for line in lines:
            await line.say("where are you located")
            await line.some_sound(1)
        gateway.signal(signal.SIGTERM)
        for line in lines:
            await line.heard_out()
            assert line.sound(1) == gateway.house.clip("location")
    assert gateway.wait(15) == 0
