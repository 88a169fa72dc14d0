"""The caller cuts in while the answer is still being read from disk: it is not played after."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from tests.house import PCM16K, House, catalogue

pytestmark = pytest.mark.anyio


async def test_an_interrupted_answer_is_not_played_when_it_is_there(
    house: House, threads: SimpleNamespace
) -> None:
    threads.takes = 0.3
    async with house.call() as call:
        call.runner.final("when do you open")
        await asyncio.sleep(0.1)
        call.runner.partial("no wait")
        await asyncio.sleep(2.0)
        assert call.wire.audio() == []
        assert call.wire.told("audio.start") == []
        turn = call.wire.told("turn")[0]
        assert (turn["turn"], turn["interrupted"]) == (1, True)


async def test_the_same_answer_asked_again_is_played_once(
    house: House, threads: SimpleNamespace
) -> None:
    threads.takes = 0.3
    async with house.call() as call:
        call.runner.final("when do you open")
        await asyncio.sleep(0.1)
        call.runner.partial("no wait")
        await asyncio.sleep(0.1)
        call.runner.final("when do you open")
        await asyncio.sleep(3.0)
    [start] = call.wire.told("audio.start")
    assert start["generation"] == 2
    assert len(call.wire.audio()) == 25
    assert house.store.reads.count(catalogue().clips["entry:hours"].name(PCM16K)) == 1


async def test_a_caller_who_has_hung_up_hears_nothing(
    house: House, threads: SimpleNamespace
) -> None:
    threads.takes = 0.3
    async with house.call() as call:
        call.runner.final("when do you open")
        await asyncio.sleep(0.1)
        call.runner.hang_up()
        await asyncio.sleep(2.0)
    assert call.wire.audio() == []


async def test_a_disk_that_hangs_gets_the_hand_off_line_not_silence(
    house: House, threads: SimpleNamespace
) -> None:
    async with house.call() as call:
        call.runner.final("repeat that")  # brings a line into memory
        await asyncio.sleep(3.0)
        serving = house.services.tenants.get("default")
        assert serving is not None
        form = call.runner._performer._form
        await house.services.clips.get(serving.names(("line:handoff",), form), form)
        threads.takes = 500.0
        began = asyncio.get_running_loop().time()
        call.runner.final("when do you open")
        await asyncio.sleep(30.0)
    start = call.wire.told("audio.start")[-1]
    assert start["text"] == "<line:handoff 1>"
    assert start["at"] - began == pytest.approx(1.003)
    assert call.wire.told("turn")[-1]["timeline"]["ttfa_ms"] == pytest.approx(1003)
