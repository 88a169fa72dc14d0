"""A barge-in waits its turn behind a frame that is slow: sound that is being written, made, or read
(pipecat 4412: interruptions travel in the same queue as what they are to stop).

Here an interruption is an event to the core, which overtakes everything. However slow the wire, the
voice, the agent or the disk is: no sound is written before the ``clear`` but what was being
written, none of the old comes after it, and the new question is answered as soon as ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.core.policy import Policy
from gateway.ports.agents import AgentPiece, AgentRequest
from gateway.ports.live_speech import SpokenPiece
from gateway.ports.sound import AudioFormat
from gateway.shell.sound.playout import Pacing
from tests.faults.centre import CACHED, QUESTION, Caller
from tests.support.fakes import FakeAgent, FakeVoice
from tests.support.house import PCM16K, House, catalogue, open_house

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("threads")]

MATCHED = 0.003
SLOW = 30.0
"""Seconds that nothing may wait for."""


async def warm(**fields: Any) -> House:
    """A house whose clips are in memory."""
    house = open_house(policy=Policy(agent=True), **fields)
    serving = house.publish(catalogue())
    names = serving.names(tuple(serving.catalogue.clips), PCM16K)
    await house.services.clips.get(names, PCM16K)
    return house


async def cut_in(house: House, caller: Caller, *, after: float = 1.0) -> float:
    """Ask what is answered slowly, cut in with what the cache answers; when that was."""
    async with house.call(wire=caller) as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(after)
        began = asyncio.get_running_loop().time()
        call.runner.final(CACHED)
        await asyncio.sleep(5.0)
    return began


def heard_at_once(caller: Caller, began: float) -> None:
    """The clear, and then nothing but the new answer."""
    caller.one_voice()
    start = next(one for one in caller.told("audio.start") if one.get("text") == "<entry:hours 1>")
    assert start["at"] - began == pytest.approx(MATCHED, abs=1e-6)
    [clear] = caller.told("clear")
    assert began <= clear["at"] <= start["at"]


class SlowVoice(FakeVoice):
    """Speaks a text, and then is at the next one for ever."""

    closing = 0.0

    async def speak(
        self, texts: AsyncIterator[str], audio_format: AudioFormat, *names: str
    ) -> AsyncGenerator[SpokenPiece, None]:
        try:
            async for _ in texts:
                yield SpokenPiece(audio=bytes(32 * 3000), finished=0)
                await asyncio.sleep(SLOW)
        finally:
            await asyncio.sleep(self.closing)
            self.stopped += 1


@pytest.mark.parametrize("closing", [0.0, 0.05, SLOW], ids=["at once", "soon", "slowly"])
async def test_a_voice_that_is_slow_to_speak_and_to_stop(closing: float) -> None:
    voice = SlowVoice()
    voice.closing = closing
    house = await warm(agent=FakeAgent("One two three. ", "Four five six."), voice=voice)
    caller = Caller()
    heard_at_once(caller, await cut_in(house, caller))
    assert caller.sources()[0] == "agent", "it was on the air"


class SlowAgent(FakeAgent):
    """Does not let go."""

    async def reply(self, request: AgentRequest) -> AsyncIterator[AgentPiece]:
        try:
            yield AgentPiece(text="One two three four. ")
            await asyncio.sleep(SLOW)
        finally:
            await asyncio.sleep(SLOW)
            self.stopped += 1


async def test_an_agent_that_is_slow_to_stop() -> None:
    house = await warm(agent=SlowAgent(), voice=FakeVoice(lasts=3.0))
    caller = Caller()
    heard_at_once(caller, await cut_in(house, caller))
    assert caller.sources()[0] == "agent", "it was on the air"


async def test_a_disk_that_is_slow_to_read(threads: SimpleNamespace) -> None:
    """The line that the first turn waits for is read when nobody wants it any more."""
    house = await warm()
    house.services.policy = Policy()
    threads.takes, caller = 0.9, Caller()
    hand_off = house.services.tenants.get("default")
    assert hand_off is not None
    for name in hand_off.names(("line:handoff",), PCM16K):
        del house.services.clips._loaded[name]
    heard_at_once(caller, await cut_in(house, caller, after=0.5))
    assert len(caller.told("audio.start")) == 1


class SlowCaller(Caller):
    """Takes a quarter of a second for each message."""

    def __init__(self) -> None:
        super().__init__()
        self.takes = 0.25


async def test_a_wire_that_is_slow_to_write() -> None:
    """A second of sound is queued in messages of 40 ms, each of which takes 0.25 s."""
    house = await warm(
        agent=FakeAgent("One two three four. "),
        voice=FakeVoice(lasts=3.0),
        pacing=Pacing(lead=60.0),
    )
    caller = SlowCaller()
    async with house.call(wire=caller) as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(2.1)
        assert len(call.runner.outbox._items) > 20
        began = asyncio.get_running_loop().time()
        call.runner.final(CACHED)
        await asyncio.sleep(2.0)
        [clear] = caller.told("clear")
        sound = [at for at in caller.audio() if began < at < clear["at"]]
        assert len(sound) <= 1, "the one that was being written"
        assert clear["at"] - began < 4 * caller.takes, "it, and two short messages"
    caller.one_voice()
