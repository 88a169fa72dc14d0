"""Recordings of people: where their turns begin and end, and where they pause in them.

Times were taken from the level of the sound and from what is said; words are taken to be spread
evenly over what is said without a pause. The recordings are not ours to ship
(``tests.support.data``).
"""

from __future__ import annotations

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.support.data import shared_data
from tests.support.spoken import telephone
from tests.support.spoken.telephone import RATE
from tests.support.spoken.turns import LEAD, TAIL, SpokenTurn, over


@dataclass(frozen=True, slots=True)
class Recorded:
    """A turn in a recording; seconds from its beginning."""

    file: str
    begin: float
    end: float
    says: tuple[str, ...]
    """What is said before each pause, and behind the last."""
    pauses: tuple[float, ...] = ()


TURNS = (
    Recorded("katie-and-steve.wav", 0.2, 0.95, ("good morning steve",)),
    Recorded("katie-and-steve.wav", 2.01, 2.85, ("good morning katie",)),
    Recorded(
        "katie-and-steve.wav",
        3.88,
        11.37,
        (
            "have you tried the latest real time diarization in microsoft speech service",
            "which can tell you",
            "who said",
            "what",
            "in real time",
        ),
        (7.90, 9.34, 9.91, 10.50),
    ),
    Recorded(
        "katie-and-steve.wav",
        12.37,
        20.28,
        (
            "not yet",
            "i've been using the batch transcription with diarization functionality",
            "but it produces diarization results after the whole audio is processed",
        ),
        (12.88, 16.38),
    ),
    Recorded(
        "katie-and-steve.wav", 21.33, 23.73, ("is the new feature able to diarize in real time",)
    ),
    Recorded("katie-and-steve.wav", 24.71, 25.51, ("absolutely",)),
    Recorded(
        "katie-and-steve.wav",
        26.50,
        28.55,
        ("that's exciting", "let me try it right now"),
        (27.28,),
    ),
    Recorded(
        "lv0870.wav",
        0.0,
        6.75,
        (
            "and mister john dashwood had then leisure to consider how much there might be "
            "prudently in his power to do for them",
        ),
    ),
    Recorded("lv0880.wav", 0.0, 2.77, ("he was not an ill disposed young man",)),
    Recorded("lv0930.wav", 0.0, 2.93, ("he might even have been made amiable himself",)),
    Recorded("whats-the-weather-like.wav", 0.0, 1.16, ("what's the weather like",)),
)
LINES = ("clean", "telephone", "loss-1", "line-20")
"""Each turn is heard over each of them."""
QUIET = 0.3
"""Seconds that a pause is taken to last, for the times of the words behind it."""
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


def said_by_people(seed: int) -> Iterator[SpokenTurn]:
    """Each turn, over each of the lines; none without the recordings."""
    folder = shared_data()
    if folder is None:
        return
    for number, turn in enumerate(TURNS):
        for line, condition in enumerate(LINES):
            rng = np.random.default_rng((seed, 3, number, line))
            yield over(_spoken(turn, folder), condition, rng)


def _spoken(turn: Recorded, folder: Path) -> SpokenTurn:
    with wave.open(str(folder / "audio" / turn.file)) as file:
        assert file.getframerate() == RATE
        file.setpos(int(turn.begin * RATE))
        sound = telephone.floats(file.readframes(int((turn.end - turn.begin) * RATE)))
    quiet = [np.zeros(int(seconds * RATE)) for seconds in (LEAD, TAIL)]
    pauses = [LEAD + at - turn.begin for at in turn.pauses]
    end = LEAD + turn.end - turn.begin
    begins = [LEAD, *(at + QUIET for at in pauses)]
    words: list[tuple[str, float]] = []
    for text, begin, until in zip(turn.says, begins, [*pauses, end], strict=True):
        said = text.split()
        each = (until - begin) / len(said)
        words += [(word, 1000 * (begin + each * n)) for n, word in enumerate(said, 1)]
    return SpokenTurn(
        kind="pause" if pauses else "whole",
        condition="clean",
        text=" ".join(turn.says),
        pcm=telephone.pcm(np.concatenate([quiet[0], sound, quiet[1]])),
        words=tuple(words),
        pauses=tuple((at, at + QUIET) for at in pauses),
        end=end,
    )
