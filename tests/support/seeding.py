"""What tests of seeding share: a voice that obeys, a clip store in memory."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from cache_seed.render import Voicing
from cache_seed.sound import Treatment
from cache_seed.workers import Factory, Script, Sound, speak
from gateway.errors import ProviderFailed
from gateway.ports.sound import ClipAudio
from gateway.ports.speech_out import Speech

RATE = 16_000


@dataclass(frozen=True)
class Tone:
    """A synthesizer that whistles 20 ms per character; some words make it fail in various ways."""

    hz: float = 500.0

    @property
    def model(self) -> str:
        return "tone/1"

    @property
    def settings(self) -> str:
        return json.dumps({"hz": self.hz})

    def stream(self, text: str, voice: str, locale: str) -> Iterator[Speech]:
        if "(refuse)" in text:
            raise ProviderFailed(f"the voice {voice} refuses")
        if "(break)" in text:
            raise ZeroDivisionError("oops")
        if "(die)" in text:
            os._exit(9)
        if "(hang)" in text:
            threading.Event().wait()
        if "(silent)" in text:
            yield Speech(bytes(RATE), RATE)
            return
        if "(interrupt)" in text:
            raise KeyboardInterrupt
        for _ in range(len(text)):
            wave = np.sin(2 * np.pi * self.hz * np.arange(RATE // 50) / RATE)
            yield Speech((wave * 8000).astype("<i2").tobytes(), RATE)


def whistled(workers: int = 1, hz: float = 500.0) -> Voicing:
    """A voicing by ``Tone``."""
    return Voicing(factory=partial(Tone, hz), voice="flute", workers=workers)


class Here:
    """``Workers`` without processes: the same promises, in this one, last text first."""

    sizes: ClassVar[list[int]] = []
    """Sizes of the pools that were opened."""

    def __init__(self, size: int, factory: Factory, treatment: Treatment) -> None:
        self.sizes.append(size)
        self._synthesizer = factory()
        self._treatment = treatment

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def speak(self, scripts: Sequence[Script]) -> Iterator[tuple[int, Sound | str]]:
        for number, script in reversed(list(enumerate(scripts))):
            try:
                yield number, speak(self._synthesizer, script, self._treatment)
            except ProviderFailed as error:
                yield number, str(error)


class Clips:
    """``ClipStore`` in memory."""

    def __init__(self) -> None:
        self.stored: dict[str, ClipAudio] = {}
        self.puts = 0

    def has(self, names: Sequence[str]) -> set[str]:
        return {name for name in names if name in self.stored}

    def get(self, name: str) -> ClipAudio | None:
        return self.stored.get(name)

    def put(self, name: str, audio: ClipAudio) -> None:
        self.puts += 1
        self.stored[name] = audio
