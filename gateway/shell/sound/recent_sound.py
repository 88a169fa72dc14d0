"""The last seconds of what a call's recogniser was given, for those who listen to the sound itself.

A recogniser hears what the voice detector takes for voice; of the pauses between it is told how
long they are, and they are kept as silence.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from gateway.ports.speech_in import Heard, Presence, Transcriber, Transcription
from gateway.shell.sound.caller_audio import BYTES_PER_SECOND


class RememberedTranscription:
    """A transcription, and its newest sound."""

    def __init__(self, inner: Transcription, seconds: float) -> None:
        self._inner = inner
        self._most = int(seconds * BYTES_PER_SECOND) & ~1
        self._sound = bytearray()

    def newest(self, seconds: float) -> bytes:
        """PCM16 mono at 16 kHz; a copy. No more than is kept."""
        size = min(round(max(seconds, 0.0) * BYTES_PER_SECOND) & ~1, self._most)
        return bytes(self._sound[-size:]) if size else b""

    def feed(self, pcm: bytes) -> None:
        """See ``Transcription``."""
        self._keep(pcm)
        self._inner.feed(pcm)

    def skip(self, samples: int) -> None:
        """See ``Transcription``."""
        self._keep(bytes(min(samples * 2, self._most)))
        self._inner.skip(samples)

    def finish_utterance(self) -> None:
        """See ``Transcription``."""
        self._inner.finish_utterance()

    def __aiter__(self) -> AsyncIterator[Heard | Presence]:
        return self._inner.__aiter__()

    async def close(self) -> None:
        """See ``Transcription``."""
        await self._inner.close()

    def _keep(self, pcm: bytes) -> None:
        self._sound += pcm
        if len(self._sound) > 2 * self._most:  # cut now and then: a frame must cost nothing
            del self._sound[: -self._most]


class RememberingTranscriber:
    """A transcriber whose transcriptions remember so many seconds."""

    def __init__(self, inner: Transcriber, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds

    async def open(
        self, locale: str, call_id: str, keyterms: Sequence[str] = ()
    ) -> RememberedTranscription:
        """See ``Transcriber``."""
        inner = await self._inner.open(locale, call_id, keyterms)
        return RememberedTranscription(inner, self._seconds)

    async def close(self) -> None:
        """See ``Transcriber``."""
        await self._inner.close()
