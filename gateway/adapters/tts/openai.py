"""OpenAI's voices, and servers that speak as its API does, through its own client. Its sound is
always PCM at 24 kHz, and has no words' times.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from gateway.adapters.tts.by_text import ByText, TextSound, expect_audio
from gateway.ports.sound import AudioFormat, Encoding

NAME = "openai"
BASE_URL = "https://api.openai.com/v1"
PIECE = 4800
"""Bytes asked of the client at a time at most: 100 ms. It gives out less when less has come."""
TIMEOUT_S = 20.0


class OpenAIVoice(ByText):
    """A request for each text."""

    name = NAME
    offered = (AudioFormat(Encoding.PCM, 24_000),)

    def __init__(
        self, *, key: str, voice: str, model: str, base_url: str = "", speed: float = 1.0
    ) -> None:
        """Imports the client, which takes a second. ``speed``: 1 is the voice's own."""
        import httpx2
        import openai

        self.errors = (openai.OpenAIError, httpx2.HTTPError, OSError, ValueError)
        self._voice, self._model, self._speed = voice, model, min(max(speed, 0.25), 4.0)
        self._client = openai.AsyncOpenAI(
            api_key=key or "none",
            base_url=base_url or BASE_URL,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(
                timeout=httpx2.Timeout(TIMEOUT_S, connect=3.0)
            ),
        )

    async def sound(
        self, text: str, native: AudioFormat, voice: str, locale: str
    ) -> AsyncGenerator[TextSound, None]:
        """Implement ``ByText.sound``."""
        async with self._client.audio.speech.with_streaming_response.create(
            model=self._model,
            voice=voice or self._voice,
            input=text,
            response_format="pcm",
            speed=self._speed,
        ) as response:
            expect_audio(self.name, response.headers.get("content-type", ""), native)
            async for data in response.iter_bytes():
                yield TextSound(data)

    async def close(self) -> None:
        """Implement ``StreamingVoice.close``."""
        await self._client.close()
