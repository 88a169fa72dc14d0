"""The budget for answers begun before the caller has finished."""

from __future__ import annotations


class Purse:
    """Every answer that is wanted earns a share of a call; every dropped speculation costs one.

    In the long run no more are dropped than ``share`` per answer, whatever the callers do.
    """

    DEEPEST = 20.0
    """Calls that can be saved up."""

    def __init__(self, share: float) -> None:
        """``share``: dropped calls per answer, 0 (never speculate) or more."""
        self.share = share
        self._saved = self.DEEPEST / 2 if share > 0 else 0.0
        self._begun = 0  # and not ended

    def may_begin(self) -> bool:
        """Return whether one more speculation may be begun, assuming that all open ones will be
        dropped.
        """
        return self._saved - self._begun >= 1

    def begun(self) -> None:
        """A speculation was begun."""
        self._begun += 1

    def ended(self, *, wasted: bool) -> None:
        """A speculation is wanted, or has cost a call for nothing."""
        self._begun -= 1
        if wasted:
            self._saved -= 1

    def answered(self) -> None:
        """An answer was wanted, speculated on or not."""
        self._saved = min(self.DEEPEST, self._saved + self.share)
