"""The counts kept of races: providers asked, time to answer, and extra cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gateway.core.race.pilot import Pilot, Spent, Why
from gateway.ports.models import Usage


class RaceWatcher(Protocol):
    """A counter of races. Called on the event loop; its methods must not block."""

    def attempted(self, provider: str) -> None:
        """A request was sent."""

    def failed(self, provider: str, reason: str) -> None:
        """An attempt at this provider failed or broke off."""

    def answered(self, provider: str, model: str, seconds: float) -> None:
        """This provider won, with that model; ``seconds`` from the answer being wanted to its first
        usable piece."""

    def ended(self, outcome: str) -> None:
        """A race has its end: ``whole``, ``broken``, ``failed`` or ``dropped``."""

    def used(self, provider: str, usage: Usage) -> None:
        """A provider reported the tokens of an answer."""

    def spent(
        self, calls: Mapping[Why, int], lost_tokens: int, dropped: int, dropped_tokens: int
    ) -> None:
        """Further costs since the last report: extra calls; the estimated tokens of attempts whose
        answer was not used; dropped speculations, and their tokens."""


class SpendingReport:
    """Tells a watcher what a pilot has spent, as differences."""

    def __init__(self, pilot: Pilot, watcher: RaceWatcher) -> None:
        self._pilot = pilot
        self._watcher = watcher
        self._told = _copy(pilot.spent)

    def tell(self) -> None:
        """Tell what is new, if anything is."""
        now, told = self._pilot.spent, self._told
        calls = {why: now.calls[why] - told.calls[why] for why in Why}
        tokens = now.extra_tokens - told.extra_tokens
        dropped = now.dropped_calls - told.dropped_calls
        if any(calls.values()) or tokens or dropped:
            dropped_tokens = now.dropped_tokens - told.dropped_tokens
            self._watcher.spent(calls, tokens, dropped, dropped_tokens)
            self._told = _copy(now)


def _copy(spent: Spent) -> Spent:
    return Spent(
        calls=dict(spent.calls),
        extra_tokens=spent.extra_tokens,
        dropped_calls=spent.dropped_calls,
        dropped_tokens=spent.dropped_tokens,
    )
