"""Sound that is kept because it repeats, and what happens at the same time."""

from __future__ import annotations

import asyncio

import pytest

from gateway.shell.reply.voice_style import VoiceStyle
from tests.support.desk import REQUEST, Desk, Speaker, reply, runs
from tests.support.shelf import TEXT as MORE
from tests.support.shelf import Shelf

pytestmark = pytest.mark.anyio


async def test_an_interruption_while_it_plays_leaves_it_where_it_is() -> None:
    shelf = Shelf(after=1)
    await reply(shelf, MORE)
    desk = Desk(f"{MORE} ", 60.0, "Never.", voice=Speaker(), manner=VoiceStyle(repeats=shelf))
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(desk.asking.run())
        await asyncio.sleep(0.5)
        task.cancel()
    desk.asking.close()
    assert runs(desk) == [] and desk.chunks == [(MORE, 1.0)]
    assert runs(await reply(shelf, MORE)) == []


async def test_two_calls_that_say_the_same_at_once() -> None:
    shelf = Shelf(after=1)
    async with asyncio.TaskGroup() as tasks:
        both = [tasks.create_task(reply(shelf, MORE)) for _ in range(2)]
    assert [runs(one.result()) for one in both] == [[[MORE]], [[MORE]]]
    assert shelf.watched.outcomes == ["kept"]
    assert runs(await reply(shelf, MORE)) == []


async def test_a_purge_while_it_is_made() -> None:
    shelf = Shelf(after=1)
    desk = Desk(MORE, voice=Speaker(takes=1.0), manner=VoiceStyle(repeats=shelf))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(desk.asking.run())
        await asyncio.sleep(0.5)
        shelf.purge(REQUEST.tenant)
    desk.asking.stream.heard(9.0)
    desk.asking.close()
    assert shelf.size == 0
