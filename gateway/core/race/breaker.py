"""The circuit breaker of a provider.

CLOSED is the good state. After failures in a row it is OPEN and the provider is left alone;
then one trial call at a time is made, beside a provider that works if there is one. The trial's
success closes it, its failure opens it for twice as long. A trial that lost its race says
nothing: the next one waits as long as this one did. A provider that names the time itself
(429 with Retry-After) is left alone until then and needs no trial.
"""

from __future__ import annotations

from enum import Enum, auto

from gateway.core.race.attempts import AttemptFailure, Hedging


class Fitness(Enum):
    """The states of a breaker."""

    FIT = auto()
    TRIAL = auto()
    """For one call, and not alone if that can be helped."""
    UNFIT = auto()


class Breaker:
    """One provider's."""

    def __init__(self, settings: Hedging) -> None:
        self._settings = settings
        self._failures = 0  # in a row
        self._until = 0.0  # left alone until then
        self._open_for = 0.0  # 0: closed
        self._on_trial = False

    @property
    def calm(self) -> bool:
        """Nothing has gone wrong since its last answer: it is fit, and has nothing to forget."""
        return not (self._failures or self._until or self._open_for)

    def fitness(self, now: float) -> Fitness:
        """Return how it may be used now."""
        if now < self._until or self._on_trial:
            return Fitness.UNFIT
        return Fitness.TRIAL if self._open_for else Fitness.FIT

    def started(self) -> None:
        """An attempt has begun."""
        self._on_trial = self._open_for > 0

    def answered(self) -> None:
        """An attempt had a first usable piece."""
        self._failures, self._open_for, self._until, self._on_trial = 0, 0.0, 0.0, False

    def inconclusive(self, now: float) -> None:
        """An attempt was cancelled before it had said or failed."""
        if self._on_trial:
            self._on_trial, self._until = False, now + self._open_for

    def failed(self, reason: AttemptFailure, retry_after: float | None, now: float) -> None:
        """An attempt failed."""
        if reason is AttemptFailure.RATE_LIMITED and retry_after is not None:
            wait = min(max(0.0, retry_after), self._settings.retry_after_max)
            self._until, self._on_trial = max(self._until, now + wait), False
            return
        self._failures += 1
        longest = self._settings.breaker_open_max
        if self._on_trial:
            self._open_for = min(2 * self._open_for, longest)
        elif reason is AttemptFailure.REFUSED or self._failures >= self._settings.breaker_failures:
            self._open_for = self._open_for or min(self._settings.breaker_open, longest)
        else:
            return
        self._on_trial, self._until = False, max(self._until, now + self._open_for)
