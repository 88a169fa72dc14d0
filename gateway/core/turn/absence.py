"""A recogniser that is away for the moment, and for how long that is borne."""

from __future__ import annotations


class Absence:
    """A count of the seconds for which one call's recogniser has been away. A recogniser that comes
    and goes is borne no longer than one that stays away: only after ``patience`` seconds in which
    it was there is the rest forgotten."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: float | None = None
        self._spent = 0.0  # seconds of the absences before, since it was last steady
        self._back_at = 0.0

    @property
    def away(self) -> bool:
        """True if it is."""
        return self._since is not None

    @property
    def over_at(self) -> float | None:
        """Return when it has been away for too long."""
        return None if self._since is None else self._since + self._patience - self._spent

    def left(self, now: float) -> None:
        """The recogniser is gone; calling this again while it is away changes nothing."""
        if self._since is None:
            if now - self._back_at >= self._patience:
                self._spent = 0.0
            self._since = now

    def back(self, now: float) -> None:
        """The recogniser is there again."""
        if self._since is not None:
            self._spent += now - self._since
            self._since, self._back_at = None, now

    def forget(self) -> None:
        """Nobody waits for it any more."""
        self._since = None
