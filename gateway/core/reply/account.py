"""The account of the turn that is being answered: given when its first sound is on the wire, or at
once if it has none, and again, as interrupted, if the caller cuts in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.core.actions import Action, CloseTurn
from gateway.core.ledger import Ledger, Owner


@dataclass(slots=True)
class TurnAccount:
    """The account of one turn's wait at a time; at first there is none."""

    _generation: int = 0
    _turn: CloseTurn | None = None
    _ledger: Ledger | None = None  # until the sound is on the wire

    @property
    def turn(self) -> CloseTurn | None:
        """Return what is accounted for, if anything."""
        return self._turn

    def open(self, turn: CloseTurn, ledger: Ledger) -> None:
        """This turn will be answered with sound, whose generation ``moved`` tells."""
        self._generation, self._turn, self._ledger = 0, turn, ledger

    def forget(self) -> None:
        """Nothing is to be accounted for any more."""
        self._turn = self._ledger = None

    def moved(self, generation: int) -> None:
        """The turn is answered by this generation."""
        self._generation = generation

    def goes_on(self, before: int, generation: int) -> None:
        """Go on with what was a part of it as another generation."""
        if self._generation == before:
            self._generation = generation

    def owed(self, generation: int) -> CloseTurn | None:
        """The turn that this generation was to answer, if nothing of it was on the wire yet."""
        ours = self._generation == generation and self._ledger is not None
        return self._turn if ours else None

    def became(self, turn: CloseTurn) -> None:
        """The turn went another way."""
        self._turn = turn

    def owed_by(self, owner: Owner, now: float) -> None:
        """The wait is charged to that owner from now on, if the caller still waits."""
        if self._ledger is not None:
            self._ledger.switch(owner, now)

    def on_air(self, generation: int, now: float) -> list[Action]:
        """The first audio of a generation is on the wire."""
        if self._turn is None or self._ledger is None or self._generation != generation:
            return []
        self._turn = replace(self._turn, timeline=self._ledger.close(now))
        self._ledger = None
        return [self._turn]

    def settle(self) -> list[Action]:
        """The sound is over; it is accounted for even if it was never seen on the wire."""
        turn, unsaid = self._turn, self._ledger is not None
        self.forget()
        return [turn] if turn is not None and unsaid else []

    def cut(self, heard: float | None) -> list[Action]:
        """The caller has cut in after so many seconds; None: nothing was on the air."""
        turn, unsaid = self._turn, self._ledger is not None
        self.forget()
        if turn is None or (heard is None and not unsaid):
            return []
        return [replace(turn, interrupted=True, heard=heard or 0.0)]
