"""The end of the caller's turn, by the sound of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class TurnEnd(Protocol):
    """A judge of whether a turn is over that listens to nothing but its sound."""

    seconds: float
    """The sound that it takes into account, at most."""

    def judge(self, turns: Sequence[bytes]) -> list[float]:
        """The probability, 0 to 1, that each is over. PCM16 mono at 16 kHz, the turn so far with
        the silence at its end. Blocks for as long as it takes; called in a thread."""
