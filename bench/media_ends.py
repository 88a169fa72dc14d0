"""The two ends of calls in front of a bot, each in a process of its own: callers, and bots.

Messages carry the instant at which they were sent, in the lowest bits of their sound, where nobody
hears it; all processes of a machine have one clock. An end that is late by itself (its timer, its
core) sends later and says so; one that its own socket holds up is held up by the other side, and
what it sends then is stamped with the instant at which it was due.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import struct
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Self

import msgspec
import numpy as np
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.caller import OPEN_WITHIN

FRAME = 0.02
BYTES = 160
STAMP = 64
"""Bytes whose lowest bits are the stamp."""
QUIET = frozenset(b"\xff\x7f\xfe\x7e")
ENDPOINT = 0.7
"""Seconds of silence after which the bot answers."""
SETTLE = 0.5
AHEAD = 10
"""Messages that a speaking bot is ahead of the caller's ear, as bots are: it never falls silent."""
UP_WITHIN = 60.0


@dataclass
class Counted:
    """Messages one way."""

    sent: int = 0
    took: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    """Seconds by which the end that sent them was late by itself."""

    def note(self, payload: bytes) -> None:
        """A message came."""
        if len(payload) == BYTES:
            self.took.append(time.perf_counter() - stamp_of(payload))


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


def stamped(frame: bytes, at: float) -> bytes:
    """The frame with that instant in its lowest bits."""
    codes = np.frombuffer(frame, np.uint8).copy()
    bits = np.unpackbits(np.frombuffer(struct.pack("<d", at), np.uint8))
    codes[:STAMP] = (codes[:STAMP] & 0xFE) | bits
    return codes.tobytes()


def stamp_of(frame: bytes) -> float:
    """The instant in a frame."""
    bits = np.frombuffer(frame[:STAMP], np.uint8) & 1
    at: float = struct.unpack("<d", np.packbits(bits).tobytes())[0]
    return at


async def send_all(
    sound: bytes, counted: Counted, send: Callable[[bytes], Awaitable[None]], ahead: int = 0
) -> None:
    """Send the sound, a message each 20 ms, ``ahead`` of them at once at first."""
    start = time.perf_counter() + random.random() * FRAME
    held = 0.0  # when the socket took the message before
    for number in range(len(sound) // BYTES):
        due = start + max(0, number - ahead) * FRAME
        if (left := due - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        now = time.perf_counter()
        at = due if held > due and number > ahead else now
        counted.late.append(now - due if at is now else 0.0)
        counted.sent += 1
        await send(stamped(sound[number * BYTES : (number + 1) * BYTES], at))
        held = time.perf_counter()


def media(payload: bytes) -> str:
    """A bot's message of sound."""
    text = base64.b64encode(payload).decode()
    return f'{{"event":"media","streamSid":"MZ","media":{{"payload":"{text}"}}}}'


# --- bots ----------------------------------------------------------------------------------------


@dataclass
class Bots:
    """The bots of a run, in a process of their own. ``seconds``: how long one speaks."""

    seconds: float
    port: int = 0

    def __enter__(self) -> Self:
        context = get_context("spawn")
        self._wire, theirs = context.Pipe()
        self._process = context.Process(target=_be_bots, args=(theirs, self.seconds), daemon=True)
        self._process.start()
        if not self._wire.poll(UP_WITHIN):
            raise RuntimeError("the bots did not come up")
        self.port = self._wire.recv()
        return self

    def counted(self) -> dict[str, tuple[Counted, Counted]]:
        """The messages that came and that were sent so far, by the part of the bench."""
        self._wire.send("counted")
        found: dict[str, tuple[Counted, Counted]] = self._wire.recv()
        return found

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        self._process.join(UP_WITHIN)


def _be_bots(wire: Connection, seconds: float) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_Bot(seconds).be(wire))


@dataclass
class _Bot:
    seconds: float
    counted: dict[str, tuple[Counted, Counted]] = field(default_factory=dict)

    async def be(self, wire: Connection) -> None:
        async with serve(self, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
            wire.send(next(iter(server.sockets)).getsockname()[1])
            while True:
                await asyncio.to_thread(wire.recv)
                wire.send(self.counted)

    async def __call__(self, socket: ServerConnection) -> None:
        await socket.recv()  # connected
        part = json.loads(await socket.recv())["start"]["customParameters"]["part"]
        if part == "miss":
            await self._answer(socket)
            return
        heard, said = self.counted.setdefault(part, (Counted(), Counted()))
        async with asyncio.TaskGroup() as tasks:
            speaking = tasks.create_task(self._speak(socket, said))
            await self._count(socket, heard)
            speaking.cancel()

    async def _speak(self, socket: ServerConnection, said: Counted) -> None:
        async def send(frame: bytes) -> None:
            await socket.send(media(frame))

        with suppress(ConnectionClosed):
            await send_all(b"\xff" * round(self.seconds / FRAME) * BYTES, said, send, AHEAD)

    async def _count(self, socket: ServerConnection, heard: Counted) -> None:
        with suppress(ConnectionClosed):
            async for text in socket:
                message = msgspec.json.decode(text)
                if message["event"] == "media":
                    heard.note(base64.b64decode(message["media"]["payload"]))
                if message["event"] == "stop":
                    return

    async def _answer(self, socket: ServerConnection) -> None:
        ear = Ear()
        async for text in socket:
            message = msgspec.json.decode(text)
            if message["event"] == "media" and ear.hear(
                base64.b64decode(message["media"]["payload"])
            ):
                await socket.send(media(b"\x07" * BYTES))


# --- callers -------------------------------------------------------------------------------------


@dataclass
class Callers:
    """The findings of callers in a process of their own."""

    said: Counted = field(default_factory=Counted)
    heard: Counted = field(default_factory=Counted)
    delays: list[float] = field(default_factory=list)
    unanswered: int = 0
    cut: int = 0
    """Calls that ended before their caller hung up."""


def in_a_process(part: str, target: str, sounds: list[bytes]) -> Callers:
    """Have a call for each sound: ``passing`` and ``miss`` through the gateway at that address,
    ``direct`` to the bots at that URL."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_be_callers, args=(theirs, part, target, sounds), daemon=True)
    process.start()
    try:
        theirs.close()  # so that a process that dies is noticed
        found: Callers | str = ours.recv()
    except EOFError:
        raise RuntimeError("the callers' process has died") from None
    finally:
        process.join(UP_WITHIN)
    if isinstance(found, str):
        raise RuntimeError(found)
    return found


def _be_callers(wire: Connection, part: str, target: str, sounds: list[bytes]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            wire.send(runner.run(_calls(part, target, sounds)))
        except Exception as error:  # noqa: BLE001 - told to the process that waits
            wire.send(f"the callers failed: {error!r}")


async def _calls(part: str, target: str, sounds: list[bytes]) -> Callers:
    found = Callers()
    async with asyncio.TaskGroup() as tasks:
        for number, sound in enumerate(sounds):
            match part:
                case "direct":
                    tasks.create_task(_directly(target, sound, found))
                case "miss":
                    tasks.create_task(_ask(target, sound, number / len(sounds), found))
                case _:
                    tasks.create_task(_pass(target, part, sound, found))
    return found


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


async def _pass(address: str, part: str, sound: bytes, found: Callers) -> None:
    socket = await _call(address, part)

    async def listen() -> None:
        with suppress(ConnectionClosed):
            async for message in socket:
                if isinstance(message, bytes):
                    found.heard.note(message)

    listening = asyncio.get_running_loop().create_task(listen())
    await asyncio.sleep(SETTLE)  # the bot is there, and speaks
    try:
        await send_all(sound, found.said, socket.send)
    except ConnectionClosed:
        found.cut += 1
    await asyncio.sleep(SETTLE + 1.0)
    await socket.close()
    await listening


async def _directly(url: str, sound: bytes, found: Callers) -> None:
    async with connect(url, compression=None, ping_interval=None) as socket:
        await socket.send('{"event":"connected"}')
        start = {"event": "start", "start": {"customParameters": {"part": "direct"}}}
        await socket.send(json.dumps(start))

        async def listen() -> None:
            with suppress(ConnectionClosed):
                async for message in socket:
                    payload: Any = msgspec.json.decode(message)["media"]["payload"]
                    found.heard.note(base64.b64decode(payload))

        listening = asyncio.get_running_loop().create_task(listen())
        await asyncio.sleep(SETTLE)
        await send_all(sound, found.said, lambda frame: socket.send(media(frame)))
        await asyncio.sleep(SETTLE + 1.0)
        await socket.send('{"event":"stop"}')
        await listening


async def _ask(address: str, sound: bytes, after: float, found: Callers) -> None:
    """Ask once, and note by how much the answer is late."""
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
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        frame = sound[number * BYTES : (number + 1) * BYTES]
        due = time.perf_counter() if ear.hear(frame) else due
        await socket.send(frame)
    await socket.close()
    await listening
    if heard and due:
        found.delays.append(heard - due)
    else:
        found.unanswered += 1
