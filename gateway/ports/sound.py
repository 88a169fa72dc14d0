"""Sound as it crosses the gateway: encodings, wire formats, clips."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum


class Encoding(StrEnum):
    """The layout of samples on the wire."""

    PCM = "pcm_s16le"
    MULAW = "mulaw"
    OPUS = "opus"


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A wire format: one channel, always."""

    encoding: Encoding
    sample_rate: int
    """Samples per second."""

    @property
    def name(self) -> str:
        """Stable name, used in clip names and file names: ``pcm_s16le_16000``."""
        return f"{self.encoding.value}_{self.sample_rate}"

    @property
    def bytes_per_ms(self) -> int:
        """Bytes of one millisecond; 0 for opus, whose packets carry 20 ms each."""
        per_sample = {Encoding.PCM: 2, Encoding.MULAW: 1, Encoding.OPUS: 0}[self.encoding]
        return self.sample_rate * per_sample // 1000


WIRE_FORMATS: tuple[AudioFormat, ...] = (
    AudioFormat(Encoding.MULAW, 8000),
    AudioFormat(Encoding.PCM, 8000),
    AudioFormat(Encoding.PCM, 16000),
    AudioFormat(Encoding.PCM, 24000),
    AudioFormat(Encoding.PCM, 48000),
    AudioFormat(Encoding.OPUS, 48000),
)
"""The formats every clip is rendered in. Opus clips are 48 kHz, whatever rate the caller sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """The ingredients of a rendered text, from which its name follows in each format."""

    text: str
    voice: str
    model: str
    """Synthesizer and version, such as ``espeak-ng/1.52``."""
    settings: str
    """Canonical JSON of everything else that changes the sound (speed, loudness target...)."""
    duration_ms: int

    def name(self, audio_format: AudioFormat) -> str:
        """Content name (sha256, hex) of this clip in one wire format."""
        parts = [self.text, self.voice, self.model, self.settings, audio_format.name]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ClipAudio:
    """A clip's bytes in one wire format, ready to send.

    ``payload`` is headerless samples; for opus it is a run of packets of 20 ms, each after
    its length as two bytes, big-endian.
    """

    payload: bytes
    duration_ms: int
