"""One sentence that is listened to outside of any call: its words so far, and when it is over.

Voice and words go in, deadlines come out; ``now`` is passed in, in seconds. The recogniser may cut
the sentence into several finals: they are joined.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from gateway.ports.speech_in import Heard

NOTHING_S = 8.0
"""Seconds in which somebody has to begin to speak."""
PAUSE_S = 1.0
"""Seconds of silence after which the sentence is over: a speaker who thinks pauses for less."""
FINAL_S = 5.0
"""Seconds that the recogniser has for its final; without one the last partial stands."""


class Stage(Enum):
    """The place of a sentence in its life, in this order but for a pause that was none."""

    WAITING = "waiting"
    """Nobody has spoken: SPEAKING, or ENDING when nobody does."""
    SPEAKING = "speaking"
    """Somebody speaks: PAUSED; ENDING if it is stopped."""
    PAUSED = "paused"
    """Somebody has spoken: SPEAKING, ENDING, or OVER when the recogniser has its final."""
    ENDING = "ending"
    """The final is waited for: OVER."""
    OVER = "over"


class Sentence:
    """A sentence as it is heard. ``finish`` is called once, when a final is wanted."""

    def __init__(self, finish: Callable[[], None], now: float) -> None:
        self._finish = finish
        self._finals: list[str] = []
        self._partial = ""
        self.stage = Stage.WAITING
        self.deadline: float | None = now + NOTHING_S
        """The moment at which ``due`` is to be called; None: there is none to come."""

    @property
    def text(self) -> str:
        """The words so far."""
        return " ".join(part for part in (*self._finals, self._partial) if part)

    @property
    def over(self) -> bool:
        """The text will not change."""
        return self.stage is Stage.OVER

    def voice(self, speaking: bool, now: float) -> None:
        """Somebody began or stopped to speak."""
        if self.stage in (Stage.ENDING, Stage.OVER):
            return
        if speaking:
            self.stage, self.deadline = Stage.SPEAKING, None
        elif self.stage is Stage.SPEAKING:
            self.stage, self.deadline = Stage.PAUSED, now + PAUSE_S

    def hear(self, heard: Heard) -> None:
        """Take a transcript."""
        if self.over:
            return
        text = heard.text.strip()
        if not heard.final:
            self._partial = text
            return
        self._partial = ""
        if text:
            self._finals.append(text)
        if self.stage is Stage.ENDING or (self.stage is Stage.PAUSED and text):
            self.end()

    def stop(self, now: float) -> None:
        """Have the final of what was said so far."""
        if self.stage not in (Stage.ENDING, Stage.OVER):
            self.stage, self.deadline = Stage.ENDING, now + FINAL_S
            self._finish()

    def due(self, now: float) -> None:
        """The deadline has passed."""
        if self.stage is Stage.PAUSED:
            self.stop(now)
        else:
            self.end()

    def end(self) -> None:
        """No more words come."""
        self.stage, self.deadline = Stage.OVER, None
