"""A bot made of pipecat-ai behind the proxy mode, called over a line as Twilio's."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from bench.phone import stream_of
from bench.server import ServerProcess
from gateway.audio import mulaw_to_pcm
from tests.clients.environment import PATIENCE, interpreter, start
from tests.clients.talk import Talk
from tests.providers.twilio import CALL, TwilioCall
from tests.support.house_server import FORMATS, House, house

__all__ = ["house"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LONG = Talk.of(
    *(1.0, "when do you open", 4.0),
    *("can you recommend a good bakery", 2.2),
    *("no please listen to me", 2.5),
    *("key 5", 0.5, "key 9", 5.0),
)
"""A hit; a miss, and words into the bot's answer; keys, of which 9 makes it hang up."""
CHUNK = 320
"""Bytes of the 40 ms which pipecat writes at once: interrupted, it clears first and then still
delivers the chunk that it was writing (``MediaSender.handle_interruptions``)."""
SHORT = Talk.of(1.0, "can you recommend a good bakery", 2.0)
"""A miss, and the caller hangs up while the bot speaks."""


@dataclass
class Bot:
    """The process, and what it tells."""

    process: asyncio.subprocess.Process
    port: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)

    async def read(self) -> None:
        """Take what it tells until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.told.append(json.loads(line))

    def of(self, call: int, event: str) -> list[dict[str, Any]]:
        """What it told of a call."""
        return [one for one in self.told if (one.get("call"), one.get("event")) == (call, event)]


@asynccontextmanager
async def bot() -> AsyncIterator[Bot]:
    """The bot, up."""
    process = await start("pipecat_bot.py")
    assert process.stdout is not None and process.stdin is not None
    try:
        async with asyncio.timeout(PATIENCE):
            port = json.loads(await process.stdout.readline())["port"]
        one = Bot(process, port)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(one.read())
            drained = tasks.create_task(process.stderr.read())  # type: ignore[union-attr]
            yield one
            process.stdin.close()
            async with asyncio.timeout(PATIENCE):
                await process.wait()
        assert b"Traceback" not in drained.result(), drained.result().decode()[-3000:]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@dataclass
class Rung:
    """A call that is over."""

    line: TwilioCall
    began: float
    closed_at: float | None = None
    """When the gateway closed it, if it did before the caller had said all."""

    def sound(self, begin: float, end: float = 99.0) -> bytes:
        """What was sent from one second of the call to another."""
        taken = [
            b64decode(message["media"]["payload"])
            for at, message in self.line.received
            if message["event"] == "media" and begin <= at - self.began < end
        ]
        return b"".join(taken)

    @property
    def clears(self) -> list[float]:
        return [at - self.began for at in self.line.cleared]


async def ring(address: str, talk: Talk) -> Rung:
    """Call, say all that, and hang up."""
    url, told = await asyncio.to_thread(stream_of, f"http://{address}", "")
    async with connect(url, compression=None) as socket:
        line = TwilioCall(socket.send, parameters=told)
        call = Rung(line, 0.0)
        loop = asyncio.get_running_loop()

        async def listen() -> None:
            with suppress(ConnectionClosed):
                async for frame in socket:
                    line.receive(frame)
            call.closed_at = loop.time()

        async def speak() -> None:
            with suppress(ConnectionClosed):
                await line.run()

        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(listen())
            running = tasks.create_task(speak())
            line.open()
            call.began = loop.time()
            for piece in talk.mulaw():
                if isinstance(piece, str):
                    line.press(piece)
                elif call.closed_at is None:
                    await line.speak(piece)
            ended = call.closed_at
            line.stop()
            await running
            await socket.close()
            await listening
        call.closed_at = ended and ended - call.began
    return call


@dataclass
class Calls:
    """What came of both."""

    bot: Bot
    long: Rung
    short: Rung


async def both(house: House) -> Calls:
    """The two calls, side by side."""
    async with bot() as one:
        behind = {
            "FRONTLINE_AGENT__KIND": "media_stream",
            "FRONTLINE_AGENT__URL": f"ws://127.0.0.1:{one.port}/ws",
        }
        scripts = [LONG.words, SHORT.words]  # in the order in which the calls come
        server = ServerProcess({**house.environment, **behind}, scripts, lag_ms=100)
        await asyncio.to_thread(server.__enter__)
        try:
            async with asyncio.TaskGroup() as tasks:
                long = tasks.create_task(ring(server.address, LONG))
                await asyncio.sleep(0.5)
                short = tasks.create_task(ring(server.address, SHORT))
        finally:
            await asyncio.to_thread(server.__exit__, None, None, None)
    return Calls(one, long.result(), short.result())


@pytest.fixture(scope="module")
def calls(house: House, tmp_path_factory: pytest.TempPathFactory) -> Calls:
    """Made once: they take 15 s."""
    interpreter()
    return asyncio.run(both(house.copy(tmp_path_factory.mktemp("bot") / "store")))


def test_the_bot_takes_it_for_a_call_of_twilio(calls: Calls) -> None:
    for number in (1, 2):
        [start] = calls.bot.of(number, "start")
        assert (start["kind"], start["id"]) == ("twilio", CALL)
        assert start["body"] == {"from": "+15550000001", "to": "+1555", "tenant": "house"}
    assert calls.long.line.errors == calls.short.line.errors == []


def test_a_hit_is_ours_and_the_bot_hears_no_voice(calls: Calls, house: House) -> None:
    heard = calls.long.sound(0.0, LONG.begins("can"))
    assert heard == house.said("entry:hours", FORMATS["mulaw_8000"])
    first = calls.bot.of(1, "voice")[0]
    assert first["second"] > LONG.begins("can"), "of the sound that came to the bot"


def test_a_miss_is_answered_by_the_bot(calls: Calls) -> None:
    [cleared] = calls.long.clears
    for call, end in ((calls.long, cleared), (calls.short, 99.0)):
        sound = call.sound(LONG.begins("can") if call is calls.long else 0.0, end)
        loud = np.frombuffer(mulaw_to_pcm(sound), "<i2").astype(float)
        assert len(loud) > 4000, "half a second"
        assert 3000 < np.sqrt(np.mean(loud**2)) < 5000, "its tone, and nothing else"


def test_words_into_the_bots_answer_reach_it_and_its_clear_comes_back(calls: Calls) -> None:
    assert len(calls.bot.of(1, "interrupted")) == 1
    [cleared] = calls.long.clears
    assert cleared > LONG.begins("no")
    late = calls.long.sound(cleared, cleared + 0.5)
    assert len(late) <= CHUNK, "nothing comes late, but what the bot itself sent after its clear"


def test_keys_reach_it(calls: Calls) -> None:
    assert [one["digit"] for one in calls.bot.of(1, "key")] == ["5", "9"]


def test_the_bot_hangs_up(calls: Calls) -> None:
    assert calls.bot.of(1, "over")
    assert calls.long.closed_at is not None
    assert calls.long.closed_at < LONG.seconds


def test_the_caller_hangs_up(calls: Calls) -> None:
    assert calls.short.closed_at is None
    assert calls.bot.of(2, "gone") and calls.bot.of(2, "over")
