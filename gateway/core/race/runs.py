"""The attempts of one race: which are open, which are cancelled and not yet closed, and what
those that were cut have cost.

Every attempt ends in one of three ways: it says so itself (failed, finished), it is cancelled and
reports that it is closed, or it is abandoned because it did not in time.
"""

from __future__ import annotations

from math import inf

from gateway.core.actions import Action
from gateway.core.race.attempts import (
    AbandonAttempt,
    AttemptFailure,
    CancelAttempt,
    Size,
    StartAttempt,
)
from gateway.core.race.pilot import Pilot


class Attempt:
    """One request."""

    __slots__ = ("close_by", "failed", "judged", "open", "pieces", "provider", "started")

    def __init__(self, provider: int, now: float) -> None:
        self.provider = provider
        self.started = now
        self.open = True  # neither failed, finished nor cancelled
        self.judged = False  # the pilot knows what came of it
        self.failed = False  # by itself
        self.close_by = inf  # cancelled, and to be closed by then
        self.pieces = 0


class Runs:
    """The attempts of one race, two at most, numbered from 0 in the order of their start."""

    __slots__ = ("_pilot", "_race", "_size", "all")

    def __init__(self, race: int, pilot: Pilot, size: Size) -> None:
        self.all: list[Attempt] = []
        self._race = race
        self._pilot = pilot
        self._size = size

    def begin(self, provider: int, now: float) -> Action:
        """Start one."""
        assert len(self.all) < 2, "there is never a third attempt"
        self.all.append(Attempt(provider, now))
        self._pilot.started(provider)
        name = self._pilot.providers[provider].name
        return StartAttempt(race=self._race, attempt=len(self.all) - 1, provider=name)

    def opened(self, number: int) -> Attempt | None:
        """The attempt, if it is open."""
        if number < len(self.all) and self.all[number].open:
            return self.all[number]
        return None

    @property
    def any_open(self) -> bool:
        """True if one of them may still say something that counts."""
        return any(one.open for one in self.all)

    @property
    def close_by(self) -> float:
        """Return when the next cancelled one must be closed; infinite if none is awaited."""
        return min(one.close_by for one in self.all)

    def answered(self, one: Attempt, now: float) -> None:
        """Note that the attempt's first usable piece is here."""
        one.judged = True
        self._pilot.answered(one.provider, now - one.started)

    def failed(
        self, one: Attempt, reason: AttemptFailure, retry_after: float | None, now: float
    ) -> tuple[str, AttemptFailure]:
        """Note that the attempt failed; return its name and the reason."""
        self._pilot.failed(one.provider, reason, retry_after, now, begun=one.judged)
        one.judged, one.failed = True, not one.open  # what is cut for its silence is billed
        return self._pilot.providers[one.provider].name, reason

    def cancel(self, winner: int | None, now: float) -> list[Action]:
        """Cut all that are open but the winner."""
        if winner is not None and len(self.all) == 1:
            return []
        actions: list[Action] = []
        for number, one in enumerate(self.all):
            if not one.open or number == winner:
                continue
            one.open, one.close_by = False, now + self._pilot.settings.close_within
            if not one.judged:
                one.judged = True
                self._pilot.cut(one.provider, now - one.started, now)
            if winner is not None or (number == 1 and not self.all[0].failed):
                self._pilot.spent.extra_tokens += self._cost(one)
            actions.append(CancelAttempt(race=self._race, attempt=number))
        return actions

    def dropped(self) -> None:
        """Nobody wanted what was asked for on speculation: account for it."""
        self._pilot.spent.dropped_calls += 1
        self._pilot.spent.dropped_tokens += sum(map(self._cost, self.all))

    def _cost(self, one: Attempt) -> int:
        """Tokens billed for an attempt whose answer is not used: a piece is about a token, and a
        failure is not billed."""
        if one.failed:
            return 0
        stops = self._pilot.providers[one.provider].cancels
        return self._size.prompt + (one.pieces if stops else self._size.answer)

    def closed(self, number: int) -> None:
        """Nothing of it is left open."""
        if number < len(self.all):
            self.all[number].close_by = inf

    def abandon(self, now: float) -> list[Action]:
        """Let go of those that had to be closed by now."""
        actions: list[Action] = []
        for number, one in enumerate(self.all):
            if now >= one.close_by:
                one.close_by = inf
                self._pilot.spent.abandoned += 1
                actions.append(AbandonAttempt(race=self._race, attempt=number))
        return actions
