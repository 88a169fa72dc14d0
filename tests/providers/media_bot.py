"""A bot of a call centre's own that speaks Media Streams: what stands behind the proxy mode.

It counts time by the sound that arrives, as bots do: after ``endpoint`` seconds of silence behind a
voice it answers, with a sound and a mark; a voice while it speaks makes it clear what it has sent.
"""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.providers.server import Answer
from tests.providers.websocket import Socket
from tests.providers.wire import Request

PER_SECOND = 8000
QUIET = frozenset(b"\xff\x7f\xfe\x7e")
"""Bytes of mu-law that nobody hears."""
FRAME = 160

Fault = Literal["", "echo", "silent", "wrong", "dead", "flooding", "deaf"]
"""``echo``: it says at once what it hears. ``dead``: it closes when it is told of the call.
``deaf``: it reads nothing after that."""


@dataclass
class Heard:
    """One call, as the bot has it."""

    start: dict[str, Any]
    headers: dict[str, str]
    sound: bytearray = field(default_factory=bytearray)
    events: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    keys: str = ""
    answers: int = 0
    answered_at: list[float] = field(default_factory=list)
    cleared: int = 0


class MediaBot:
    """``tests.providers.server.Provider``."""

    def __init__(
        self, *, says: bytes = b"\x07" * PER_SECOND, endpoint: float = 0.7, fault: Fault = ""
    ) -> None:
        """``says``: the mu-law of each answer."""
        self.says = says
        self.endpoint = endpoint
        self.fault = fault
        self.calls: list[Heard] = []

    async def answer(self, request: Request) -> Answer:
        return Answer.json({"error": "a media stream is a WebSocket"}, 404)

    def refusal(self, status: int, code: str, request: Request) -> Answer:
        return Answer.json({"error": code}, status)

    def welcome(self, request: Request) -> Answer | dict[str, str]:
        return {}

    async def talk(self, request: Request, socket: Socket) -> None:
        call: _Call | None = None
        async for message in socket:
            if not isinstance(message, dict):
                continue
            if message["event"] == "start":
                heard = Heard(message, dict(request.headers))
                self.calls.append(heard)
                call = _Call(self, heard, socket)
                if self.fault in ("wrong", "dead", "flooding", "deaf"):
                    await self._fail(socket)
                    return
            elif call is not None:
                call.take(message)
                if message["event"] == "stop":
                    return

    async def _fail(self, socket: Socket) -> None:
        match self.fault:
            case "wrong":
                socket.send(b"\x00" * 320)
                await asyncio.sleep(1.0)
            case "flooding":
                while socket.is_open:
                    for _ in range(500):
                        socket.send({"event": "mark", "mark": {"name": "x"}})
                    await asyncio.sleep(0.02)
            case "deaf":
                await asyncio.sleep(3600.0)


class _Call:
    """The bot's side of one call."""

    def __init__(self, bot: MediaBot, heard: Heard, socket: Socket) -> None:
        self._bot = bot
        self._heard = heard
        self._socket = socket
        self._stream = heard.start["start"]["streamSid"]
        self._silence = 0.0
        self._voice = False
        self._speaking = False

    def take(self, message: dict[str, Any]) -> None:
        self._heard.events.append(message["event"])
        match message["event"]:
            case "media":
                self._listen(base64.b64decode(message["media"]["payload"]))
            case "mark":
                self._heard.marks.append(message["mark"]["name"])
                self._speaking = False
            case "dtmf":
                self._heard.keys += message["dtmf"]["digit"]

    def _listen(self, payload: bytes) -> None:
        self._heard.sound += payload
        if self._bot.fault == "echo":
            self._say(payload)
            return
        if set(payload) - QUIET:
            self._silence, self._voice = 0.0, True
            if self._speaking:
                self._speaking = False
                self._heard.cleared += 1
                self._socket.send({"event": "clear", "streamSid": self._stream})
            return
        self._silence += len(payload) / PER_SECOND
        if self._voice and self._silence >= self._bot.endpoint and self._bot.fault != "silent":
            self._answer()

    def _answer(self) -> None:
        self._voice, self._speaking = False, True
        self._heard.answers += 1
        self._heard.answered_at.append(asyncio.get_running_loop().time())
        for start in range(0, len(self._bot.says), FRAME):
            self._say(self._bot.says[start : start + FRAME])
        name = f"answer-{self._heard.answers}"
        mark = {"event": "mark", "streamSid": self._stream, "mark": {"name": name}}
        self._socket.send(mark)

    def _say(self, payload: bytes) -> None:
        media = {"payload": base64.b64encode(payload).decode()}
        text = {"event": "media", "streamSid": self._stream, "media": media}
        self._socket.send(json.dumps(text, separators=(",", ":")))
