"""Edge's reader-aloud voices, through the package ``edge-tts``: without a key, and without any
promise by the vendor. An extra: ``pip install frontline[edge]``. Its sound is MP3.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

from gateway.adapters.tts.by_text import ByText, TextSound
from gateway.core.race.attempts import AttemptFailure
from gateway.errors import ProviderFailed
from gateway.ports.live_speech import SpokenWord, VoiceFailed
from gateway.ports.sound import AudioFormat, Encoding

NAME = "edge"
TICKS_PER_MS = 10_000
RATE = 24_000
UNSPOKEN = 2
"""Words at the end of a text that it may not tell of: numbers are read out in other words."""


class EdgeVoice(ByText):
    """A connection for each text."""

    name = NAME
    offered = (AudioFormat(Encoding.PCM, RATE),)

    def __init__(self, *, voice: str, speed: float = 1.0) -> None:
        """Raises ``ProviderFailed`` if the package is not installed."""
        try:
            import aiohttp
            import edge_tts
            from edge_tts.exceptions import EdgeTTSException
        except ImportError as error:
            raise ProviderFailed(
                "edge-tts is not installed; install frontline[edge] to use Edge's voices"
            ) from error
        self.errors = (EdgeTTSException, aiohttp.ClientError, OSError, ValueError, TimeoutError)
        self._make = edge_tts.Communicate
        self._voice = voice
        self._rate = f"{round((speed - 1) * 100):+d}%"

    async def sound(
        self, text: str, native: AudioFormat, voice: str, locale: str
    ) -> AsyncGenerator[TextSound, None]:
        """Implement ``ByText.sound``."""
        decoder = Mp3Decoder()
        at = 0
        asked = self._make(text, voice or self._voice, rate=self._rate, boundary="WordBoundary")
        async with contextlib.aclosing(asked.stream()) as parts:
            async for part in parts:
                if part["type"] == "audio":
                    yield TextSound(decoder.feed(part["data"]))
                    continue
                found = text.find(part["text"], at)
                if found < 0:  # it was read out in other words
                    continue
                at = found + len(part["text"])
                start = part["offset"] / TICKS_PER_MS
                word = SpokenWord(
                    text=part["text"],
                    chunk=0,
                    at=found,
                    start_ms=start,
                    end_ms=start + part["duration"] / TICKS_PER_MS,
                )
                yield TextSound(b"", (word,))
        yield TextSound(decoder.flush())
        # The package takes a lost connection for the end: only the words tell.
        if len(text[at:].split()) > UNSPOKEN:
            raise VoiceFailed(self.name, AttemptFailure.BROKEN, "it stopped before the end")

    async def close(self) -> None:
        """Nothing is open between texts."""


class Mp3Decoder:
    """A stream of MP3, cut anywhere, as PCM16 at 24 kHz."""

    def __init__(self) -> None:
        import av

        decoder = av.CodecContext.create("mp3", "r")
        assert isinstance(decoder, av.AudioCodecContext)
        self._decoder = decoder
        self._error = av.FFmpegError
        self._plain = av.AudioResampler(format="s16", layout="mono", rate=RATE)

    def feed(self, data: bytes) -> bytes:
        """The sound that can be decoded by now. Raises ``ValueError`` for data that is not MP3."""
        try:
            return self._pcm(self._decoder.parse(data))
        except self._error as error:
            raise ValueError("no MP3") from error

    def flush(self) -> bytes:
        """The end."""
        return self._pcm([*self._decoder.parse(b""), None])

    def _pcm(self, packets: list[object]) -> bytes:
        return b"".join(
            plain.to_ndarray().astype("<i2").tobytes()
            for packet in packets
            for frame in self._decoder.decode(packet)
            for plain in self._plain.resample(frame)
        )
