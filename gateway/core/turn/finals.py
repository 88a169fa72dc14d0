"""Which turn a recogniser's final text belongs to.

Finals come in the order they were asked for. A turn may be resolved without its final (it came
too late); when it comes after all it must not be taken for new words, least of all for an
interruption of the answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from gateway.core.actions import Action, FinishUtterance, TellTranscript
from gateway.core.events import Utterance

NOBODY = 0
"""Stands in place of a turn's number for finals that are to be thrown away."""


class Finals:
    """Turns that asked the recogniser for a final and have not got it. ``recogniser``: it is ours;
    clients that recognise for themselves are asked for nothing and know what they heard."""

    def __init__(self, *, recogniser: bool) -> None:
        self._recogniser = recogniser
        self._turns: deque[int] = deque()

    def asked(self, actions: Iterable[Action]) -> None:
        """Count the finals that are asked for on behalf of a turn."""
        for action in actions:
            if isinstance(action, FinishUtterance) and action.turn != NOBODY:
                self._turns.append(action.turn)

    def unheard(self) -> list[Action]:
        """Nobody waits for these words; they must not stand before those of the next turn."""
        if not self._recogniser:
            return []
        self._turns.append(NOBODY)
        return [FinishUtterance(turn=NOBODY)]

    def told(self, utterance: Utterance, *, final: bool) -> list[Action]:
        """Tell the client what was heard."""
        if not self._recogniser:
            return []
        return [TellTranscript(text=utterance.text, final=final)]

    def stale(self, turn: int | None) -> bool:
        """Return whether what comes now belongs to a turn other than the running one."""
        return bool(self._turns) and self._turns[0] != turn

    def arrive(self, turn: int | None) -> bool:
        """Count off a final; True if it is too late to matter."""
        late = self.stale(turn)
        if self._turns:
            self._turns.popleft()
        return late
