"""Recordings of people: where their turns begin and end, and where they pause in them.

Times were taken from the level of the sound and from what is said. The recordings are not ours to
ship (``tests.support.data``).
"""

from __future__ import annotations

import wave
from dataclasses import dataclass

from tests.support.data import shared_data


@dataclass(frozen=True, slots=True)
class Recorded:
    """A turn in a recording; seconds from its beginning."""

    file: str
    begin: float
    end: float
    pauses: tuple[float, ...] = ()


TURNS = (
    Recorded("katie-and-steve.wav", 0.2, 0.95),
    Recorded("katie-and-steve.wav", 2.01, 2.85),
    Recorded("katie-and-steve.wav", 3.88, 11.37, (7.90, 9.34, 9.91, 10.50)),
    Recorded("katie-and-steve.wav", 12.37, 20.28, (12.88, 16.38)),
    Recorded("katie-and-steve.wav", 21.33, 23.73),
    Recorded("katie-and-steve.wav", 24.71, 25.51),
    Recorded("katie-and-steve.wav", 26.50, 28.55, (27.28,)),
    Recorded("lv0870.wav", 0.0, 6.75),
    Recorded("lv0880.wav", 0.0, 2.77),
    Recorded("lv0930.wav", 0.0, 2.93),
    Recorded("whats-the-weather-like.wav", 0.0, 1.16),
)
CUTS = (0.3, 0.5, 0.7)
"""Shares of a turn at which its speaker is broken off in mid-word or between words."""
BEFORE = 0.5


@dataclass(frozen=True, slots=True)
class Silences:
    """What was heard by each end of a turn, by each pause in one, and where turns were cut."""

    ends: list[bytes]
    pauses: list[bytes]
    cuts: list[bytes]


def people(silence: float) -> Silences | None:
    """PCM16 at 16 kHz up to so many seconds into each silence; None without the recordings."""
    folder = shared_data()
    if folder is None:
        return None
    found = Silences([], [], [])
    for turn in TURNS:
        with wave.open(str(folder / "audio" / turn.file)) as file:
            rate, sound = file.getframerate(), file.readframes(file.getnframes())
        first = int(max(0.0, turn.begin - BEFORE) * rate) * 2

        def until(at: float, first: int = first, sound: bytes = sound, rate: int = rate) -> bytes:
            last = int((at + silence) * rate) * 2
            return sound[first:last] + bytes(max(0, last - len(sound)))

        found.ends.append(until(turn.end))
        found.pauses.extend(until(at) for at in turn.pauses)
        spoken = turn.end - turn.begin
        for share in CUTS:
            cut = int((turn.begin + share * spoken) * rate) * 2
            found.cuts.append(sound[first:cut] + bytes(int(silence * rate) * 2))
    return found
