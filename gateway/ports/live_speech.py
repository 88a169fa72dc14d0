"""Speech as it is made: a voice that speaks a reply while it is still being written. A port, like
those of ``gateway.ports``; ``Synthesizer`` there is for clips, whose text is known beforehand.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from gateway.core.race.attempts import AttemptFailure
from gateway.errors import ProviderFailed
from gateway.ports.records import FirstPiece
from gateway.ports.sound import AudioFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """The time of a word, as the voice itself tells it."""

    text: str
    """The word as it was given, with its punctuation."""
    chunk: int
    """Number of the text it is in, from 0."""
    at: int
    """The place where it begins in that text, in characters."""
    start_ms: float
    """The time at which the word begins, counted from the first sample of the reply."""
    end_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenPiece:
    """Some sound of a reply."""

    audio: bytes = b""
    """Sound in the format that was asked for, laid out as ``ports.sound.ClipAudio.payload``; may be
    empty."""
    words: tuple[SpokenWord, ...] = ()
    """The words that end in this piece, if the voice tells. Nothing is known of others."""
    finished: int = 0
    """Texts that are spoken to their end, this piece included."""
    by: str = ""
    """The voice of a chain that speaks it; empty if it is the one that was asked."""
    first: FirstPiece | None = field(default=None, compare=False)
    """On a voice's first sound: who speaks, and how soon after the first text."""


class StreamingVoice(Protocol):
    """Text to speech, piece by piece. Serves many calls at a time."""

    @property
    def name(self) -> str:
        """Return who speaks, for logs and metrics."""

    def speak(
        self,
        texts: AsyncIterator[str],
        audio_format: AudioFormat,
        voice: str = "",
        locale: str = "",
    ) -> AsyncGenerator[SpokenPiece, None]:
        """The texts, one after the other, as they come. ``voice``: empty for the usual one.

        Close it (``contextlib.aclosing``) to stop: it returns when nothing is left open, within
        100 ms, and nothing is yielded afterwards. Raises ``VoiceFailed``, and whatever ``texts``
        raises.
        """

    async def prepare(self, audio_format: AudioFormat, voice: str = "", locale: str = "") -> None:
        """A reply is coming: connect now, so that its first words need not wait for it. Never
        raises; a reply without it is a little later. Cancelled when it takes too long."""

    async def close(self) -> None:
        """Let go of all connections."""


class VoiceFailed(ProviderFailed):
    """A voice did not speak, or broke off."""

    def __init__(
        self, voice: str, reason: AttemptFailure, why: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(f"the voice {voice} failed: {why or reason.value}")
        self.voice = voice
        self.reason = reason
        self.retry_after = retry_after
        """Seconds, if it said when to come back."""
