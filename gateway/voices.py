"""Settings turned into what seeding takes: who speaks, and what the gateway itself says."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from cache_seed.render import Voicing
from cache_seed.sound import Treatment
from gateway.adapters.tts.espeak import EspeakSynthesizer
from gateway.settings import Settings


def voicing_of(settings: Settings) -> Voicing:
    """The configured voice; ``tts.provider`` has been checked to be a known one."""
    tts, render = settings.tts, settings.render
    return Voicing(
        factory=partial(EspeakSynthesizer, tts.voice, tts.speed_wpm),
        voice=tts.voice,
        treatment=Treatment(loudness_lufs=render.loudness_lufs),
        workers=render.workers,
    )


def lines_of(settings: Settings) -> dict[str, str]:
    """Name to text of the system lines; an empty one is not spoken."""
    return asdict(settings.lines)
