"""Speech on its way out: voices that render a whole text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Speech:
    """Synthesised sound before trimming and levelling."""

    samples: bytes
    """PCM16, little-endian, mono."""
    sample_rate: int


class Synthesizer(Protocol):
    """Text to speech."""

    @property
    def model(self) -> str:
        """Name and version, part of every clip's name."""

    @property
    def settings(self) -> str:
        """Canonical JSON of what else changes the sound."""

    def stream(self, text: str, voice: str, locale: str) -> Iterator[Speech]:
        """Sound in pieces as it is made. Raises ``gateway.errors.ProviderFailed``."""
