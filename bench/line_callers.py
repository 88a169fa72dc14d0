"""Callers on Twilio's lines, many of them, in a process of their own, for ``capacity``.

Each is ``tests/providers/twilio.py``'s call, whose buffer plays what the gateway sends and returns
its marks. The frames of the caller's sound are made beforehand: a load that costs a core of its own
measures itself.
"""

from __future__ import annotations

import asyncio
import base64
import time
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection

import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.caller import OPEN_WITHIN
from tests.providers.twilio import FRAME, PER_SECOND, TwilioCall

SECONDS = FRAME / PER_SECOND
"""The length of a frame."""
BEFORE = 0.5
"""Seconds for a call to open before its first frame."""
WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Slot:
    """A turn: its sound, and where in it the caller has said everything."""

    sound: bytes
    over: float
    """Seconds from the beginning of the sound."""


@dataclass(frozen=True, slots=True)
class Line:
    """A call: when its first frame is sent (``time.perf_counter``), and its turns."""

    at: float
    slots: tuple[Slot, ...]


@dataclass
class Answer:
    """The sound that followed a turn."""

    after: float = 0.0
    """Seconds from the intended end of the question to the first sound; 0: none came."""
    sound: bytes = b""


@dataclass
class Told:
    """The findings of one process of callers."""

    answers: list[list[Answer]] = field(default_factory=list)
    """The answers of each call, turn by turn."""
    late: list[float] = field(default_factory=list)
    """Seconds by which a frame was sent later than it was due."""
    errors: int = 0
    """Messages of the gateway that Twilio would refuse, of all calls."""
    cut: int = 0
    """Calls that ended before their caller hung up."""


@dataclass
class Load:
    """Calls that go on in a process of their own."""

    wire: Connection

    def told(self) -> Told:
        """Wait for their end."""
        try:
            found: Told | str = self.wire.recv()
        except EOFError:
            raise RuntimeError("the callers' process has died") from None
        if isinstance(found, str):
            raise RuntimeError(found)
        return found


def begin(url: str, lines: list[Line]) -> Load:
    """Have these calls of a socket that speaks Twilio's Media Streams."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    context.Process(target=_be_callers, args=(theirs, url), daemon=True).start()
    theirs.close()  # so that a process that dies is noticed
    if not ours.poll(WITHIN):
        raise RuntimeError("the callers did not come up")
    ours.recv()
    ours.send(lines)
    return Load(ours)


def _be_callers(wire: Connection, url: str) -> None:
    wire.send("up")
    lines: list[Line] = wire.recv()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            wire.send(runner.run(_calls(url, lines)))
        except Exception as error:  # noqa: BLE001 - told to the process that waits
            wire.send(f"the callers failed: {error!r}")


async def _calls(url: str, lines: list[Line]) -> Told:
    found = Told()
    ready = {slot.sound: payloads(slot.sound) for line in lines for slot in line.slots}
    async with asyncio.TaskGroup() as tasks:
        for number, line in enumerate(lines):
            found.answers.append([Answer() for _ in line.slots])
            frames = [payload for slot in line.slots for payload in ready[slot.sound]]
            tasks.create_task(_call(url, line, frames, number, found))
    return found


def payloads(sound: bytes) -> list[str]:
    """The sound as Twilio's messages hold it, a frame in each."""
    pieces = (sound[at : at + FRAME] for at in range(0, len(sound), FRAME))
    return [base64.b64encode(piece).decode() for piece in pieces]


def head_of(stream: str) -> str:
    """The text before the number of a frame in a message of the caller's sound."""
    return f'{{"event":"media","streamSid":"{stream}","media":{{"track":"inbound","chunk":"'


async def _call(url: str, line: Line, frames: list[str], number: int, found: Told) -> None:
    await asyncio.sleep(max(0.0, line.at - BEFORE - time.perf_counter()))
    async with connect(
        url, compression=None, ping_interval=None, open_timeout=OPEN_WITHIN
    ) as socket:
        call = TwilioCall(socket.send, call=f"CA{number:032d}", stream=f"MZ{number:032d}")
        loop = asyncio.get_running_loop()
        skew = time.perf_counter() - loop.time()
        running = loop.create_task(call.run())
        listening = loop.create_task(_listen(socket, call))
        call.open()
        try:
            await _speak(socket, call.stream, line.at, frames, found.late)
        except ConnectionClosed:
            found.cut += 1
        call.stop()
        with suppress(ConnectionClosed):
            await running
        await socket.close()
        await listening
    found.errors += len(call.errors) + len(call.buffer.warnings)
    _sort(call, line, skew, found.answers[number])


async def _listen(socket: ClientConnection, call: TwilioCall) -> None:
    with suppress(ConnectionClosed):
        async for frame in socket:
            call.receive(frame)


async def _speak(
    socket: ClientConnection, stream: str, start: float, frames: list[str], late: list[float]
) -> None:
    """Every frame at its instant; one that is late does not delay the next."""
    head = head_of(stream)
    for number, payload in enumerate(frames):
        due = start + number * SECONDS
        if (left := due - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        late.append(time.perf_counter() - due)
        await socket.send(
            f'{head}{number + 1}","timestamp":"{number * 20}","payload":"{payload}"}}}}'
        )


def _sort(call: TwilioCall, line: Line, skew: float, answers: list[Answer]) -> None:
    """Give each turn the sound that came from the end of its question to that of the next."""
    ends, at = [], line.at
    for slot in line.slots:
        ends.append(at + slot.over)
        at += len(slot.sound) / PER_SECOND
    for came, message in call.received:
        turn = sum(end <= came + skew for end in ends) - 1
        if turn < 0 or message["event"] != "media":
            continue
        answer = answers[turn]
        answer.after = answer.after or came + skew - ends[turn]
        answer.sound += base64.b64decode(message["media"]["payload"])
