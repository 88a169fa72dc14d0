"""A caller's side of the native call, with every message stamped as it arrives."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

Said = TypeVar("Said")
Heard = TypeVar("Heard")

OPEN_WITHIN = 60.0
"""Seconds a call may take to be opened, on a busy machine; it is not what is measured."""
SPIN = 0.0015
"""Seconds before an intended instant from which it is looked for without sleeping."""


@dataclass
class Turn:
    """The messages of one turn, in ``time.perf_counter`` seconds."""

    audio_at: float = 0.0
    """First binary message of the turn's own audio."""
    decision: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    sounds: dict[str, float] = field(default_factory=dict)
    """First binary message of each source of sound (``cache``, ``filler``, ``agent``...)."""


class Caller:
    """One call. ``turns`` fills as the gateway answers."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._current: Turn | None = None
        self.turns: dict[int, Turn] = {}
        self.messages: list[tuple[float, dict[str, Any]]] = []
        self.audio_bytes = 0
        self.audio: list[bytes] = []
        self.keep_audio = False
        self.heard: Callable[[], None] | None = None
        """Called at the first audio of a turn."""
        self.close_code: int | None = None

    @classmethod
    async def dial(cls, address: str, **start: Any) -> Self:
        """Open a call and wait until it has started."""
        socket = await connect(
            f"ws://{address}/v1/call",
            compression=None,
            max_size=None,
            ping_interval=None,
            open_timeout=OPEN_WITHIN,
        )
        caller = cls(socket)
        await socket.send(json.dumps({"type": "start", **start}))
        while True:
            message = json.loads(await socket.recv())
            caller.messages.append((time.perf_counter(), message))
            if message["type"] == "started":
                return caller
            if message["type"] == "error":
                raise RuntimeError(message["message"])

    async def listen(self) -> None:
        """Take messages until the call is closed; marks are echoed at once."""
        try:
            async for message in self._socket:
                self._take(message, time.perf_counter())
                if isinstance(message, str) and '"type": "mark"' in message:
                    await self._socket.send(message)
        except ConnectionClosed:
            pass
        self.close_code = self._socket.close_code

    def _take(self, message: str | bytes, now: float) -> None:
        if isinstance(message, bytes):
            self.audio_bytes += len(message)
            if self.keep_audio:
                self.audio.append(message)
            if self._current is not None:
                self._current.sounds.setdefault(self._current.source, now)
                if not self._current.audio_at:
                    self._current.audio_at = now
                    if self.heard:
                        self.heard()
            return
        data = json.loads(message)
        self.messages.append((now, data))
        match data["type"]:
            case "decision":
                self.turns.setdefault(data["turn"], Turn()).decision = data
            case "audio.start":
                self._current = self.turns.setdefault(data["turn"], Turn())
                self._current.source = data["source"]

    async def send(self, **message: Any) -> None:
        """Send a message."""
        await self._socket.send(json.dumps(message))

    async def send_audio(self, frame: bytes) -> None:
        """Send sound."""
        await self._socket.send(frame)

    async def close(self) -> None:
        """Hang up."""
        await self._socket.close()


def quantiles(values: list[float]) -> tuple[float, float, float]:
    """p50, p95 and p99, each a value that occurred (nearest rank)."""
    ordered = sorted(values)
    return tuple(  # type: ignore[return-value]
        ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
        for share in (0.50, 0.95, 0.99)
    )


async def sleep_until(moment: float) -> None:
    """Until ``time.perf_counter`` says so, to some 0.1 ms: timers alone are a millisecond late,
    which would be counted as the server's."""
    if (left := moment - time.perf_counter() - SPIN) > 0:
        await asyncio.sleep(left)
    while time.perf_counter() < moment:  # noqa: ASYNC110 - the whole point is not to sleep
        await asyncio.sleep(0)


async def in_calls(
    address: str,
    material: Sequence[Said],
    speak: Callable[[Caller, Said], Awaitable[Heard]],
    *,
    rate: int,
    at_once: int,
) -> list[Heard]:
    """Return what ``speak`` makes of each, so many at a time, each in a call of its own that sends
    PCM of that rate."""
    heard: list[Heard] = []
    queue = list(reversed(material))
    dialling = asyncio.Lock()

    async def worker() -> None:
        while queue:
            async with dialling:  # the n-th call opened hears the n-th transcript
                if not queue:
                    return
                said = queue.pop()
                audio = {"encoding": "pcm_s16le", "sample_rate": rate}
                caller = await Caller.dial(address, stt="server", audio=audio)
            heard.append(await speak(caller, said))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(at_once):
            tasks.create_task(worker())
    return heard
