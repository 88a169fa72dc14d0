"""What a recogniser says, in order and bounded."""

from __future__ import annotations

import asyncio

import pytest

from gateway.adapters.stt.outlet import MOST, Outlet
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, Presence

pytestmark = pytest.mark.anyio


def partial(text: str) -> Heard:
    return Heard(text, final=False)


def final(text: str) -> Heard:
    return Heard(text, final=True)


async def test_a_partial_gives_way_and_a_final_does_not() -> None:
    out = Outlet()
    for heard in (partial("a"), partial("a b"), final("a b"), final("c"), partial("d"), None):
        out.put(heard)
    reader = aiter(out)
    assert [await anext(reader) for _ in range(3)] == [final("a b"), final("c"), partial("d")]
    asyncio.get_running_loop().call_soon(out.put, partial("e"))
    assert await anext(reader) == partial("e")


async def test_who_leaves_and_comes_back_says_so_in_between() -> None:
    out = Outlet()
    gone, back = Presence(there=False), Presence(there=True)
    for heard in (partial("a"), gone, back, partial("a b"), gone):
        out.put(heard)
    reader = aiter(out)
    said = [await anext(reader) for _ in range(5)]
    assert said == [partial("a"), gone, back, partial("a b"), gone]


async def test_a_failure_comes_after_what_was_heard() -> None:
    out = Outlet()
    out.put(final("a"))
    out.fail(ProviderFailed("gone"))
    reader = aiter(out)
    assert await anext(reader) == final("a")
    with pytest.raises(ProviderFailed, match="gone"):
        await anext(reader)


async def test_nothing_after_close() -> None:
    out = Outlet()
    out.put(final("a"))
    reader = aiter(out)
    await anext(reader)
    asyncio.get_running_loop().call_soon(out.close)
    assert await anext(reader, None) is None
    out.put(final("b"))
    assert [one async for one in out] == []


async def test_a_call_that_does_not_read_keeps_the_newest() -> None:
    out = Outlet()
    for number in range(1000):
        out.put(final(str(number)))
    reader = aiter(out)
    kept = [await anext(reader) for _ in range(2 * MOST)]
    assert (kept[0], kept[-1]) == (final(str(1000 - 2 * MOST)), final("999"))
