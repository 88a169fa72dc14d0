"""Listening to streaming voices."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import numpy as np

from gateway import audio
from gateway.adapters.tts.sound import sound_ms
from gateway.ports.live_speech import SpokenPiece, SpokenWord, StreamingVoice
from gateway.ports.sound import AudioFormat, Encoding

MULAW = AudioFormat(Encoding.MULAW, 8000)
PCM16 = AudioFormat(Encoding.PCM, 16_000)
PCM24 = AudioFormat(Encoding.PCM, 24_000)
OPUS = AudioFormat(Encoding.OPUS, 48_000)

TEXTS = ("We open at nine,", "and we close at half past five on weekdays.")


async def texts(*given: str) -> AsyncIterator[str]:
    """All there at once."""
    for one in given:
        yield one


async def slowly(*given: str, pause: float) -> AsyncIterator[str]:
    """A pause before each but the first."""
    for number, one in enumerate(given):
        if number:
            await asyncio.sleep(pause)
        yield one


@dataclass
class Heard:
    """What came of a reply."""

    audio_format: AudioFormat
    pieces: list[SpokenPiece] = field(default_factory=list)
    first_s: float | None = None
    """From the call to the first sound."""
    sounds: asyncio.Event = field(default_factory=asyncio.Event)
    """There is some."""

    @property
    def sound(self) -> bytes:
        return b"".join(piece.audio for piece in self.pieces)

    @property
    def words(self) -> list[SpokenWord]:
        return [word for piece in self.pieces for word in piece.words]

    @property
    def finished(self) -> int:
        return self.pieces[-1].finished if self.pieces else 0

    @property
    def seconds(self) -> float:
        return sum(sound_ms(piece.audio, self.audio_format) for piece in self.pieces) / 1000

    @property
    def loudness(self) -> float:
        """Root mean square of the samples, after decoding: noise is above 8,000."""
        decoder = audio.WireDecoder(self.audio_format)
        messages = audio.slice_messages(self.sound, self.audio_format, 20)
        pcm = b"".join(map(decoder.feed, messages))
        return math.sqrt(float(np.mean(np.frombuffer(pcm, "<i2").astype(float) ** 2)))


async def listen(
    voice: StreamingVoice,
    given: AsyncIterator[str],
    audio_format: AudioFormat = PCM16,
    name: str = "",
    heard: Heard | None = None,
) -> Heard:
    """A whole reply; with ``heard`` what came of it is there even if it fails."""
    heard = heard or Heard(audio_format)
    begun = asyncio.get_running_loop().time()
    async with contextlib.aclosing(voice.speak(given, audio_format, name, "en-US")) as pieces:
        async for piece in pieces:
            if piece.audio and heard.first_s is None:
                heard.first_s = asyncio.get_running_loop().time() - begun
            heard.pieces.append(piece)
            if piece.audio:
                heard.sounds.set()
    return heard


def looks_like_speech(heard: Heard, at_least: float = 2.0, at_most: float = 5.5) -> bool:
    """``TEXTS`` take espeak-ng about 3.5 s."""
    return at_least < heard.seconds < at_most and 300 < heard.loudness < 6000
