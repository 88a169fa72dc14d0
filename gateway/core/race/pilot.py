"""The knowledge that all races of one pair (or more) of providers share: which goes first, when the
second starts, what that may cost, which is left alone, and the account of it.

A race asks for a plan, reports what it saw, and asks again before every extra call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.core.race.attempts import AttemptFailure, Hedging, Provider
from gateway.core.race.breaker import Breaker, Fitness
from gateway.core.race.choice import Chooser
from gateway.core.race.pacing import Pacer


class Why(StrEnum):
    """The reasons for an extra call."""

    HEDGE = "hedge"
    RESCUE = "rescue"
    """A hedge without a call in the bucket."""
    FAILOVER = "failover"
    PROBE = "probe"
    """Both at once: there is no news of the other, or it is on trial."""


@dataclass(frozen=True, slots=True)
class RacePlan:
    """The plan with which a race begins."""

    first: int
    second: int | None
    """The provider that is started together with the first."""
    delay: float
    """Seconds of silence after which the other is started."""


@dataclass(slots=True)
class Spent:
    """The account, since the pilot was made."""

    races: int = 0
    calls: dict[Why, int] = field(default_factory=lambda: dict.fromkeys(Why, 0))
    """Extra calls, second attempts, by what they were made for."""
    denied: int = 0
    """Hedges that had to wait for their rescue: the bucket was empty."""
    extra_tokens: int = 0
    """Billed for attempts whose answer was not used."""
    dropped_calls: int = 0
    """Calls for speculations that nobody wanted; they are not among the extra calls."""
    dropped_tokens: int = 0
    late: int = 0
    """Pieces that came after their attempt was cancelled. None is ever delivered."""
    abandoned: int = 0
    """Attempts that did not close in time."""

    @property
    def extra_calls(self) -> int:
        """The number of extra calls of every kind."""
        return sum(self.calls.values())


class Pilot:
    """Shared by races that may run at the same time. Providers in the order of preference."""

    def __init__(self, providers: Sequence[Provider], settings: Hedging) -> None:
        if not providers:
            raise ValueError("no provider to ask")
        self.providers = tuple(providers)
        self.settings = settings
        self.spent = Spent()
        self.pacer = Pacer(len(providers), settings)
        self.chooser = Chooser(len(providers), settings)
        self._breakers = [Breaker(settings) for _ in providers]
        self._all = tuple(range(len(providers)))
        self._calm = True  # every breaker is: the common case, and the quick one

    def plan(self, now: float) -> RacePlan | None:
        """Begin a race; None: nobody may be asked."""
        self.spent.races += 1
        self.pacer.earn()
        fit, trials = self._sorted(now)
        if not fit and not trials:
            return None
        first, _ = self.chooser.pick(fit or trials[:1])
        second = None
        if len(self._all) > 1 and self.pacer.may_hedge():
            second = trials[0] if fit and trials else self.chooser.stale(fit)
            if second == first:
                second = None
        return RacePlan(first, second, self.pacer.delay(first))

    def other(self, first: int, now: float) -> int | None:
        """Return who can be started beside that one now."""
        fit, trials = self._sorted(now)
        for some in (fit, trials):
            others = [one for one in some if one != first]
            if others:
                return min(others, key=self.chooser.usual)
        return None

    def fitness(self, provider: int, now: float) -> Fitness:
        """Return whether it may be asked now."""
        return self._breakers[provider].fitness(now)

    def _sorted(self, now: float) -> tuple[Sequence[int], Sequence[int]]:
        if self._calm:
            return self._all, ()
        states = [one.fitness(now) for one in self._breakers]
        fit = [one for one in self._all if states[one] is Fitness.FIT]
        return fit, [one for one in self._all if states[one] is Fitness.TRIAL]

    # --- extra calls -------------------------------------------------------------------------

    def may_start(self, *, long: bool) -> Why | None:
        """Return whether the other may be started after the delay, or after the ``long`` silence
        that calls for rescue, and as what. Nothing is spent before ``spend``."""
        if self.pacer.may_hedge():
            return Why.HEDGE
        if long:
            return Why.RESCUE if self.pacer.may_rescue() else None
        self.spent.denied += 1
        return None

    def spend(self, why: Why) -> None:
        """A second attempt is started."""
        self.spent.calls[why] += 1
        self.pacer.spend()

    # --- what was seen -----------------------------------------------------------------------

    def started(self, provider: int) -> None:
        """An attempt was started."""
        if not self._calm:
            self._breakers[provider].started()

    def answered(self, provider: int, seconds: float) -> None:
        """Note that the provider's first usable piece has come."""
        self.chooser.took(provider, seconds)
        if not self._calm:
            self._breakers[provider].answered()
            self._calm = all(one.calm for one in self._breakers)

    def cut(self, provider: int, seconds: float, now: float) -> None:
        """Note that the attempt was cancelled after that many seconds without a usable piece."""
        self.chooser.outlasted(provider, seconds)
        if not self._calm:
            self._breakers[provider].inconclusive(now)

    def failed(
        self,
        provider: int,
        reason: AttemptFailure,
        retry_after: float | None,
        now: float,
        *,
        begun: bool,
    ) -> None:
        """Note that the attempt failed before its first usable piece, or in the middle of its
        answer (``begun``)."""
        if not begun and reason is not AttemptFailure.RATE_LIMITED:
            self.chooser.failed(provider)
        self._breakers[provider].failed(reason, retry_after, now)
        self._calm = False
