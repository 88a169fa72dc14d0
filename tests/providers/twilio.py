"""Twilio's side of a Media Stream: a caller on a line that buffers, as Twilio does.

``StreamBuffer`` is the buffer alone, with ``now`` passed in: sound is played in real time, a mark
comes back when what was before it has been played, or at once when ``clear`` empties the buffer.
``TwilioCall`` is a call on it, over whatever carries text: timers of the running loop, so that it
works in virtual time as well.

    call = TwilioCall(socket.send, parameters={"tenant": "acme"})
    await call.open()                       # connected, start
    await call.speak(mulaw)                 # 20 ms frames, in real time
    call.receive(await socket.recv())       # what the gateway sends
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twilio.request_validator import RequestValidator

PER_SECOND = 8000
"""Bytes of mu-law."""
HOLDS = 600.0
"""Seconds of sound that Twilio queues; beyond that new sound is discarded (31931)."""
SILENCE = b"\xff"
FRAME = 160
"""Bytes of 20 ms."""
STREAM, CALL, ACCOUNT = "MZ" + "1" * 32, "CA" + "2" * 32, "AC" + "3" * 32

HANDSHAKE_FAILED, PROTOCOL_ERROR, TOO_MUCH, BINARY = 31920, 31924, 31931, 31950
"""Errors and warnings, by Twilio's numbers."""


def sign(url: str, token: str, form: Mapping[str, str] | None = None) -> str:
    """The signature that Twilio's own validator would expect."""
    made: str = RequestValidator(token).compute_signature(url, dict(form or {}))
    return made


@dataclass
class Played:
    """Sound that was taken into the buffer, and from when to when it is heard."""

    payload: bytes
    begins: float
    ends: float

    def heard_by(self, now: float) -> bytes:
        return self.payload[: max(0, round((min(now, self.ends) - self.begins) * PER_SECOND))]


@dataclass
class StreamBuffer:
    """The sound that is queued, and the marks in it."""

    head: float = 0.0
    """When everything queued so far will have been heard."""
    queue: list[Played] = field(default_factory=list)
    """Also what was heard already; what was cleared is cut to what was heard of it."""
    marks: deque[tuple[float, str]] = field(default_factory=deque)
    """Marks that wait, and when the sound before them ends."""
    warnings: list[int] = field(default_factory=list)

    def media(self, payload: bytes, now: float) -> None:
        if self.head - now > HOLDS:
            if TOO_MUCH not in self.warnings:
                self.warnings.append(TOO_MUCH)
            return
        begins = max(self.head, now)
        self.head = begins + len(payload) / PER_SECOND
        self.queue.append(Played(payload, begins, self.head))

    def mark(self, name: str, now: float) -> None:
        """It waits for the sound before it; at once if there is none."""
        self.marks.append((max(self.head, now), name))

    def clear(self, now: float) -> list[str]:
        """Drop what was not heard; the marks that come back for it, all at once."""
        for one in self.queue:
            if one.ends > now:
                one.payload, one.ends = one.heard_by(now), max(one.begins, now)
        self.head = now
        names = [name for _, name in self.marks]
        self.marks.clear()
        return names

    def due(self, now: float) -> list[str]:
        """The marks whose sound has been heard."""
        names = []
        while self.marks and self.marks[0][0] <= now + 1e-9:
            names.append(self.marks.popleft()[1])
        return names

    def heard(self, now: float, since: float = 0.0) -> bytes:
        """Sound that the caller has heard so far, of what began at ``since`` or later."""
        return b"".join(one.heard_by(now) for one in self.queue if one.begins >= since)


Send = Callable[[str], Awaitable[None]]


class TwilioCall:
    """One stream. ``delay``: seconds that a message takes from the gateway to Twilio, and back."""

    def __init__(
        self,
        send: Send,
        *,
        parameters: Mapping[str, str] | None = None,
        call: str = CALL,
        stream: str = STREAM,
        delay: float = 0.0,
    ) -> None:
        self._send = send
        self._parameters = dict(parameters or {})
        self.call, self.stream = call, stream
        self._delay = delay
        self._loop = asyncio.get_running_loop()
        self._sequence = 0
        self._chunk = 0
        self._out: asyncio.Queue[tuple[float, str] | None] = asyncio.Queue()
        self._way: deque[str | bytes] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.buffer = StreamBuffer()
        self.received: list[tuple[float, dict[str, Any]]] = []
        """Every message of the gateway, and when it came."""
        self.errors: list[int] = []
        self.returned: list[str] = []
        """Marks that were sent back."""
        self.cleared: list[float] = []

    # --- the caller ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Send what is to be sent, in order, until ``stop``."""
        while (queued := await self._out.get()) is not None:
            at, frame = queued
            if (left := at + self._delay - self._loop.time()) > 0:
                await asyncio.sleep(left)
            await self._send(frame)

    def say(self, event: str, **fields: Any) -> None:
        """Queue a message of the stream."""
        self._sequence += 1
        message = {"event": event, "sequenceNumber": str(self._sequence), "streamSid": self.stream}
        self._queue({**message, **fields})

    def _queue(self, message: dict[str, Any]) -> None:
        self._out.put_nowait((self._loop.time(), json.dumps(message)))

    def open(self) -> None:
        """The two messages with which a stream begins."""
        self._queue({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        start = {
            "streamSid": self.stream,
            "accountSid": ACCOUNT,
            "callSid": self.call,
            "tracks": ["inbound"],
            "customParameters": self._parameters,
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        }
        self.say("start", start=start)

    def sound(self, payload: bytes) -> None:
        """One message of the caller's sound."""
        self._chunk += 1
        media = {
            "track": "inbound",
            "chunk": str(self._chunk),
            "timestamp": str((self._chunk - 1) * 20),
            "payload": base64.b64encode(payload).decode(),
        }
        self.say("media", media=media)

    async def speak(self, mulaw: bytes) -> None:
        """The caller's sound in frames of 20 ms, in real time."""
        at = self._loop.time()
        for start in range(0, len(mulaw), FRAME):
            self.sound(mulaw[start : start + FRAME].ljust(FRAME, SILENCE))
            at += 0.02
            await asyncio.sleep(max(0.0, at - self._loop.time()))

    def press(self, digit: str) -> None:
        """A key."""
        self.say("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    def stop(self) -> None:
        """The caller hangs up, or the call goes on elsewhere."""
        self.say("stop", stop={"accountSid": ACCOUNT, "callSid": self.call})
        self.end()

    def end(self) -> None:
        """Nothing more is sent."""
        if self._timer is not None:
            self._timer.cancel()
        self._out.put_nowait(None)

    # --- the gateway -----------------------------------------------------------------------------

    def receive(self, frame: str | bytes) -> None:
        """Take a message of the gateway, after its time on the way."""
        if not self._delay:
            self._take(frame)
            return
        self._way.append(frame)  # timers of one instant come in any order, messages do not
        self._loop.call_later(self._delay, lambda: self._take(self._way.popleft()))

    def _take(self, frame: str | bytes) -> None:
        now = self._loop.time()
        if isinstance(frame, bytes):
            self.errors.append(BINARY)
            return
        try:
            message = json.loads(frame)
            self._obey(message, now)
        except (KeyError, TypeError, ValueError, binascii.Error):
            self.errors.append(PROTOCOL_ERROR)
            return
        self.received.append((now, message))
        self._arm(now)

    def _obey(self, message: dict[str, Any], now: float) -> None:
        if message["streamSid"] != self.stream:
            raise ValueError("another stream")
        match message["event"]:
            case "media":
                payload = base64.b64decode(message["media"]["payload"], validate=True)
                self.buffer.media(payload, now)
            case "mark":
                self.buffer.mark(str(message["mark"]["name"]), now)
            case "clear":
                self.cleared.append(now)
                self._return(self.buffer.clear(now))
            case other:
                raise ValueError(other)

    def _return(self, names: Sequence[str]) -> None:
        for name in names:
            self.returned.append(name)
            self.say("mark", mark={"name": name})

    def _arm(self, now: float) -> None:
        self._return(self.buffer.due(now))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.buffer.marks:
            self._timer = self._loop.call_at(self.buffer.marks[0][0], self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._arm(self._loop.time())

    def of(self, event: str) -> list[dict[str, Any]]:
        """The gateway's messages of that kind so far."""
        return [one for _, one in self.received if one["event"] == event]
