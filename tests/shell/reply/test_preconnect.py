"""A voice that connects ahead, in virtual time."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from gateway.shell.reply.preconnect import WITHIN, Readied, ready
from gateway.shell.reply.voice_style import VoiceStyle
from tests.support.desk import Desk, Speaker, now
from tests.support.fakes import FakeVoice
from tests.support.house import PCM16K

pytestmark = pytest.mark.anyio


class Stuck(FakeVoice):
    """Connecting takes so long, or raises."""

    def __init__(self, takes: float = 1e6, error: Exception | None = None) -> None:
        super().__init__()
        self.wait, self.error = takes, error
        self.given_up = 0

    async def prepare(self, *args: Any, **more: Any) -> None:
        await super().prepare(*args, **more)
        try:
            await asyncio.sleep(self.wait)
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.error is not None:
            raise self.error


async def test_it_connects_for_who_speaks_and_how() -> None:
    voice = Speaker()
    assert await ready(voice, PCM16K, VoiceStyle(voice="amy", locale="en-GB")) is Readied.DONE
    assert voice.asked == [("amy", "en-GB")]


async def test_one_that_never_connects_is_stopped(caplog: pytest.LogCaptureFixture) -> None:
    voice = Stuck()
    assert await ready(voice, PCM16K, VoiceStyle()) is Readied.LATE
    assert now() == pytest.approx(WITHIN)
    assert voice.given_up == 1
    assert [one.getMessage() for one in caplog.records] == [
        "the voice fake was not ready within 4 s"
    ]


async def test_a_mistake_is_told_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    assert await ready(Stuck(0.1, KeyError("x")), PCM16K, VoiceStyle()) is Readied.FAILED
    [record] = caplog.records
    assert record.exc_info is not None


@pytest.mark.parametrize("voice", [Stuck(), Stuck(0.0, KeyError("x"))], ids=["never", "mistake"])
async def test_a_reply_does_not_wait_for_it(voice: Stuck) -> None:
    desk = Desk("We open at nine.", voice=voice)
    await desk.asking.run()
    assert desk.kinds[0] == (0.0, "AgentText")
    assert desk.kinds[-1] == (0.05, "AgentDone")
    assert voice.given_up == (voice.error is None), "nothing of it is left"


async def test_a_long_reply_stops_it_in_the_middle() -> None:
    voice = Stuck()
    desk = Desk("We open at nine. ", 2 * WITHIN, "On Sundays we are closed.", voice=voice)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(desk.asking.run())
        await asyncio.sleep(WITHIN + 0.1)
        assert voice.given_up == 1
    assert desk.kinds[-1][1] == "AgentDone"
