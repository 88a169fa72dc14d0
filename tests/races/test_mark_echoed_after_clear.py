"""A client that flushes its buffer echoes the marks in it: flushed is not heard."""

from __future__ import annotations

import asyncio

import pytest

from gateway.core.events import VoiceStarted, VoiceStopped
from gateway.ports.speech_in import Heard
from tests.support.house import House

pytestmark = pytest.mark.anyio


async def test_flushed_marks_do_not_count_as_heard(house: House) -> None:
    async with house.call() as call:
        call.runner.final("when do you open")
        await asyncio.sleep(0.35)
        call.runner.playout.echoed("g1:280")
        await asyncio.sleep(0.05)
        call.runner.partial("no wait")
        for name in ("g1:560", "g1:840", "g1:1000"):
            call.runner.playout.echoed(name)
        await asyncio.sleep(0.1)
    cut = next(one for one in call.wire.told("turn") if "interrupted" in one)
    assert cut["timeline"]["heard_ms"] == pytest.approx(280)


async def test_an_answer_resumes_from_what_was_heard_not_from_what_was_flushed(
    house: House,
) -> None:
    async with house.call(stt=True) as call:
        assert call.transcription is not None
        call.runner.final("when do you open")
        await asyncio.sleep(0.3)
        call.runner.playout.echoed("g1:280")
        loop = asyncio.get_running_loop()
        call.runner.receive(VoiceStarted(at=loop.time()))
        await asyncio.sleep(0.61)
        assert call.state == "HELD"
        call.runner.playout.echoed("g1:1000")
        call.runner.receive(VoiceStopped(at=loop.time()))
        call.transcription.say(Heard("", final=True))
        await asyncio.sleep(0.01)
        resumed = len(call.wire.audio())
        await asyncio.sleep(3.0)
        # a mark of the old generation does not stand for one of the new
        assert len(call.wire.audio()) > resumed
    sent = [at for at in call.wire.audio() if at >= call.wire.told("audio.start")[1]["at"]]
    assert len(sent) == 25 - 7
