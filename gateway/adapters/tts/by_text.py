"""Voices that are asked text by text: over HTTP, or in this process.

The next text is asked for when the sound of the one before has come. Voices make sound several
times faster than it is heard, so whoever reads ahead (``chain``) hears no gap.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass, replace

from gateway.adapters.tts.failures import failed
from gateway.adapters.tts.sound import Converter, nearest
from gateway.core.race.attempts import AttemptFailure
from gateway.errors import ProviderFailed
from gateway.ports.live_speech import SpokenPiece, SpokenWord, VoiceFailed
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.speech_out import Speech, Synthesizer

PACKED = (b"RIFF", b"OggS", b"fLaC", b"ID3")
"""Bytes with which sound files begin. Heard as samples they would be a bang."""


@dataclass(frozen=True, slots=True)
class TextSound:
    """A piece of one text's sound."""

    data: bytes
    words: tuple[SpokenWord, ...] = ()
    """The words with times from the beginning of the text, and no chunk."""


class ByText(ABC):
    """``gateway.ports.live_speech.StreamingVoice``, of what a vendor makes of one text."""

    name: str
    offered: tuple[AudioFormat, ...]
    """The formats that can be asked for; at least one is PCM."""
    errors: tuple[type[Exception], ...] = (OSError, ValueError)
    """The exceptions that the client raises."""

    @abstractmethod
    def sound(
        self, text: str, native: AudioFormat, voice: str, locale: str
    ) -> AsyncGenerator[TextSound, None]:
        """One text in the ``native`` format. Raises what is in ``errors``, and ``VoiceFailed``."""

    async def speak(
        self,
        texts: AsyncIterator[str],
        audio_format: AudioFormat,
        voice: str = "",
        locale: str = "",
    ) -> AsyncGenerator[SpokenPiece, None]:
        """Implement ``StreamingVoice.speak``."""
        native = nearest(audio_format, self.offered)
        stream = Converter(native, audio_format)
        finished = 0
        async for text in texts:
            begun = stream.ms
            async with contextlib.aclosing(self._guarded(text, native, voice, locale)) as sounds:
                async for sound in sounds:
                    words = tuple(
                        replace(
                            word,
                            chunk=finished,
                            start_ms=begun + word.start_ms,
                            end_ms=begun + word.end_ms,
                        )
                        for word in sound.words
                    )
                    if stream.ms == begun:
                        expect_bare(self.name, sound.data)
                    made = stream.feed(sound.data)
                    yield SpokenPiece(audio=made, words=words, finished=finished)
            if stream.ms == begun:
                raise VoiceFailed(self.name, AttemptFailure.EMPTY, "it made no sound")
            finished += 1
            yield SpokenPiece(finished=finished)
        if rest := stream.flush():
            yield SpokenPiece(audio=rest, finished=finished)

    async def _guarded(
        self, text: str, native: AudioFormat, voice: str, locale: str
    ) -> AsyncGenerator[TextSound, None]:
        """The same, with one kind of error."""
        expected: tuple[type[Exception], ...] = (VoiceFailed, *self.errors)
        try:
            async with contextlib.aclosing(self.sound(text, native, voice, locale)) as sounds:
                async for sound in sounds:
                    yield sound
        except expected as error:
            # None of it goes along: clients' errors hold requests, and those the key.
            raise failed(self.name, error) from None

    async def prepare(self, audio_format: AudioFormat, voice: str = "", locale: str = "") -> None:
        """Implement ``StreamingVoice.prepare``: clients keep their connections, there is nothing to
        open.
        """
        return

    @abstractmethod
    async def close(self) -> None:
        """Implement ``StreamingVoice.close``."""


def expect_audio(voice: str, content_type: str, native: AudioFormat) -> None:
    """Raise ``VoiceFailed`` if an answer is no sound, such as the page of a proxy, or sound at
    another rate than was asked for (``audio/l16;rate=24000``): too deep or too shrill."""
    kind, *options = (part.strip().lower() for part in content_type.split(";"))
    if kind and not kind.startswith("audio/") and kind != "application/octet-stream":
        raise VoiceFailed(voice, AttemptFailure.BROKEN, "what it sent is no sound")
    rates = [one.removeprefix("rate=") for one in options if one.startswith("rate=")]
    if rates and rates[0] != str(native.sample_rate):
        raise VoiceFailed(voice, AttemptFailure.BROKEN, "what it sent has another sample rate")


def expect_bare(voice: str, data: bytes) -> None:
    """Raise ``VoiceFailed`` if sound begins as a file does: bare samples were asked for, and what
    is packed would be heard as noise. ``data``: its first piece."""
    if data.startswith(PACKED):
        raise VoiceFailed(voice, AttemptFailure.BROKEN, "what it sent is a file, not bare samples")


class LocalVoice(ByText):
    """A ``Synthesizer`` of this process, such as espeak-ng, as a streaming voice. It works in
    threads; sound that nobody waits for any more is not made."""

    errors = (ProviderFailed, OSError, ValueError)

    def __init__(self, name: str, synthesizer: Synthesizer, sample_rate: int) -> None:
        """``sample_rate``: of the synthesizer's sound."""
        self.name = name
        self.offered = (AudioFormat(Encoding.PCM, sample_rate),)
        self._synthesizer = synthesizer

    async def sound(
        self, text: str, native: AudioFormat, voice: str, locale: str
    ) -> AsyncGenerator[TextSound, None]:
        """Implement ``ByText.sound``."""
        pieces = self._synthesizer.stream(text, voice, locale)
        while (piece := await asyncio.to_thread(_next, pieces)) is not None:
            yield TextSound(piece.samples)

    async def close(self) -> None:
        """Nothing is open."""


def _next(pieces: Iterator[Speech]) -> Speech | None:
    return next(pieces, None)
