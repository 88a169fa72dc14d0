"""Edge's reader-aloud voices, as the package ``edge-tts`` talks to them.

The package knows one address. Its module ``edge_tts.communicate`` keeps it in ``WSS_URL``, which
can be replaced: ``f"{server.ws}{PATH}?TrustedClientToken=x"``.
"""

from __future__ import annotations

import email.utils
import html
import json
import re
from typing import Any

from tests.providers import voice
from tests.providers.server import Answer
from tests.providers.websocket import Socket
from tests.providers.wire import Request

PATH = "/consumer/speech/synthesize/readaloud/edge/v1"
RATE = 24_000
TICKS = 10_000_000
"""In a second."""
PIECE = 720
"""Bytes of sound in a message: 120 ms."""


class Edge:
    """``tests.providers.server.Provider``."""

    async def answer(self, request: Request) -> Answer:
        return Answer.json({}, 404)

    def refusal(self, status: int, code: str, request: Request) -> Answer:
        """The client sets its clock by the date of a 403."""
        return Answer(status, "text/plain", headers={"date": email.utils.formatdate(usegmt=True)})

    def welcome(self, request: Request) -> Answer | dict[str, str]:
        if request.path != PATH:
            return self.refusal(404, "", request)
        wanted = ("TrustedClientToken", "ConnectionId", "Sec-MS-GEC", "Sec-MS-GEC-Version")
        if not all(request.option(name) for name in wanted):
            return self.refusal(403, "", request)
        return {}

    async def talk(self, request: Request, socket: Socket) -> None:
        wants_words = False
        async for message in socket:
            headers, body = _parted(message)
            if headers.get("Path") == "speech.config":
                options = json.loads(body)["context"]["synthesis"]["audio"]["metadataoptions"]
                wants_words = options["wordBoundaryEnabled"] == "true"
            elif headers.get("Path") == "ssml":
                await self._say(socket, headers.get("X-RequestId", ""), body, wants_words)

    async def _say(self, socket: Socket, request_id: str, ssml: str, wants_words: bool) -> None:
        text = html.unescape(re.sub(r"<[^>]+>", "", ssml)).strip()
        head = f"X-RequestId:{request_id}\r\n"

        def tell(path: str, content: dict[str, Any]) -> None:
            kind = "Content-Type:application/json; charset=utf-8\r\n"
            socket.send(f"{head}{kind}Path:{path}\r\n\r\n{json.dumps(content)}", "")

        tell("turn.start", {"context": {"serviceTag": "local"}})
        tell("response", {"context": {"serviceTag": "local"}})
        sound = await voice.speak(text, RATE, "mp3")
        sort = f"{head}Content-Type:audio/mpeg\r\nX-StreamId:local\r\nPath:audio\r\n"
        for at in range(0, len(sound), PIECE):
            socket.send(_binary(sort, sound[at : at + PIECE]), "between" if at else "first")
        seconds = len(sound) / voice.bytes_per_second("mp3", RATE)
        for boundary in _boundaries(text, seconds, wants_words):
            tell("audio.metadata", {"Metadata": [boundary]})
        socket.send(_binary(f"{head}X-StreamId:local\r\nPath:audio\r\n", b""), "")
        tell("turn.end", {})


def _binary(headers: str, data: bytes) -> bytes:
    return len(headers).to_bytes(2, "big") + headers.encode() + data


def _parted(message: dict[str, Any] | str | bytes) -> tuple[dict[str, str], str]:
    """Headers and body of a text message."""
    head, _, body = str(message).partition("\r\n\r\n")
    pairs = [line.split(":", 1) for line in head.split("\r\n") if ":" in line]
    return dict(pairs), body


def _boundaries(text: str, seconds: float, wants_words: bool) -> list[dict[str, Any]]:
    kind = "WordBoundary" if wants_words else "SentenceBoundary"
    parts = text.split() if wants_words else re.findall(r"[^.!?]+[.!?]*", text)
    letters = sum(map(len, parts)) or 1
    found, at = [], 0
    for part in parts:
        start = round(at / letters * seconds * TICKS)
        at += len(part)
        length = round(at / letters * seconds * TICKS) - start
        words = {"Text": part.strip(), "Length": len(part.strip()), "BoundaryType": kind}
        found.append({"Type": kind, "Data": {"Offset": start, "Duration": length, "text": words}})
    return found
