"""What a telephone, a room and a network do to speech.

Everything is drawn from a generator that is passed in, so that a seed gives the same sound again.
Sound is PCM16 at 16 kHz, as floats between -32,768 and 32,767.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]

RATE = 16_000
LOW, HIGH = 300.0, 3400.0
"""Hertz that a telephone lets through."""
EDGE = 60.0
"""Hertz over which it fades."""
PACKET = RATE * 20 // 1000
MU = 255.0
FULL = 32_767.0


def band(sound: Sound) -> Sound:
    """Only what a telephone lets through, without delay."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    rising = np.clip((hertz - LOW + EDGE) / EDGE, 0.0, 1.0)
    falling = np.clip((HIGH + EDGE - hertz) / EDGE, 0.0, 1.0)
    heard: Sound = np.fft.irfft(spectrum * rising * falling, len(sound))
    return heard


def mulaw(sound: Sound) -> Sound:
    """There and back through eight bits at 8 kHz. Every other sample is dropped, and comes back as
    the mean of its neighbours: of sound that is within the band nothing is folded."""
    narrow = sound[::2] / FULL
    steps = np.sign(narrow) * np.log1p(MU * np.abs(np.clip(narrow, -1, 1))) / np.log1p(MU)
    steps = np.round(steps * 127) / 127
    decoded = np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(MU)) / MU * FULL
    back: Sound = np.interp(np.arange(len(sound)), np.arange(len(decoded)) * 2, decoded)
    return back


def telephone(sound: Sound) -> Sound:
    """The whole way: band and eight bits."""
    return mulaw(band(sound))


def line_noise(length: int, rng: np.random.Generator) -> Sound:
    """Hiss, stronger at low frequencies, with hum of 50 Hz and its harmonics."""
    spectrum = np.fft.rfft(rng.normal(size=length))
    hertz = np.maximum(np.fft.rfftfreq(length, 1 / RATE), 20.0)
    hiss = np.fft.irfft(spectrum / np.sqrt(hertz), length)
    time = np.arange(length) / RATE
    hum = sum(np.sin(2 * np.pi * 50 * k * time) / k for k in (2, 4, 6, 8))
    noise: Sound = hiss / hiss.std() + 0.3 * hum
    return noise


def babble(length: int, voices: list[Sound], rng: np.random.Generator) -> Sound:
    """All the voices at once, each over and over from a place of its own."""
    mixed = np.zeros(length)
    for voice in voices:
        long = np.tile(voice, -(-length // len(voice)) + 1)
        start = int(rng.integers(0, len(voice)))
        mixed += long[start : start + length]
    return mixed


def at_ratio(sound: Sound, noise: Sound, decibels: float) -> Sound:
    """The speech with that noise under it. The level of speech is that of its loud half, so that
    pauses do not count."""
    blocks = sound[: len(sound) // PACKET * PACKET].reshape(-1, PACKET)
    power = np.sort((blocks**2).mean(axis=1))[len(blocks) // 2 :].mean()
    wanted = power / 10 ** (decibels / 10)
    mixed: Sound = sound + noise * np.sqrt(wanted / max((noise**2).mean(), 1e-9))
    return mixed


@dataclass(frozen=True, slots=True)
class Loss:
    """Gilbert's model: packets are lost in runs."""

    share: float
    """Of packets, 0 to 1."""
    run: float = 2.0
    """Packets of a run, on average."""

    def lost(self, packets: int, rng: np.random.Generator) -> list[bool]:
        """Which packets do not come."""
        ends = 1 / self.run
        begins = ends * self.share / (1 - self.share)
        found, gone = [], False
        for draw in rng.random(packets):
            gone = draw >= ends if gone else draw < begins
            found.append(gone)
        return found

    def spoil(self, sound: Sound, rng: np.random.Generator) -> Sound:
        """The sound with silence in place of what did not come."""
        spoilt = sound.copy()
        for number, gone in enumerate(self.lost(-(-len(sound) // PACKET), rng)):
            if gone:
                spoilt[number * PACKET : (number + 1) * PACKET] = 0.0
        return spoilt


@dataclass(frozen=True, slots=True)
class Late:
    """Packets that are held up in runs, by Gilbert's model, and then come all at once, in order."""

    share: float
    """Of packets, 0 to 1."""
    run: float = 6.0
    """Packets of a run, on average."""

    def delays(self, packets: int, rng: np.random.Generator) -> tuple[float, ...]:
        """Seconds by which each packet is late: until the one after its run comes."""
        held = Loss(self.share, self.run).lost(packets, rng)
        found, wait = [0.0] * packets, 0.0
        for number in range(packets - 1, -1, -1):
            wait = wait + PACKET / RATE if held[number] else 0.0
            found[number] = wait
        return tuple(found)


def pcm(sound: Sound) -> bytes:
    """As it goes over the wire."""
    return np.clip(np.round(sound), -32_768, 32_767).astype("<i2").tobytes()


def floats(data: bytes) -> Sound:
    """The same back."""
    return np.frombuffer(data, "<i2").astype(np.float64)
