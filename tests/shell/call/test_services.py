"""What all calls of a process share."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.house import open_house

pytestmark = pytest.mark.anyio


async def test_the_calls_clock_is_the_loops_unless_told() -> None:
    services = open_house().services
    await asyncio.sleep(2.5)
    assert services.clock() == asyncio.get_running_loop().time() == pytest.approx(2.5)
    assert open_house(clock=lambda: 7.0).services.clock() == 7.0


async def test_two_houses_share_nothing() -> None:
    one, other = open_house().services, open_house().services
    one.modes["default"] = "off"
    one.calls["c"] = None  # type: ignore[assignment]
    assert not other.modes
    assert not other.calls
