"""The sections ``[playout]`` and ``[render]``: how sound is sent, and how clips are made."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.settings.schema.reading import MS, S, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayoutSettings:
    """Sending of sound."""

    message_ms: int = setting(40, unit=MS, low=20, high=1000)
    """Sound in one binary message: shorter stops sooner, longer costs less."""
    lead_ms: int = setting(400, unit=MS, low=20, high=10_000)
    """The time by which sound is sent ahead of the listener to a client that plays as it comes."""
    mark_every_ms: int = setting(250, unit=MS, low=20, high=5000)
    """Distance of the marks that tell what has been heard; carriers take one per 200 to 500 ms."""
    send_timeout_s: float = setting(5.0, unit=S, low=0.1, high=120)
    """A client that takes nothing for this long is gone, and its call is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSettings:
    """Rendering of clips."""

    loudness_lufs: float = setting(-19.0, unit="LUFS", low=-40, high=-10)
    """Every clip is levelled to this loudness; -19 for one channel is as loud as -16 for two."""
    workers: int = setting(0, low=0, high=256)
    """Clips rendered at the same time; 0: one per core."""
