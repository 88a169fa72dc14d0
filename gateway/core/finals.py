"""Which turn a recogniser's final text belongs to.

Finals come in the order they were asked for. A turn may be resolved without its final (it came
too late); when it comes after all it must not be taken for new words, least of all for an
interruption of the answer.
"""

from __future__ import annotations

from collections import deque


class Finals:
    """Turns that asked the recogniser for a final and have not got it."""

    def __init__(self) -> None:
        self._turns: deque[int] = deque()

    def ask(self, turn: int) -> None:
        """A turn asks for its final."""
        self._turns.append(turn)

    def stale(self, turn: int | None) -> bool:
        """Whether what comes now belongs to a turn other than the running one."""
        return bool(self._turns) and self._turns[0] != turn

    def arrive(self, turn: int | None) -> bool:
        """Count off a final; True if it is too late to matter."""
        late = self.stale(turn)
        if self._turns:
            self._turns.popleft()
        return late
