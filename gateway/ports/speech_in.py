"""The caller's speech on its way in: recognisers and voice detectors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Heard:
    """A transcript as it stands."""

    text: str
    final: bool
    """True: the utterance is over and the text will not change."""
    confidence: float = 1.0
    """0 to 1; 1 if the recogniser gives none."""
    eager: bool = False
    """True if the recogniser takes the turn for over at this partial. The next partial without it
    takes that back."""
    over: float | None = None
    """The recogniser's own probability that the turn is over; None if it gives none."""


@dataclass(frozen=True, slots=True)
class Presence:
    """True if the recogniser hears the call, as it does at first. One that is away hears later."""

    there: bool


class Transcription(Protocol):
    """One call's stream to a recogniser."""

    def feed(self, pcm: bytes) -> None:
        """PCM16 mono at 16 kHz, any whole number of samples. Never blocks; when the queue is full
        the oldest sound is dropped and counted."""

    def skip(self, samples: int) -> None:
        """So many samples without voice were left out: for recognisers that keep time by them."""

    def finish_utterance(self) -> None:
        """The caller's turn seems over: give the final transcript of what was fed so far."""

    def __aiter__(self) -> AsyncIterator[Heard | Presence]:
        """Partials and finals in order, and between them whether they are to be had."""

    async def close(self) -> None:
        """Stop; nothing is yielded afterwards."""


class Transcriber(Protocol):
    """A recogniser, or a pool of them."""

    async def open(self, locale: str, call_id: str, keyterms: Sequence[str] = ()) -> Transcription:
        """Begin a call. ``keyterms``: words the caller may well say, the likeliest to be misheard
        first. Raises ``gateway.errors.ProviderFailed`` if none is free in time."""

    async def close(self) -> None:
        """Shut the pool down."""


@dataclass(frozen=True, slots=True)
class VoiceChange:
    """The caller began or stopped speaking."""

    speaking: bool
    at_ms: float
    """Position in the call's audio where it truly happened (before the detector's own window)."""
    known_ms: float
    """Position in the call's audio at which the detector knew."""


class VoiceDetector(Protocol):
    """Voice activity of one call."""

    def feed(self, pcm: bytes) -> list[VoiceChange]:
        """PCM16 mono at 16 kHz, any length. Cheap enough for the event loop."""


@runtime_checkable
class WaryVoiceDetector(VoiceDetector, Protocol):
    """One that tells of what may become a voice, before it is sure."""

    stirred: Callable[[bool], None]
    """Called within ``feed``: with True when something begins in a silence, with False when it is
    over and was no voice."""


@runtime_checkable
class LateVoiceDetector(VoiceDetector, Protocol):
    """One that may know of a change only some milliseconds after the sound that told it."""

    woken: Callable[[], None]
    """Called on the event loop when it knows more: ``feed(b"")`` tells."""
