"""Functions that are tools in the tests."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

GATE = threading.Event()
"""Opened by a test for those that wait."""


def total(prices: list[float], currency: str = "EUR") -> dict[str, Any]:
    return {"total": sum(prices), "currency": currency, "thread": threading.current_thread().name}


async def rate(currency: str) -> str:
    await asyncio.sleep(0)
    return f"{currency} stands at 1.25"


async def endless() -> str:
    await asyncio.Event().wait()
    return "never"


def waits() -> str:
    GATE.wait(30)
    return "late"


def wrong(name: str) -> None:
    raise ValueError(f"{name} lives at 5 Hadley Street")


def stops() -> None:
    raise StopIteration


def leaves() -> None:
    raise SystemExit(3)


def lazy() -> Any:
    return rate("USD")


def nothing() -> None:
    """Gives nothing back."""
