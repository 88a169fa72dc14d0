"""Where a turn's milliseconds go: a ledger whose contributions sum to the TTFA.

At every instant exactly one owner is being waited for, so the intervals cannot overlap and
their sum is the whole by construction.
"""

from __future__ import annotations

from enum import StrEnum


class Owner(StrEnum):
    """Who a wait belongs to."""

    ENDPOINTING = "endpointing"
    """Waiting for enough silence to be sure that the turn is over."""
    STT = "stt"
    """Waiting for the final transcript."""
    MATCH = "match"
    """Waiting for the decision."""
    AGENT = "agent"
    """Waiting for the agent's first words."""
    TOOL = "tool"
    """Waiting for the agent's first words, since it began to run a tool."""
    TTS = "tts"
    """Waiting for the first sound of the agent's words."""
    FILLER = "filler"
    """The answer is there and waits for what is being said to be ended."""
    CALLER = "caller"
    """The answer is there and waits for a voice that may be the caller's."""
    GATEWAY = "gateway"
    """From the decision, or the agent's first sound, to the first audio on the wire."""


class Ledger:
    """The account of one turn, from the end of the caller's speech to the first audio."""

    def __init__(self) -> None:
        self._spent: dict[Owner, float] = {}
        self._owner: Owner | None = None
        self._since = 0.0

    def begin(self, owner: Owner, now: float) -> None:
        """Open the account; anything before is forgotten (the caller went on speaking)."""
        self._spent, self._owner, self._since = {}, owner, now

    def switch(self, owner: Owner, now: float) -> None:
        """From ``now`` on someone else is waited for."""
        if self._owner is None:
            self.begin(owner, now)
            return
        self._spent[self._owner] = self._spent.get(self._owner, 0.0) + max(0.0, now - self._since)
        self._owner, self._since = owner, max(now, self._since)

    def close(self, now: float) -> dict[str, float]:
        """Seconds by owner, and ``ttfa``, their sum."""
        if self._owner is not None:
            self.switch(self._owner, now)
        timeline = {owner.value: seconds for owner, seconds in self._spent.items()}
        return {**timeline, "ttfa": sum(timeline.values())}
