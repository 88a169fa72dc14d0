"""Watch over the event loop: what blocks it delays every call at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

EVERY = 0.05
"""Seconds between two looks."""


async def watch(report: Callable[[float], None]) -> None:
    """Report how late the loop is, in seconds, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + EVERY
        await asyncio.sleep(EVERY)
        report(max(0.0, loop.time() - due))
