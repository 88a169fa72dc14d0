"""The lines on which the callers of ``load`` call: the native door, Twilio's and Vonage's.

Each plays what it is sent in real time and returns the marks as they are heard. On the native door
a caller may send words as a recogniser would have them, at speaking pace; on all of them sound, 50
frames a second, silence where nothing is said.
"""

from __future__ import annotations

import asyncio
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bench.caller import OPEN_WITHIN
from bench.line_callers import head_of, payloads
from bench.load_plan import Saying
from bench.speaking import partials
from gateway.audio import pcm_to_mulaw, resample
from tests.providers.twilio import FRAME, SILENCE, StreamBuffer, TwilioCall
from tests.providers.vonage import VonageCall
from tests.support.speech import SpokenClip

FRAME_S = 0.02
RATE = 16_000
EVERY = 0.25
"""Seconds between two looks of a recogniser that reports partials."""
STARTED_WITHIN = 30.0
BUSY = frozenset({1012, 1013})
"""Close codes of a gateway that takes no more calls."""

Said = Callable[[bytes, str], None]


class Refused(Exception):
    """The gateway did not take the call."""


class Line(ABC):
    """A call. ``sounds`` hold the caller's voice by text; without it words are sent."""

    def __init__(self, number: int, sounds: Mapping[str, SpokenClip]) -> None:
        self.number = number
        self.sounds = sounds
        self.start = 0.0
        """The instant of the first frame (``time.perf_counter``)."""
        self.heard: Said = lambda payload, source: None
        """Called with each piece of sound, and where it comes from, if that is told."""
        self.decided: Callable[[Mapping[str, Any]], None] = lambda decision: None
        self.cleared: Callable[[], None] = lambda: None
        self.late: Callable[[float], None] = lambda seconds: None
        """Called with how much later than it was due something was sent."""
        self.errors = 0
        """Messages that the other side of such a line would complain of."""
        self.cut = False
        """The call ended before the caller hung up."""
        self._socket: ClientConnection | None = None
        self._leaving = False
        self._tasks: list[asyncio.Task[None]] = []
        self._frames: dict[int, Any] = {}

    async def open(self, url: str, headers: Mapping[str, str], tenant: str) -> None:
        """Call. Raises ``Refused``."""
        try:
            self._socket = await connect(
                url + self.path,
                additional_headers=dict(headers),
                compression=None,
                max_size=None,
                ping_interval=None,
                open_timeout=OPEN_WITHIN,
            )
            await self._greet(tenant)
        except (InvalidHandshake, ConnectionClosed, OSError, TimeoutError) as why:
            raise Refused(str(why)) from None

    @property
    def socket(self) -> ClientConnection:
        """The socket of a call that is open."""
        assert self._socket is not None
        return self._socket

    def begin(self, start: float) -> None:
        """Listen, and send what is said from that instant on."""
        self.start = start
        self._spawn(self._listen())
        if self.sounds:
            self._spawn(self._pump())

    async def say(self, saying: Saying, over: float) -> float:
        """Say it so that it is over at that instant, and return then; the instant of the first
        voice."""
        if not self.sounds:
            return await self._words(saying, over)
        clip = self.sounds[saying.text]
        first = round((over - clip.end_ms / 1000 - self.start) / FRAME_S)
        for number, frame in enumerate(self._framed(clip)):
            self._frames[first + number] = frame
        await asyncio.sleep(max(0.0, over - time.perf_counter()))
        return over - (clip.end_ms - clip.start_ms) / 1000

    async def hang_up(self) -> None:
        """End the call."""
        self._leaving = True
        with suppress(ConnectionClosed):
            await self._bye()
        await self.socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def busy(self) -> bool:
        """Return whether a call that was cut was told that there is no room."""
        return self._socket is not None and self._socket.close_code in BUSY

    # --- of each door ----------------------------------------------------------------------------

    path: str

    @abstractmethod
    async def _greet(self, tenant: str) -> None:
        """The first messages."""

    @abstractmethod
    def _take(self, frame: str | bytes) -> None:
        """A message came."""

    @abstractmethod
    async def _bye(self) -> None:
        """The last message."""

    @abstractmethod
    def _framed(self, clip: SpokenClip) -> list[Any]:
        """The sound as this line carries it."""

    @abstractmethod
    async def _send_frame(self, number: int, frame: Any) -> None:
        """Send a frame; None is silence."""

    async def _words(self, saying: Saying, over: float) -> float:
        raise NotImplementedError("words are sent on the native door alone")

    # --- of all of them --------------------------------------------------------------------------

    def _spawn(self, work: Any) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def _listen(self) -> None:
        with suppress(ConnectionClosed):
            async for frame in self.socket:
                self._take(frame)
        self.cut = not self._leaving

    async def _pump(self) -> None:
        """Every frame at its instant; one that is late does not delay the next."""
        number = 0
        with suppress(ConnectionClosed):
            while not self._leaving:
                due = self.start + number * FRAME_S
                if (left := due - time.perf_counter()) > 0:
                    await asyncio.sleep(left)
                self.late(time.perf_counter() - due)
                await self._send_frame(number, self._frames.pop(number, None))
                number += 1


class NativeLine(Line):
    """``/v1/call``."""

    path = "/v1/call"

    def __init__(self, number: int, sounds: Mapping[str, SpokenClip]) -> None:
        super().__init__(number, sounds)
        self._loop = asyncio.get_running_loop()
        self._buffer = StreamBuffer()
        self._source = ""
        self._timer: asyncio.TimerHandle | None = None

    async def _greet(self, tenant: str) -> None:
        audio = {"encoding": "mulaw", "sample_rate": 8000}
        stt = "server" if self.sounds else "client"
        named = {"tenant": tenant} if tenant else {}
        await self._tell(type="start", stt=stt, audio=audio, **named)
        async with asyncio.timeout(STARTED_WITHIN):
            while (told := json.loads(await self.socket.recv()))["type"] != "started":
                if told["type"] == "error":
                    raise Refused(told["message"])

    async def _tell(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def _bye(self) -> None:
        await self._tell(type="end")

    def _take(self, frame: str | bytes) -> None:
        now = self._loop.time()
        if isinstance(frame, bytes):
            self._buffer.media(frame, now)
            self.heard(frame, self._source)
            return
        message = json.loads(frame)
        match message["type"]:
            case "decision":
                self.decided(message)
            case "audio.start":
                self._source = message["source"]
            case "mark":
                self._buffer.mark(message["name"], now)
            case "clear":
                self._return(self._buffer.clear(now))
                self.cleared()
            case "error":
                self.errors += 1
        self._arm()

    def _arm(self) -> None:
        now = self._loop.time()
        self._return(self._buffer.due(now))
        if self._timer is not None:
            self._timer.cancel()
        marks = self._buffer.marks
        self._timer = self._loop.call_at(marks[0][0], self._arm) if marks else None
        while self._buffer.queue and self._buffer.queue[0].ends <= now:
            self._buffer.queue.pop(0)

    def _return(self, names: list[str]) -> None:
        for name in names:
            if not self._leaving:
                self._spawn(self._echo(name))
        self._tasks = [task for task in self._tasks if not task.done()]

    async def _echo(self, name: str) -> None:
        with suppress(ConnectionClosed):
            await self._tell(type="mark", name=name)

    async def _words(self, saying: Saying, over: float) -> float:
        first = 0.0
        for at, text in partials(saying.text, over, EVERY):
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            first = first or time.perf_counter()
            await self._tell(type="partial", text=text)
        await asyncio.sleep(max(0.0, over - time.perf_counter()))
        self.late(time.perf_counter() - over)
        await self._tell(type="final", text=saying.text)
        return first or over

    def _framed(self, clip: SpokenClip) -> list[Any]:
        return cut(pcm_to_mulaw(resample(clip.pcm, clip.rate, 8000)), FRAME, SILENCE)

    async def _send_frame(self, number: int, frame: Any) -> None:
        await self.socket.send(frame or SILENCE * FRAME)


class TwilioLine(Line):
    """Twilio's Media Stream."""

    path = "/twilio/media"
    _call: TwilioCall
    _silence = payloads(SILENCE * FRAME)[0]

    async def _greet(self, tenant: str) -> None:
        named = {"tenant": tenant} if tenant else {}
        call, stream = f"CA{self.number:032d}", f"MZ{self.number:032d}"
        self._call = TwilioCall(self.socket.send, call=call, stream=stream, parameters=named)
        self._head = head_of(stream)
        self._spawn(self._call.run())
        self._call.open()

    def _take(self, frame: str | bytes) -> None:
        self._call.receive(frame)
        self.errors = len(self._call.errors) + len(self._call.buffer.warnings)
        for _, message in self._call.received:
            match message["event"]:
                case "media":
                    self.heard(self._call.buffer.queue[-1].payload, "")
                case "clear":
                    self.cleared()
        self._call.received.clear()

    async def _bye(self) -> None:
        self._call.stop()
        await asyncio.sleep(0)

    def _framed(self, clip: SpokenClip) -> list[Any]:
        return payloads(pcm_to_mulaw(resample(clip.pcm, clip.rate, 8000)))

    async def _send_frame(self, number: int, frame: Any) -> None:
        payload = frame or self._silence
        await self.socket.send(
            f'{self._head}{number + 1}","timestamp":"{number * 20}","payload":"{payload}"}}}}'
        )


class VonageLine(Line):
    """Vonage's WebSocket."""

    path = "/vonage/media"
    _call: VonageCall
    _silence = bytes(round(RATE * FRAME_S) * 2)

    async def _greet(self, tenant: str) -> None:
        named = {"tenant": tenant} if tenant else {}
        self._call = VonageCall(self.socket.send, rate=RATE, headers=named)
        self._spawn(self._call.run())
        self._call.open()

    def _take(self, frame: str | bytes) -> None:
        cleared = len(self._call.cleared)
        self._call.receive(frame)
        self._call.received.clear()
        self.errors = len(self._call.errors) + self._call.glitches + self._call.lost
        if isinstance(frame, bytes):
            self.heard(frame, "")
        if len(self._call.cleared) > cleared:
            self.cleared()

    async def _bye(self) -> None:
        self._call.end()

    def _framed(self, clip: SpokenClip) -> list[Any]:
        return cut(resample(clip.pcm, clip.rate, RATE), len(self._silence), b"\0")

    async def _send_frame(self, number: int, frame: Any) -> None:
        await self.socket.send(frame or self._silence)


DOORS: dict[str, type[Line]] = {
    "native": NativeLine,
    "twilio": TwilioLine,
    "vonage": VonageLine,
}


def cut(sound: bytes, size: int, silence: bytes) -> list[bytes]:
    """Frames of that size; the last one is filled up."""
    return [sound[at : at + size].ljust(size, silence) for at in range(0, len(sound), size)]
