"""A vendor's voice for clips: the streaming voice, one text at a time, in a loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

from gateway.core.race.attempts import AttemptFailure
from gateway.ports.live_speech import SpokenPiece, StreamingVoice, VoiceFailed
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.speech_out import Speech

FORMAT = AudioFormat(Encoding.PCM, 24_000)
"""The format that all vendors offer and most of them make; clips are made of it."""
TRIES = 4
PAUSE_S = 1.0
"""Before the second try; each pause is twice the one before."""
LONGEST_PAUSE_S = 30.0
AGAIN = {
    AttemptFailure.RATE_LIMITED,
    AttemptFailure.SERVER,
    AttemptFailure.UNREACHABLE,
    AttemptFailure.BROKEN,
    AttemptFailure.SILENT,
}


class VendorSynthesizer:
    """``gateway.ports.speech_out.Synthesizer``. Picklable if ``make`` is. Not for threads with a
    running event loop."""

    def __init__(
        self,
        make: Callable[[], StreamingVoice],
        model: str,
        settings: str,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """``make``: the voice, made and closed for each text; ``pause``: between tries."""
        self._make = make
        self._model, self._settings = model, settings
        self._pause = pause

    @property
    def model(self) -> str:
        """Vendor and model."""
        return self._model

    @property
    def settings(self) -> str:
        """Canonical JSON of what else changes the sound."""
        return self._settings

    def stream(self, text: str, voice: str, locale: str) -> Iterator[Speech]:
        """PCM16 at 24 kHz. What fails before its first sound, for a reason that may pass, is tried
        again: clips are made in bulk, where vendors limit rates. Raises ``VoiceFailed``."""
        for tried in range(1, TRIES + 1):
            has_begun = False
            try:
                for speech in self._once(text, voice, locale):
                    has_begun = True
                    yield speech
                return
            except VoiceFailed as failure:
                if has_begun or tried == TRIES or failure.reason not in AGAIN:
                    raise
                wanted = failure.retry_after or PAUSE_S * 2 ** (tried - 1)
                self._pause(min(wanted, LONGEST_PAUSE_S))

    def _once(self, text: str, voice: str, locale: str) -> Iterator[Speech]:
        with asyncio.Runner() as runner:
            pieces = _spoken(self._make(), text, voice, locale)
            try:
                while (piece := runner.run(_next(pieces))) is not None:
                    if piece.audio:
                        yield Speech(piece.audio, FORMAT.sample_rate)
            finally:
                runner.run(pieces.aclose())


async def _next(pieces: AsyncGenerator[SpokenPiece, None]) -> SpokenPiece | None:
    return await anext(pieces, None)


async def _spoken(
    speaker: StreamingVoice, text: str, voice: str, locale: str
) -> AsyncGenerator[SpokenPiece, None]:
    async def texts() -> AsyncIterator[str]:
        yield text

    try:
        async with contextlib.aclosing(speaker.speak(texts(), FORMAT, voice, locale)) as pieces:
            async for piece in pieces:
                yield piece
    finally:
        await speaker.close()
