"""The time that agents have lately taken to their first words, and voices to their first sound.

From the two it is foretold when the next answer will be heard, so that nobody is told to wait for
what is about to come. Kept by who is asked, for the whole process: a call alone has too few turns.
"""

from __future__ import annotations

from collections import deque
from statistics import median

KEPT = 20
"""Answers looked back on."""
ENOUGH = 3
"""Answers from which something can be foretold."""


class FirstSounds:
    """Seconds to the first words, and from these to the first sound, by who answers."""

    def __init__(self) -> None:
        self._words: dict[str, deque[float]] = {}
        self._sounds: dict[str, deque[float]] = {}

    def worded(self, who: str, seconds: float) -> None:
        """An answer's first words took so long, from when it was asked for."""
        self._words.setdefault(who, deque(maxlen=KEPT)).append(seconds)

    def sounded(self, who: str, seconds: float) -> None:
        """Their sound took so long."""
        self._sounds.setdefault(who, deque(maxlen=KEPT)).append(seconds)

    def expected(self, who: str, asked: float = 0.0, *, voiced: bool = False) -> float | None:
        """Seconds until the first sound of an answer that was asked for so long ago; None if too
        little is known. ``voiced``: its voice begins as soon as there are words, not when they are
        wanted."""
        words, sounds = self._words.get(who, ()), self._sounds.get(who, ())
        if min(len(words), len(sounds)) < ENOUGH:
            return None
        if voiced:
            return max(0.0, median(words) + median(sounds) - asked)
        return max(0.0, median(words) - asked) + median(sounds)
