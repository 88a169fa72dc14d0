"""The final text of a turn that is over, from when it is waited for.

It has ``stt_budget`` to come, and where not a word is known ``stt_patience`` more. Who has waited
so long, or is bound to since the recogniser is away, is not left in silence meanwhile. While the
recogniser is away a turn of which not a word is known goes on; how long that may take is the
call's to say.
"""

from __future__ import annotations

from gateway.core.policy import Policy


class LateText:
    """The wait for one turn's words. Its methods return when to call ``wake``."""

    def __init__(self, policy: Policy, *, away: bool) -> None:
        self.since: float | None = None
        """Since when the caller is to be told that somebody is there; None: not yet, or not any
        more."""
        self.covered = 0
        """The number of times that they were."""
        self._policy = policy
        self.away = away
        """The recogniser is."""
        self._due: float | None = None
        self._soon = 0.0  # the caller is told then, if the text is not due before
        self._overdue = False  # it has had its time, and was given more

    def expect(self, now: float) -> float:
        """The silence is long enough, and the text is missing."""
        self._due = self._soon = now + self._policy.stt_budget
        return self._cover_soon(now, self._due)

    def settle(self) -> None:
        """The text is there, or the caller speaks on, or there is nothing to be said."""
        self.since = self._due = None

    def wake(self, now: float, *, known: bool) -> float | None:
        """Return when to wake it next; None once the text has had all the time there is. ``known``:
        whether some words are there."""
        assert self._due is not None, "nothing is waited for"
        early = now < self._due
        if early or not known:
            self.since = now if self.since is None else self.since
        if early:
            return self._due
        if known or (self._overdue and not self.away):
            return None
        self._overdue = self._overdue or not self.away
        self._due = now + self._policy.stt_patience
        return self._due

    def left(self, now: float) -> float | None:
        """The recogniser is away. None here and in ``back``: no text is waited for."""
        self.away = True
        return None if self._due is None else self._cover_soon(now, self._due)

    def back(self, now: float, *, known: bool) -> float | None:
        """The recogniser has yet to hear what was said meanwhile: once in a turn it is given the
        time."""
        self.away = False
        if self._due is not None and not (known or self._overdue):
            self._overdue, self._due = True, now + self._policy.stt_patience
        return None if self._due is None else self._next(self._due)

    def _cover_soon(self, now: float, due: float) -> float:
        if self.away:
            self._soon = min(self._soon, now + self._policy.filler_after)
        return self._next(due)

    def _next(self, due: float) -> float:
        return due if self.since is not None else min(due, self._soon)
