"""The ledger of a turn's milliseconds, whose contributions sum to the TTFA.

At every instant exactly one owner is being waited for, so the intervals cannot overlap and
their sum is the whole by construction. A wait that ends later than it was to, because our own loop
came late to it, is ours from then on (``STALL``), whoever was waited for before.

The account begins when the caller's speech ended, as far as we can know: the end of the last voiced
sound, counted from when that sound reached our door. It ends with the first audio of the answer on
the wire. What lies outside of these two is the transport's: see ``TRANSPORT``.
"""

from __future__ import annotations

from enum import StrEnum


class Owner(StrEnum):
    """The owners of a wait."""

    TRANSPORT = "transport"
    """The way of the sound to our door and back from it. No wait of a turn is charged to it: the
    account runs from door to wire, and when a sound was really spoken or heard nobody tells us. A
    mark's echo comes after the sound before it was played, and so tells how much was heard, but a
    client's buffer cannot be told from the way there. ``frontline audit`` takes its figure."""
    ENDPOINTING = "endpointing"
    """Waiting for enough silence to be sure that the turn is over."""
    STT = "stt"
    """Waiting for the final transcript."""
    MATCH = "match"
    """Waiting for the decision."""
    AGENT = "agent"
    """Waiting for the agent's first words: the LLM's, where a model is the agent."""
    TOOL = "tool"
    """Waiting for the agent's first words, since it began to run a tool."""
    TTS = "tts"
    """Waiting for the first sound of the agent's words."""
    FILLER = "filler"
    """The answer is there and waits for what is being said to be ended."""
    CALLER = "caller"
    """The answer is there and waits for a voice that may be the caller's."""
    GATEWAY = "gateway"
    """The time from the decision, or the agent's first sound, to the first audio on the wire."""
    STALL = "stall"
    """The gateway's too: a wait was over, and our loop came late to it."""


LATE = 0.005
"""Seconds that a timer may be late without anybody being to blame: nothing may hold the event loop
for longer, and timers themselves count in whole milliseconds."""


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
        """The wait from ``now`` on is charged to another owner."""
        if self._owner is None:
            self.begin(owner, now)
            return
        self._spent[self._owner] = self._spent.get(self._owner, 0.0) + max(0.0, now - self._since)
        self._owner, self._since = owner, max(now, self._since)

    def woken(self, due: float, now: float) -> None:
        """The wait was to end at ``due``, and it is ``now``: what lies between is our own fault.
        Whoever was waited for still is."""
        owner = self._owner
        if owner is not None and now - due > LATE:
            self.switch(Owner.STALL, due)
            self.switch(owner, now)

    def close(self, now: float) -> dict[str, float]:
        """Seconds by owner, and ``ttfa``, their sum."""
        if self._owner is not None:
            self.switch(self._owner, now)
        timeline = {owner.value: seconds for owner, seconds in self._spent.items()}
        return {**timeline, "ttfa": sum(timeline.values())}
