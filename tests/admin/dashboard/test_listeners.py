"""Who listens is told at once, in order, and never waited for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from gateway.admin.dashboard.listeners import ALIVE, DROPPED, LISTENERS, QUEUE, Events
from gateway.admin.wire import Refused
from tests.support.stored import turn
from tests.support.virtual import VirtualLoop

T = TypeVar("T")


def run(asked: Coroutine[Any, Any, T]) -> T:
    """In time that passes at once."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(asked)


def told(event: bytes) -> tuple[str, dict[str, Any]]:
    name, data = event.decode().strip().split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_a_turn_is_told_without_its_words() -> None:
    async def told_of() -> bytes:
        hub = Events()
        stream = hub.listen("default").events()
        await anext(stream)
        hub.turn_closed(turn("a", 1, text="my name is Ann", reply="hello Ann", entry="hours"))
        return await anext(stream)

    name, facts = told(run(told_of()))
    assert name == "turn"
    assert facts == {
        "id": "a-1",
        "call": "a",
        "tenant": "default",
        "at": 1.0,
        "path": "cache",
        "entry": "hours",
    }


def test_events_of_another_tenant_are_not_told() -> None:
    async def all_told() -> list[bytes]:
        hub = Events()
        mine, everybody = hub.listen("default"), hub.listen("")
        hub.turn_closed(turn("b", 1, tenant="other"))
        hub.changed("mode", "other")
        hub.changed("calls")
        hub.close()
        return [one async for one in mine.events()] + [one async for one in everybody.events()]

    found = run(all_told())
    assert [one for one in found if one.startswith(b"event: turn")] == []
    assert found.count(DROPPED) == 2  # the server stops: both end


def test_a_silent_stream_says_that_it_is_alive() -> None:
    async def beats() -> tuple[list[bytes], float]:
        stream = Events().listen("").events(15.0)
        await anext(stream)
        began = asyncio.get_running_loop().time()
        heard = [await anext(stream), await anext(stream)]
        return heard, asyncio.get_running_loop().time() - began

    assert run(beats()) == ([ALIVE, ALIVE], 30.0)


def test_a_slow_listener_is_dropped_and_the_others_are_not() -> None:
    async def overrun() -> tuple[list[bytes], bytes, int, int]:
        hub = Events()
        slow, quick = hub.listen(""), hub.listen("")
        stream = quick.events()
        await anext(stream)
        last = b""
        for number in range(QUEUE + 1):
            hub.turn_closed(turn("a", number))
            last = await anext(stream)
        return [one async for one in slow.events()], last, hub.lost, len(hub)

    ends, last, lost, listening = run(overrun())
    assert ends[-1] == DROPPED
    assert len(ends) == 2  # what waited is not worth telling: the page asks anew
    assert told(last)[1]["id"] == f"a-{QUEUE}"
    assert (lost, listening) == (1, 1)


def test_no_more_than_so_many_listen_and_who_leaves_makes_room() -> None:
    async def full() -> None:
        hub = Events()
        first = hub.listen("")
        for _ in range(LISTENERS - 1):
            hub.listen("")
        with pytest.raises(Refused, match="listen already"):
            hub.listen("")
        hub.leave(first)
        hub.listen("")

    run(full())
