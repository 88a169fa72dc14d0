"""How late the event loop is."""

from __future__ import annotations

import asyncio

import pytest

from gateway import loop
from tests.virtual import VirtualLoop


@pytest.mark.anyio
async def test_an_idle_loop_is_never_late() -> None:
    late: list[float] = []
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.02):
            await loop.watch(late.append)
    assert late == pytest.approx([0.0] * 20, abs=1e-6)


@pytest.mark.anyio
async def test_what_blocks_the_loop_is_reported() -> None:
    running = asyncio.get_running_loop()
    assert isinstance(running, VirtualLoop)
    late: list[float] = []

    def block() -> None:
        running._jumping.now += 0.3

    running.call_at(0.06, block)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await loop.watch(late.append)
    assert late == pytest.approx([0.0, 0.26, 0.0, 0.0], abs=1e-6)
