"""The caller's sound on its way in: decoded, listened to for voice, and fed to the recogniser.

The recogniser gets only what the detector takes for voice, and the ``PRE_ROLL`` before it, so
that an idle caller costs no recognition and no utterance begins with a minute of silence.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.audio import WireDecoder
from gateway.core.events import Event, VoiceStarted, VoiceStopped
from gateway.ports.speech_in import Transcription, VoiceDetector

PRE_ROLL = 0.3
"""Seconds before the detected onset that are recognised too; the detector knows of an onset
about 0.1 s late."""

BYTES_PER_SECOND = 32_000
"""PCM16 at 16 kHz."""


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
        self.speaking = False

    def hear(self, frame: bytes, now: float) -> int:
        """Take one message of sound; how many bytes of PCM16 at 16 kHz it held.

        Raises ``ClientError`` if it cannot be decoded.
        """
        pcm = self._decoder.feed(frame)
        if not pcm:
            return 0
        self._heard += len(pcm)
        changes = self._detector.feed(pcm)
        started = any(change.speaking for change in changes)
        if self.speaking or started:
            self._feed(pcm)
        else:
            self._hold_back(pcm)
        heard_ms = self._heard * 1000 / BYTES_PER_SECOND
        for change in changes:
            at = now - max(0.0, heard_ms - change.at_ms) / 1000
            self.speaking = change.speaking
            self._emit(VoiceStarted(at=at) if change.speaking else VoiceStopped(at=at))
        return len(pcm)

    def _feed(self, pcm: bytes) -> None:
        if self._transcription is None:
            return
        if self._before:
            self._transcription.feed(bytes(self._before))
            self._before.clear()
        self._transcription.feed(pcm)

    def _hold_back(self, pcm: bytes) -> None:
        self._before += pcm
        excess = len(self._before) - int(PRE_ROLL * BYTES_PER_SECOND)
        if excess > 0:
            if self._transcription is not None:
                self._transcription.skip(excess // 2)
            del self._before[:excess]
