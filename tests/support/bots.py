"""A bot in memory: what it was told and when, and what a test has it say."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

from gateway.agents.media_stream import TELEPHONE, MediaStream
from gateway.ports.bots import BotCall, BotFailed, BotLine

BROKEN = "broken"


class _Socket:
    """The connection, as far as ``MediaStream`` needs one."""

    def __init__(self, bot: MemoryBot) -> None:
        self._bot = bot

    async def send(self, message: str) -> None:
        await self._bot.takes(message)

    async def recv(self) -> str | bytes:
        frame = await self._bot.inbox.get()
        if frame == BROKEN:
            raise ConnectionClosedError(None, None)
        if frame is None:
            raise ConnectionClosedOK(None, None)
        return frame

    async def close(self) -> None:
        self._bot.closed = True


@dataclass
class MemoryBot:
    """``gateway.ports.bots.Bots``, with the real wire over no socket."""

    dials: float = 0.05
    """Seconds until it answers."""
    refuses: bool = False
    reads: bool = True
    told: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    inbox: asyncio.Queue[str | bytes | None] = field(default_factory=asyncio.Queue)
    closed: bool = False
    form = TELEPHONE

    async def dial(self, call: BotCall) -> BotLine:
        await asyncio.sleep(self.dials)
        if self.refuses:
            raise BotFailed("the bot cannot be reached: refused")
        return MediaStream(call, _Socket(self))  # type: ignore[arg-type]

    async def takes(self, message: str) -> None:
        if not self.reads:
            await asyncio.sleep(3600)
        self.told.append((asyncio.get_running_loop().time(), json.loads(message)))

    # --- what it says ------------------------------------------------------------------------

    def say(self, **message: Any) -> None:
        self.inbox.put_nowait(json.dumps(message))

    def speak(self, ms: int, byte: bytes = b"\x01") -> None:
        payload = base64.b64encode(byte * (8 * ms)).decode()
        self.say(event="media", streamSid="MZ", media={"payload": payload})

    def mark(self, name: str) -> None:
        self.say(event="mark", streamSid="MZ", mark={"name": name})

    def clear(self) -> None:
        self.say(event="clear", streamSid="MZ")

    def hang_up(self) -> None:
        self.inbox.put_nowait(None)

    def die(self) -> None:
        """Its connection breaks."""
        self.inbox.put_nowait(BROKEN)

    # --- what it heard -----------------------------------------------------------------------

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [one for _, one in self.told if one["event"] == kind]

    @property
    def marks(self) -> list[str]:
        """The marks that came back to it."""
        return [one["mark"]["name"] for one in self.events("mark")]

    @property
    def heard(self) -> bytes:
        """All the sound of the caller."""
        media = [one["media"]["payload"] for one in self.events("media")]
        return b"".join(base64.b64decode(one) for one in media)
