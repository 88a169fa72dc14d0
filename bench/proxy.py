"""``proxy``: what standing in front of a Media Streams bot adds.

Two parts, over the native door in mu-law, with the voice detector on the path. The gateway is a
process of its own; callers and bots are another, so that both ends have one clock.

* **Passing**: caller and bot send a message each 20 ms, each with the instant at which it was to be
  sent. ``added`` is what a message took, either way, less the median of the same messages between
  the same two ends without a gateway. ``lost_messages`` never came.
* **Misses**: a caller asks aloud what is in no cache. The bot answers 0.7 s of silence after the
  voice, counted in sound that came, as bots do. ``miss_delay`` is how much later its answer is
  heard than it would be without a gateway: what withholding costs. The recogniser is scripted, with
  ``lag_ms`` from a word's end to its transcript; with a slower one the delay grows as much.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import struct
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.caller import OPEN_WITHIN, quantiles, sleep_until
from bench.seeded import bank, environment
from bench.server import ServerProcess
from gateway.audio import pcm_to_mulaw, resample
from gateway.settings.whole import Settings
from tests.support.speech import say

FRAME = 0.02
BYTES = 160
QUIET = frozenset(b"\xff\x7f\xfe\x7e")
ENDPOINT = 0.7
"""Seconds of silence after which the bot answers."""
BEFORE, AFTER = 1.0, 3.0
"""Seconds of silence around a question."""
SETTLE = 0.5
FLOOR = 5
"""Connections without a gateway."""
QUESTIONS = (
    "can you recommend a good bakery in {}",
    "where is the best dentist in {}",
    "what is the weather like in {}",
    "do you know a museum in {}",
)
TOWNS = ("Ashford", "Bedford", "Dover", "Lincoln", "Oxford", "Reading", "Salem", "Trenton")
Words = list[tuple[str, float]]


@dataclass
class Counted:
    """Messages one way."""

    sent: int = 0
    took: list[float] = field(default_factory=list)


@dataclass
class Passing:
    """Messages both ways, through the gateway or without."""

    to_bot: Counted = field(default_factory=Counted)
    to_caller: Counted = field(default_factory=Counted)

    @property
    def took(self) -> list[float]:
        """Seconds of all of them."""
        return self.to_bot.took + self.to_caller.took

    @property
    def lost(self) -> int:
        """Messages that did not come."""
        return self.to_bot.sent + self.to_caller.sent - len(self.took)


@dataclass
class Bot:
    """The bots of a run, and what came to them."""

    passing: Passing
    seconds: float

    async def __call__(self, socket: ServerConnection) -> None:
        await socket.recv()  # connected
        start = json.loads(await socket.recv())["start"]
        if start["customParameters"]["part"] != "passing":
            await self._answer(socket)
            return
        speaking = asyncio.get_running_loop().create_task(self._speak(socket))
        await self._count(socket)
        await speaking

    async def _speak(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for frame in frames(self.seconds, self.passing.to_caller):
                await socket.send(_media(frame))

    async def _count(self, socket: ServerConnection) -> None:
        async for text in socket:
            message = msgspec.json.decode(text)
            if message["event"] == "media":
                _note(base64.b64decode(message["media"]["payload"]), self.passing.to_bot)
            if message["event"] == "stop":
                return

    async def _answer(self, socket: ServerConnection) -> None:
        ear = Ear()
        async for text in socket:
            message = msgspec.json.decode(text)
            if message["event"] == "media" and ear.hear(
                base64.b64decode(message["media"]["payload"])
            ):
                await socket.send(_media(b"\x07" * BYTES))


@dataclass
class Ear:
    """A bot's endpointing, by the sound that came."""

    silence: float = 0.0
    voice: bool = False

    def hear(self, payload: bytes) -> bool:
        """Return whether the caller's turn is over with this message."""
        if set(payload) - QUIET:
            self.silence, self.voice = 0.0, True
            return False
        self.silence += len(payload) / BYTES * FRAME
        over = self.voice and self.silence >= ENDPOINT
        self.voice = self.voice and not over
        return over


def run(
    settings: Settings, calls: int = 50, seconds: float = 20.0, lag_ms: float = 150.0, seed: int = 7
) -> dict[str, Any]:
    """Measure. ``lag_ms``: of the recogniser."""
    random.seed(seed)
    folder = Path(tempfile.gettempdir()) / "frontline-bench"
    bank(settings, folder)
    asked = [QUESTIONS[n % len(QUESTIONS)].format(TOWNS[n % len(TOWNS)]) for n in range(calls)]
    spoken = [_spoken(text) for text in asked]
    scripts: list[Words] = [[] for _ in range(calls)]
    scripts += [words for _, words in spoken]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(_measure(settings, folder, calls, seconds, lag_ms, spoken, scripts))
    through, floor, delays, unanswered = found
    base = quantiles(floor.took)[0]
    p50, _, p99 = quantiles(through.took)
    delay50, delay95, _ = quantiles(delays)
    figures = {
        "added_p50_ms": round((p50 - base) * 1000, 2),
        "added_p99_ms": round((p99 - base) * 1000, 2),
        "to_bot_p50_ms": round(quantiles(through.to_bot.took)[0] * 1000, 2),
        "to_caller_p50_ms": round(quantiles(through.to_caller.took)[0] * 1000, 2),
        "direct_p50_ms": round(base * 1000, 2),
        "direct_p99_ms": round(quantiles(floor.took)[2] * 1000, 2),
        "messages": through.to_bot.sent + through.to_caller.sent,
        "lost_messages": through.lost,
        "miss_delay_p50_ms": round(delay50 * 1000, 1),
        "miss_delay_p95_ms": round(delay95 * 1000, 1),
        "misses": len(delays),
        "unanswered": unanswered,
    }
    return {
        "bench": "proxy",
        "parameters": {"calls": calls, "seconds": seconds, "lag_ms": lag_ms, "seed": seed},
        "figures": figures,
        "goals": {"added_p50_ms": "<= 2", "added_p99_ms": "<= 10", "lost_messages": "<= 0"},
    }


async def _measure(
    settings: Settings,
    folder: Path,
    calls: int,
    seconds: float,
    lag_ms: float,
    spoken: list[tuple[bytes, Words]],
    scripts: list[Words],
) -> tuple[Passing, Passing, list[float], int]:
    through, floor = Passing(), Passing()
    async with (
        serve(Bot(through, seconds), "127.0.0.1", 0, compression=None, ping_interval=None) as bots,
        serve(Bot(floor, seconds), "127.0.0.1", 0, compression=None, ping_interval=None) as direct,
    ):
        port, own = (one.sockets[0].getsockname()[1] for one in (bots, direct))
        agent = {
            "FRONTLINE_AGENT__KIND": "media_stream",
            "FRONTLINE_AGENT__URL": f"ws://127.0.0.1:{port}",
            "FRONTLINE_SERVER__MAX_CALLS": str(2 * calls + 10),
        }
        server = ServerProcess(environment(settings, folder, **agent), scripts, lag_ms)
        await asyncio.to_thread(server.__enter__)
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(calls):
                    tasks.create_task(_pass(server.address, seconds, through))
                for _ in range(FLOOR):
                    tasks.create_task(_pass_directly(f"ws://127.0.0.1:{own}", seconds, floor))
            delays: list[float] = []
            unanswered = 0
            async with asyncio.TaskGroup() as tasks:
                asking = [
                    tasks.create_task(_ask(server.address, sound, n / calls))
                    for n, (sound, _) in enumerate(spoken)
                ]
            for one in asking:
                if (delay := one.result()) is None:
                    unanswered += 1
                else:
                    delays.append(delay)
        finally:
            await asyncio.to_thread(server.__exit__, None, None, None)
    return through, floor, delays, unanswered


async def frames(seconds: float, counted: Counted) -> Any:
    """Messages with their instants in them, each at its own."""
    start = time.perf_counter() + SETTLE + random.random() * FRAME
    for number in range(round(seconds / FRAME)):
        at = start + number * FRAME
        await sleep_until(at)
        counted.sent += 1
        yield struct.pack("<d", at).ljust(BYTES, b"\xff")


def _note(payload: bytes, counted: Counted) -> None:
    if len(payload) == BYTES:
        (at,) = struct.unpack("<d", payload[:8])
        counted.took.append(time.perf_counter() - at)


def _media(payload: bytes) -> str:
    text = base64.b64encode(payload).decode()
    return f'{{"event":"media","streamSid":"MZ","media":{{"payload":"{text}"}}}}'


async def _call(address: str, part: str) -> ClientConnection:
    socket = await connect(
        f"ws://{address}/v1/call", compression=None, ping_interval=None, open_timeout=OPEN_WITHIN
    )
    audio = {"encoding": "mulaw", "sample_rate": 8000}
    start = {"type": "start", "audio": audio, "caller": {"part": part}}
    await socket.send(json.dumps(start))
    while json.loads(await socket.recv())["type"] != "started":
        pass
    return socket


async def _pass(address: str, seconds: float, passing: Passing) -> None:
    socket = await _call(address, "passing")

    async def listen() -> None:
        with suppress(ConnectionClosed):
            async for message in socket:
                if isinstance(message, bytes):
                    _note(message, passing.to_caller)

    listening = asyncio.get_running_loop().create_task(listen())
    await asyncio.sleep(SETTLE)  # the bot is there, and speaks
    async for frame in frames(seconds, passing.to_bot):
        await socket.send(frame)
    await asyncio.sleep(SETTLE + 1.0)
    await socket.close()
    await listening


async def _pass_directly(url: str, seconds: float, passing: Passing) -> None:
    async with connect(url, compression=None, ping_interval=None) as socket:
        await socket.send('{"event":"connected"}')
        start = {"event": "start", "start": {"customParameters": {"part": "passing"}}}
        await socket.send(json.dumps(start))

        async def listen() -> None:
            async for message in socket:
                _note(
                    base64.b64decode(msgspec.json.decode(message)["media"]["payload"]),
                    passing.to_caller,
                )

        listening = asyncio.get_running_loop().create_task(listen())
        async for frame in frames(seconds, passing.to_bot):
            await socket.send(_media(frame))
        await asyncio.sleep(SETTLE + 1.0)
        await socket.send('{"event":"stop"}')
        listening.cancel()


async def _ask(address: str, sound: bytes, after: float) -> float | None:
    """Ask once; seconds by which the answer is late, None if there is none."""
    socket = await _call(address, "miss")
    await asyncio.sleep(SETTLE)
    heard = 0.0

    async def listen() -> None:
        nonlocal heard
        with suppress(ConnectionClosed):
            async for message in socket:
                if isinstance(message, bytes) and not heard:
                    heard = time.perf_counter()

    listening = asyncio.get_running_loop().create_task(listen())
    ear, due, start = Ear(), 0.0, time.perf_counter() + after
    for number in range(len(sound) // BYTES):
        at = start + number * FRAME
        await sleep_until(at)
        frame = sound[number * BYTES : (number + 1) * BYTES]
        due = at if ear.hear(frame) else due
        await socket.send(frame)
    await socket.close()
    await listening
    return heard - due if heard and due else None


def _spoken(text: str) -> tuple[bytes, Words]:
    """The question aloud, with silence around it, and when each of its words is over."""
    clip = say(text).between(BEFORE * 1000, AFTER * 1000)
    sound = pcm_to_mulaw(resample(clip.pcm, clip.rate, 8000))
    return sound, [(word, end / 1000) for word, _, end in clip.words]
