"""The pacing of second attempts: when one starts, and whether it may.

The delay of each provider follows the event "still silent at the delay", which is seen in every
race, also in those whose loser is cut: where it happens more often than wanted the delay grows,
else it shrinks (stochastic approximation, on the logarithm). Percentiles of finished requests
would be those of the winners only.

How often it is wanted is steered by what was spent. Every race earns ``budget`` of a call, less
a little; every extra call of whatever kind costs one. The bucket is deep and starts half full:
above the half the delays aim at more extra calls, below it at fewer, and so the long run meets
the budget whatever the failovers take. A hedge needs a call in the bucket. Past
``rescue_after`` it does not: the bucket then goes into debt, down to ``debt``. Failovers are
never refused.
"""

from __future__ import annotations

from math import exp

from gateway.core.race.attempts import Hedging

AIM = 0.99
"""Share of the budget aimed at: what is left over covers a bucket that ends below its half."""
CORRECTION = 0.4
"""The strength with which the target follows the bucket: at a full or an empty one it is 1.4 or 0.6
times the aim (and further down in debt). Small, for a delay takes some hundred races to follow."""
LEAST = 0.2
"""The target never falls below this share of the aim: the delay could not come back."""
FIRST_STEP = 0.1
"""The longest step, of the first races."""


class Pacer:
    """Delays and budget, shared by all races. Providers are numbered from 0."""

    def __init__(self, count: int, settings: Hedging) -> None:
        self._settings = settings
        self._aim = AIM * settings.budget
        self._half = settings.depth / 2
        self._delays = [settings.first_delay] * count
        self._tries = [0] * count
        self.level = self._half
        """Extra calls in the bucket; negative is debt."""

    def earn(self) -> None:
        """A race begins."""
        self.level = min(self._settings.depth, self.level + self._aim)

    @property
    def target(self) -> float:
        """The share of races that are to find the primary silent at its delay."""
        pull = 1.0 + CORRECTION * (self.level - self._half) / self._half
        return self._aim * max(LEAST, pull)

    @property
    def latest(self) -> float:
        """The delay at which a rescue needs no call in the bucket."""
        settings = self._settings
        return settings.rescue_after if self.may_rescue() else settings.max_delay

    def delay(self, provider: int) -> float:
        """Seconds to give this primary."""
        return min(self._delays[provider], self.latest)

    def may_hedge(self) -> bool:
        """Return whether there is a call in the bucket."""
        return self.level >= 1.0

    def may_rescue(self) -> bool:
        """Return whether the other may be started without one, the silence being long enough."""
        return self.level > -self._settings.debt

    def spend(self) -> None:
        """An extra call was started."""
        self.level -= 1.0

    def tried(self, provider: int, *, silent: bool) -> None:
        """The primary was, or was not, still silent after ``delay``. Once for every race."""
        delay, latest, settings = self._delays[provider], self.latest, self._settings
        if silent and delay > latest:
            return  # it was not watched as long as that
        tries = self._tries[provider] = self._tries[provider] + 1
        step = max(settings.step, min(FIRST_STEP, 1.0 / tries))
        longest = min(latest, settings.max_delay) if silent else settings.max_delay
        delay *= exp(step * ((1.0 if silent else 0.0) - self.target))
        self._delays[provider] = max(settings.min_delay, min(longest, delay))
