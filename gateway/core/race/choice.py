"""The choice of the provider that is asked first.

The primary is the one that was, until there is strong evidence that it is slower than the other:
for each of its answers, how much longer it took (in ln seconds) than the other usually takes, and
a margin, is added up, never below nothing (Page's CUSUM, 1954). Ordinary noise drains away, a
change piles up within a handful of answers. Comparing two moving averages instead changes the
primary for nothing now and then, and costs 6 to 8 % of the p99 where nothing ever changes.

What the other usually takes is learned from the hedges, which are observations of it that cost
nothing extra. An attempt that was cut when the winner answered still tells that it would have
taken longer: it counts as what a log-normal of the known level takes on average beyond that.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, log, pi, sqrt

from gateway.core.race.attempts import Hedging

FAST, SLOW = 0.1, 0.02
"""Weights of a new observation: of the rival, seen seldom; of the primary, seen always."""
FAILED = log(3.0)
"""A failure counts as an answer after 3 s."""
MOST = 2.5
"""The most evidence one answer can give: five stalled answers in a row change the primary, one
does not."""
KNOWN = 5
"""Observations from which on a rival's level is worth comparing with."""
FIRST_PROBES = 20
"""Races between the probes of a rival not yet known."""


def beyond(z: float) -> float:
    """Mean of a standard normal above ``z`` (the inverse Mills ratio)."""
    if z > 8.0:
        return z + 1.0 / z  # the tail's expansion; erfc would soon be nothing
    return sqrt(2.0 / pi) * exp(-0.5 * z * z) / erfc(z / sqrt(2.0))


class Chooser:
    """The record of all providers, numbered from 0 in the order of preference."""

    def __init__(self, count: int, settings: Hedging) -> None:
        self._settings = settings
        self._levels = [log(settings.first_delay)] * count
        self._seen = [0] * count
        self._news = [0] * count  # race of the last observation
        self._races = 0
        self._rival: int | None = None
        self._doubt = 0.0
        self._doubts = 0  # answers it was gathered from
        self.primary = 0
        self.changes = 0

    def usual(self, provider: int) -> float:
        """Return what it takes at present: the median TTFT, seconds."""
        return exp(self._levels[provider])

    def pick(self, fit: Sequence[int]) -> tuple[int, int | None]:
        """Return who of those that are fit (at least one) is asked first, and who second."""
        self._races += 1
        levels = self._levels
        first = self.primary if self.primary in fit else min(fit, key=levels.__getitem__)
        others = [one for one in fit if one != first]
        second = min(others, key=levels.__getitem__) if others else None
        self._rival = second if first == self.primary else None
        return first, second

    def stale(self, fit: Sequence[int]) -> int | None:
        """One of those, not the primary, that there has been no news of for too long."""
        for one in fit:
            patience = self._settings.probe_after if self._seen[one] >= KNOWN else FIRST_PROBES
            if one != self.primary and self._races - self._news[one] > patience:
                return one
        return None

    def took(self, provider: int, seconds: float) -> None:
        """Note that the provider's first usable piece took that many seconds."""
        self._note(provider, log(max(seconds, 1e-3)))

    def failed(self, provider: int) -> None:
        """Note that the provider failed."""
        self._note(provider, FAILED)

    def outlasted(self, provider: int, seconds: float) -> None:
        """Note that the provider was cancelled after that many seconds without a usable piece."""
        cut, level, spread = log(max(seconds, 1e-3)), self._levels[provider], self._settings.spread
        self._note(provider, level + spread * beyond((cut - level) / spread), news=cut > level)

    def _note(self, provider: int, value: float, *, news: bool = True) -> None:
        seen = self._seen[provider] = self._seen[provider] + news
        if news:
            self._news[provider] = self._races
        weight = SLOW if provider == self.primary else FAST
        self._levels[provider] += max(weight, 1.0 / (seen + 2)) * (value - self._levels[provider])
        if provider == self.primary:
            self._weigh(value)

    def _weigh(self, value: float) -> None:
        rival = self._rival
        if rival is None or self._seen[rival] < KNOWN:
            return
        threshold = self._levels[rival] + self._settings.margin
        self._doubt += min(MOST, value - threshold)
        self._doubts += 1
        if self._doubt <= 0.0:
            self._doubt, self._doubts = 0.0, 0
        elif self._doubt > self._settings.evidence:
            # what it took since the change, not since ever: the way back is judged by it
            self._levels[self.primary] = threshold + self._doubt / self._doubts
            self._doubt, self._doubts = 0.0, 0
            self.primary, self.changes = rival, self.changes + 1
            self._rival = None
