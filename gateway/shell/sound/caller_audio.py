"""The caller's sound on its way in: decoded, listened to for voice, and fed to the recogniser.

The recogniser gets only what the detector takes for voice, and the ``PRE_ROLL`` before it, so
that an idle caller costs no recognition and no utterance begins with a minute of silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.audio import WireDecoder
from gateway.core.events import Event, VoiceStarted, VoiceStirred, VoiceStopped
from gateway.ports.speech_in import (
    LateVoiceDetector,
    Transcription,
    VoiceChange,
    VoiceDetector,
    WaryVoiceDetector,
)

PRE_ROLL = 0.3
"""Seconds before the detected onset that are recognised too; the detector knows of an onset
about 0.1 s late."""

BYTES_PER_SECOND = 32_000
"""PCM16 at 16 kHz."""
HELD_BACK = int(PRE_ROLL * BYTES_PER_SECOND)


class Ears:
    """One call's sound. All methods are quick enough for the event loop."""

    def __init__(
        self,
        decoder: WireDecoder,
        detector: VoiceDetector,
        transcription: Transcription | None,
        emit: Callable[[Event], None],
    ) -> None:
        self._decoder = decoder
        self._detector = detector
        self._transcription = transcription
        self._emit = emit
        self._before = bytearray()  # sound not fed: the last PRE_ROLL of it
        self._heard = 0  # bytes so far
        self._now = 0.0  # when the last of them came
        self._closed = False
        self.speaking = False
        if isinstance(detector, LateVoiceDetector):
            detector.woken = self._woken
        if isinstance(detector, WaryVoiceDetector):
            detector.stirred = self._stirred

    def hear(self, frame: bytes, now: float) -> int:
        """Take one message of sound; how many bytes of PCM16 at 16 kHz it held.

        Raises ``ClientError`` if it cannot be decoded.
        """
        pcm = self._decoder.feed(frame)
        if not pcm:
            return 0
        self._heard += len(pcm)
        self._now = now
        changes = self._detector.feed(pcm)
        if self.speaking or (changes and any(change.speaking for change in changes)):
            self._feed(pcm)
        else:
            self._hold_back(pcm)
        if changes:  # they are rare
            self._tell(changes)
        return len(pcm)

    def close(self) -> None:
        """Nothing is heard any more, late or not."""
        self._closed = True

    def _stirred(self, goes_on: bool) -> None:
        if not self._closed:
            self._emit(VoiceStirred(goes_on=goes_on))

    def _woken(self) -> None:
        """The detector knows more of the sound that it has."""
        if self._closed:
            return
        changes = self._detector.feed(b"")
        if any(change.speaking for change in changes):
            self._feed(b"")
        self._tell(changes)

    def _tell(self, changes: Sequence[VoiceChange]) -> None:
        heard_ms = self._heard * 1000 / BYTES_PER_SECOND
        for change in changes:
            at = self._now - max(0.0, heard_ms - change.at_ms) / 1000
            self.speaking = change.speaking
            self._emit(VoiceStarted(at=at) if change.speaking else VoiceStopped(at=at))

    def _feed(self, pcm: bytes) -> None:
        if self._transcription is None:
            return
        if self._before:
            self._transcription.feed(bytes(self._before))
            self._before.clear()
        if pcm:
            self._transcription.feed(pcm)

    def _hold_back(self, pcm: bytes) -> None:
        self._before += pcm
        excess = len(self._before) - HELD_BACK
        if excess > 0:
            if self._transcription is not None:
                self._transcription.skip(excess // 2)
            del self._before[:excess]
