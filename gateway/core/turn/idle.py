"""A call in which nothing happens: asked about once, then ended."""

from __future__ import annotations


class Idle:
    """A count of the seconds in which nobody has spoken."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since = 0.0
        self._asked = False

    @property
    def at(self) -> float:
        """Return when it has been too long."""
        return self._since + self._patience

    def touch(self, now: float) -> None:
        """Something ended just now; the wait begins again."""
        self._since = now

    def spoke(self, now: float) -> None:
        """The caller is there."""
        self._since, self._asked = now, False

    def give_up(self, now: float) -> bool:
        """The silence has lasted too long: True if the caller has been asked already."""
        asked, self._asked, self._since = self._asked, True, now
        return asked
