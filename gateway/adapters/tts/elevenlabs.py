"""ElevenLabs: over HTTP through its own client, and over ``stream-input`` WebSockets, which that
client has for threads only.

The socket tells when each letter is heard. Its letters are counted without white space, so that it
does not matter whether the vendor keeps, adds or leaves out any.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncGenerator, Iterable
from typing import Any
from urllib.parse import quote, urlencode

from websockets.asyncio.client import ClientConnection

from gateway.adapters.tts.by_text import ByText, TextSound, expect_audio
from gateway.adapters.tts.failures import refused
from gateway.adapters.tts.sockets import BySocket, ReplyReader
from gateway.ports.live_speech import SpokenWord
from gateway.ports.sound import AudioFormat, Encoding

NAME = "elevenlabs"
BASE_URL = "https://api.elevenlabs.io"
OFFERED = (
    AudioFormat(Encoding.MULAW, 8000),
    *(AudioFormat(Encoding.PCM, rate) for rate in (8000, 16_000, 24_000, 48_000)),
)
SLOWEST, FASTEST = 0.7, 1.2
"""The range of speeds, relative to the voice's usual one."""
IDLE_S = 180
"""The longest it lets a socket wait for text."""
TIMEOUT_S = 20.0


def _form(native: AudioFormat) -> str:
    return f"{'ulaw' if native.encoding is Encoding.MULAW else 'pcm'}_{native.sample_rate}"


def _language(model: str, locale: str) -> str:
    """Only its models of version 2.5 take a language; the others hear it from the text."""
    return locale[:2].lower() if locale and model.endswith("_v2_5") else ""


def _pace(speed: float) -> float:
    return round(min(max(speed, SLOWEST), FASTEST), 2)


class ElevenLabsVoice(ByText):
    """A request for each text: for clips, and where WebSockets cannot go."""

    name = NAME
    offered = OFFERED

    def __init__(
        self, *, key: str, voice: str, model: str, base_url: str = "", speed: float = 1.0
    ) -> None:
        """Imports the client, which takes a second. ``speed``: 1 is the voice's own."""
        import httpx
        from elevenlabs.client import AsyncElevenLabs
        from elevenlabs.core.api_error import ApiError

        from gateway.adapters.pooled import Pooled

        self.errors = (ApiError, httpx.HTTPError, OSError, ValueError)
        self._voice, self._model, self._speed = voice, model, speed
        timeout = httpx.Timeout(TIMEOUT_S, connect=3.0)
        self._http = httpx.AsyncClient(timeout=timeout, transport=Pooled())
        self._client = AsyncElevenLabs(
            api_key=key or "none", base_url=base_url or BASE_URL, httpx_client=self._http
        )

    async def sound(
        self, text: str, native: AudioFormat, voice: str, locale: str
    ) -> AsyncGenerator[TextSound, None]:
        """Implement ``ByText.sound``."""
        from elevenlabs import VoiceSettings

        options: dict[str, Any] = {}
        if language := _language(self._model, locale):
            options["language_code"] = language
        if self._speed != 1:
            options["voice_settings"] = VoiceSettings(speed=_pace(self._speed))
        async with self._client.text_to_speech.with_raw_response.stream(
            voice or self._voice,
            text=text,
            model_id=self._model,
            output_format=_form(native),
            request_options={"max_retries": 0},
            **options,
        ) as response:
            expect_audio(self.name, response.headers.get("content-type", ""), native)
            async for data in response.data:
                yield TextSound(data)

    async def close(self) -> None:
        """Implement ``StreamingVoice.close``."""
        await self._http.aclose()


class ElevenLabsSocketVoice(BySocket):
    """``stream-input``: speaks while the reply is being written, and tells what was heard."""

    name = NAME
    offered = OFFERED

    def __init__(
        self, *, key: str, voice: str, model: str, base_url: str = "", speed: float = 1.0
    ) -> None:
        super().__init__()
        self._key, self._voice, self._model, self._speed = key, voice, model, speed
        self._base = re.sub("^http", "ws", base_url or BASE_URL).rstrip("/")

    def address(self, native: AudioFormat, voice: str, locale: str) -> str:
        """Implement ``BySocket.address``."""
        query = {
            "model_id": self._model,
            "output_format": _form(native),
            "auto_mode": "true",  # texts are whole clauses: each is spoken at once
            "inactivity_timeout": str(IDLE_S),
        }
        if language := _language(self._model, locale):
            query["language_code"] = language
        place = f"/v1/text-to-speech/{quote(voice or self._voice, safe='')}/stream-input"
        return f"{self._base}{place}?{urlencode(query)}"

    def headers(self) -> dict[str, str]:
        """Implement ``BySocket.headers``."""
        return {"xi-api-key": self._key or "none"}

    async def greet(self, socket: ClientConnection) -> None:
        """Implement ``BySocket.greet``."""
        first: dict[str, Any] = {"text": " "}
        if self._speed != 1:
            first["voice_settings"] = {"speed": _pace(self._speed)}
        await socket.send(json.dumps(first))

    def reading(self) -> ReplyReader:
        """Implement ``BySocket.reading``."""
        return Letters()

    async def send(self, socket: ClientConnection, reading: ReplyReader, text: str) -> None:
        """Implement ``BySocket.send``."""
        reading.sent(text)
        await socket.send(json.dumps({"text": f"{text} ", "flush": True}))

    async def end(self, socket: ClientConnection, reading: ReplyReader) -> None:
        """Implement ``BySocket.end``."""
        await socket.send(json.dumps({"text": ""}))


class Letters(ReplyReader):
    """Messages of sound with the times of their letters."""

    def __init__(self) -> None:
        super().__init__()
        self._is_final = False
        self._chunk = 0  # the text whose letters are coming
        self._at = 0  # in that text
        self._word = ""
        self._word_at, self._word_start = 0, 0.0

    @property
    def is_over(self) -> bool:
        """Implement ``ReplyReader.is_over``."""
        return self._is_final

    def take(self, message: str | bytes, at_ms: float) -> tuple[bytes, tuple[SpokenWord, ...], int]:
        """Implement ``ReplyReader.take``."""
        content = json.loads(message)
        if "error" in content:
            raise refused(NAME, content["error"])
        data = base64.b64decode(content.get("audio") or "", validate=True)
        words: list[SpokenWord] = []
        for letter, start, end in _timed(content.get("alignment") or {}):
            if not letter.isspace():
                words += self._letter(letter, at_ms + start, at_ms + end)
        if content.get("isFinal") or content.get("is_final"):
            self._is_final = True
            self._chunk = len(self.texts)
        return data, tuple(words), self._chunk

    def _letter(self, letter: str, start: float, end: float) -> Iterable[SpokenWord]:
        """The word that ends with this letter, if one does. Letters beyond the texts are not
        ours, and say nothing."""
        if self._chunk >= len(self.texts):
            return
        text = self.texts[self._chunk]
        while text[self._at].isspace():
            self._at += 1
        if not self._word:
            self._word_at, self._word_start = self._at, start
        self._word += text[self._at]
        self._at += 1
        if self._at == len(text) or text[self._at].isspace():
            yield SpokenWord(
                text=self._word,
                chunk=self._chunk,
                at=self._word_at,
                start_ms=self._word_start,
                end_ms=end,
            )
            self._word = ""
        if not text[self._at :].strip():
            self._chunk, self._at = self._chunk + 1, 0


def _timed(alignment: dict[str, Any]) -> Iterable[tuple[str, float, float]]:
    """(letter, start, end), in ms of the message's sound. Spellings differ from page to page of
    the vendor's documents."""
    letters = alignment.get("chars") or []
    starts = alignment.get("charStartTimesMs") or alignment.get("charsStartTimesMs") or []
    lasts = alignment.get("charDurationsMs") or alignment.get("charsDurationsMs") or []
    for letter, start, last in zip(letters, starts, lasts, strict=True):
        yield letter, start, start + last
