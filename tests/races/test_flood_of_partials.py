"""A client that sends faster than anybody speaks slows down itself, and nobody else."""

from __future__ import annotations

import asyncio
import socket

import pytest

from gateway.transports import door, session
from tests.support.serving import Gateway, serving

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

SMALL = 8192
"""Bytes the kernel holds for us: little is in flight when the line goes dead."""


async def take_a_turn(gateway: Gateway) -> None:
    """Another call, answered in its usual time."""
    async with asyncio.timeout(5.0), gateway.dial() as other:
        await other.send(type="final", text="when are holidays")
        await other.until("audio")


async def test_ten_thousand_partials_leave_the_others_alone() -> None:
    async with serving(buffer=SMALL) as gateway, gateway.dial() as call:
        call.option(socket.SO_SNDBUF, SMALL)
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def flood() -> None:
            for n in range(10_000):
                await call.send(type="partial", text=f"number {n}")

        async with asyncio.TaskGroup() as tasks:
            flooding = tasks.create_task(flood())
            for _ in range(3):
                await take_a_turn(gateway)
            assert not flooding.done()  # its own socket makes it feel it
            flooding.cancel()
        took = loop.time() - began
        asked = [text for text, _, _ in gateway.house.matcher.asked if "number" in text]
        assert 1 <= len(asked) <= 2 + took / 0.02
        call.abort()
        await gateway.quiet()


async def test_a_flood_is_read_in_portions_and_nothing_is_lost() -> None:
    async with serving() as gateway, gateway.dial() as call:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for n in range(2 * session.FLOOD + 1):
            await call.send(type="mark", name=f"x{n}")
        await call.send(type="final", text="when do you open")
        await call.until("decision")
        assert loop.time() - began >= session.FLOOD_WINDOW


async def test_a_flood_without_end_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PATIENCE", 0.3)
    async with serving() as gateway, gateway.dial() as call:

        async def flood() -> None:
            while True:
                await call.send(type="mark", name="x")

        flooding = asyncio.get_running_loop().create_task(flood())
        try:
            async with asyncio.timeout(50.0):
                assert await call.closed() == door.REFUSED
        finally:
            flooding.cancel()
            await asyncio.gather(flooding, return_exceptions=True)
        await gateway.quiet()
