"""Deepgram's Aura voices: over HTTP through its own client, and over ``/v1/speak`` WebSockets.

A voice's name is a model's: ``aura-2-thalia-en``. There are no words' times; ``Flushed`` tells
which texts are spoken to their end. A socket takes 20 flushes a minute, so a long reply's later
texts share them.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncGenerator
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection

from gateway.adapters.tts.by_text import ByText, TextSound, expect_audio
from gateway.adapters.tts.failures import refused
from gateway.adapters.tts.sockets import BySocket, ReplyReader
from gateway.ports.live_speech import SpokenWord
from gateway.ports.sound import AudioFormat, Encoding

NAME = "deepgram"
BASE_URL = "https://api.deepgram.com"
OFFERED = (
    AudioFormat(Encoding.MULAW, 8000),
    *(AudioFormat(Encoding.PCM, rate) for rate in (8000, 16_000, 24_000, 48_000)),
)
TIMEOUT_S = 20.0
FLUSHES, MINUTE = 20, 60.0
"""So many a minute; one more is not done."""
FREELY = 10
"""The flushes among these that may serve one text each; afterwards one serves ``SHARED`` texts."""
SHARED = 4


def _encoding(native: AudioFormat) -> str:
    return "mulaw" if native.encoding is Encoding.MULAW else "linear16"


class DeepgramVoice(ByText):
    """A request for each text."""

    name = NAME
    offered = OFFERED

    def __init__(self, *, key: str, voice: str, base_url: str = "") -> None:
        """``base_url``: with ``http``."""
        import httpx
        from deepgram import AsyncDeepgramClient
        from deepgram.core.api_error import ApiError
        from deepgram.environment import DeepgramClientEnvironment

        from gateway.adapters.pooled import Pooled

        self.errors = (ApiError, httpx.HTTPError, OSError, ValueError)
        self._voice = voice
        timeout = httpx.Timeout(TIMEOUT_S, connect=3.0)
        self._http = httpx.AsyncClient(timeout=timeout, transport=Pooled())
        base = (base_url or BASE_URL).rstrip("/")
        sockets = re.sub("^http", "ws", base)
        place = DeepgramClientEnvironment(
            base=base, production=sockets, agent=sockets, agent_rest=base
        )
        self._client = AsyncDeepgramClient(
            api_key=key or "none", environment=place, httpx_client=self._http
        )

    async def sound(
        self, text: str, native: AudioFormat, voice: str, locale: str
    ) -> AsyncGenerator[TextSound, None]:
        """Implement ``ByText.sound``."""
        async with self._client.speak.v1.audio.with_raw_response.generate(
            text=text,
            model=voice or self._voice,
            encoding=_encoding(native),
            container="none",
            sample_rate=native.sample_rate,
            request_options={"max_retries": 0},
        ) as response:
            expect_audio(self.name, response.headers.get("content-type", ""), native)
            async for data in response.data:
                yield TextSound(data)

    async def close(self) -> None:
        """Implement ``StreamingVoice.close``."""
        await self._http.aclose()


class DeepgramSocketVoice(BySocket):
    """Speaks while the reply is being written."""

    name = NAME
    offered = OFFERED

    def __init__(self, *, key: str, voice: str, base_url: str = "") -> None:
        super().__init__()
        self._key, self._voice = key, voice
        self._base = re.sub("^http", "ws", base_url or BASE_URL).rstrip("/")

    def address(self, native: AudioFormat, voice: str, locale: str) -> str:
        """Implement ``BySocket.address``."""
        query = {
            "model": voice or self._voice,
            "encoding": _encoding(native),
            "sample_rate": str(native.sample_rate),
        }
        return f"{self._base}/v1/speak?{urlencode(query)}"

    def headers(self) -> dict[str, str]:
        """Implement ``BySocket.headers``."""
        return {"Authorization": f"Token {self._key or 'none'}"}

    def reading(self) -> ReplyReader:
        """Implement ``BySocket.reading``."""
        return Flushes()

    async def send(self, socket: ClientConnection, reading: ReplyReader, text: str) -> None:
        """Implement ``BySocket.send``."""
        assert isinstance(reading, Flushes)
        reading.sent(text)
        await socket.send(json.dumps({"type": "Speak", "text": f"{text} "}))
        if reading.may_flush(asyncio.get_running_loop().time()):
            await self._flush(socket, reading)

    async def end(self, socket: ClientConnection, reading: ReplyReader) -> None:
        """Implement ``BySocket.end``."""
        assert isinstance(reading, Flushes)
        if reading.waiting:
            await asyncio.sleep(reading.until_free(asyncio.get_running_loop().time()))
            await self._flush(socket, reading)
        elif reading.is_over:  # the last text was spoken before it was known to be the last
            await socket.close()

    async def _flush(self, socket: ClientConnection, reading: Flushes) -> None:
        reading.flushed(asyncio.get_running_loop().time())
        await socket.send(json.dumps({"type": "Flush"}))


class Flushes(ReplyReader):
    """Sound, and which flush it belongs to."""

    def __init__(self) -> None:
        super().__init__()
        self._finished = 0
        self._asked: deque[int] = deque()  # texts sent before each flush that is not answered yet
        self._flushed = 0  # texts sent before the last one
        self._times: deque[float] = deque(maxlen=FLUSHES)

    @property
    def is_over(self) -> bool:
        """Implement ``ReplyReader.is_over``."""
        return self.is_complete and self._finished == len(self.texts)

    @property
    def waiting(self) -> int:
        """Texts that no flush was asked for."""
        return len(self.texts) - self._flushed

    def may_flush(self, now: float) -> bool:
        """Return whether to flush now or to let the next texts share a flush. One is kept for the
        end.
        """
        recent = sum(now - at < MINUTE for at in self._times)
        return recent < FREELY or (self.waiting >= SHARED and recent < FLUSHES - 1)

    def until_free(self, now: float) -> float:
        """Seconds until one more is allowed."""
        is_full = len(self._times) == FLUSHES
        return max(0.0, self._times[0] + MINUTE - now) if is_full else 0.0

    def flushed(self, now: float) -> None:
        """Note a flush that is being asked for."""
        self._asked.append(len(self.texts))
        self._flushed = len(self.texts)
        self._times.append(now)

    def take(self, message: str | bytes, at_ms: float) -> tuple[bytes, tuple[SpokenWord, ...], int]:
        """Implement ``ReplyReader.take``."""
        if isinstance(message, bytes):
            return message, (), self._finished
        content = json.loads(message)
        match content["type"]:
            case "Flushed":
                self._finished = self._asked.popleft()
            case "Warning" | "Error":
                raise refused(NAME, content.get("code"))
        return b"", (), self._finished
