"""Vonage's side of a WebSocket: a caller on a line that queues messages, as Vonage does.

Timers of the running loop, so that it works in virtual time as well. What becomes of a ``notify``
that ``clear`` finds in the queue is not documented: ``returns_cleared`` chooses.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.providers.twilio import Played, StreamBuffer

FRAME = 0.02
HOLDS = 3072
"""Messages that Vonage queues; beyond that sound is lost."""

Send = Callable[[str | bytes], Awaitable[None]]


class VonageCall:
    """One socket."""

    def __init__(
        self,
        send: Send,
        *,
        rate: int = 16000,
        headers: Mapping[str, str] | None = None,
        returns_cleared: bool = False,
    ) -> None:
        self._send = send
        self._rate = rate
        self._headers = dict(headers or {})
        self._returns_cleared = returns_cleared
        self._loop = asyncio.get_running_loop()
        self._out: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None
        self.buffer = StreamBuffer()
        self.received: list[tuple[float, str | bytes]] = []
        self.returned: list[str] = []
        self.cleared: list[float] = []
        self.lost = 0
        """Messages for which there was no room."""
        self.glitches = 0
        """Messages of sound that are no frame."""
        self.errors: list[str] = []

    @property
    def frame_bytes(self) -> int:
        return round(self._rate * FRAME) * 2

    async def run(self) -> None:
        """Send what is to be sent, in order, until ``end``."""
        while (frame := await self._out.get()) is not None:
            await self._send(frame)

    def say(self, **message: Any) -> None:
        """Queue a message of the socket."""
        self._out.put_nowait(json.dumps(message))

    def open(self) -> None:
        """The first message."""
        content = f"audio/l16;rate={self._rate}"
        self.say(**{"event": "websocket:connected", "content-type": content, **self._headers})

    async def speak(self, pcm: bytes) -> None:
        """The caller's sound in frames, in real time."""
        at = self._loop.time()
        for start in range(0, len(pcm), self.frame_bytes):
            self._out.put_nowait(
                pcm[start : start + self.frame_bytes].ljust(self.frame_bytes, b"\0")
            )
            at += FRAME
            await asyncio.sleep(max(0.0, at - self._loop.time()))

    def press(self, digit: str) -> None:
        """A key."""
        self.say(event="websocket:dtmf", digit=digit, duration=260)

    def end(self) -> None:
        """Nothing more is sent: the socket is closed without a word."""
        if self._timer is not None:
            self._timer.cancel()
        self._out.put_nowait(None)

    def receive(self, frame: str | bytes) -> None:
        """Take a message of the gateway."""
        now = self._loop.time()
        self.received.append((now, frame))
        if isinstance(frame, bytes):
            self._play(frame, now)
        else:
            self._obey(json.loads(frame), now)
        self._arm(now)

    def _play(self, frame: bytes, now: float) -> None:
        if len(frame) != self.frame_bytes:
            self.glitches += 1
        if self.buffer.head - now > HOLDS * FRAME - FRAME / 2:
            self.lost += 1
            return
        begins = max(self.buffer.head, now)
        self.buffer.head = begins + FRAME
        self.buffer.queue.append(Played(frame, begins, self.buffer.head))

    def _obey(self, message: dict[str, Any], now: float) -> None:
        match message:
            case {"action": "clear"}:
                self.cleared.append(now)
                self.buffer.queue = [one for one in self.buffer.queue if one.begins <= now]
                names = [name for _, name in self.buffer.marks]
                self.buffer.head = now
                self.buffer.marks.clear()
                self.say(event="websocket:cleared")
                if self._returns_cleared:
                    self._return(names)
            case {"action": "notify", "payload": {"id": str() as name}}:
                self.buffer.mark(name, now)
            case _:
                self.errors.append(json.dumps(message))

    def _return(self, names: list[str]) -> None:
        for name in names:
            self.returned.append(name)
            self.say(event="websocket:notify", payload={"id": name})

    def _arm(self, now: float) -> None:
        self._return(self.buffer.due(now))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.buffer.marks:
            at = self.buffer.marks[0][0]
            self._timer = self._loop.call_at(at, lambda: self._arm(self._loop.time()))

    def sound(self, now: float) -> bytes:
        """Whole frames that the caller has begun to hear."""
        return b"".join(one.payload for one in self.buffer.queue if one.begins < now)
