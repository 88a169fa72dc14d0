"""A turn that was passed to an agent: from the question to the last word of the reply.

Theory of operation. The agent's silence has stages: a filler, a bridge that asks for patience, and
the end of patience. Sound ends the stages for good; words do not, since they are not sound yet, but
they put off what is said meanwhile. The reply's sound grows while it plays; how much of it there
is and how much was heard are counted in seconds from its beginning.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from gateway.core.history import heard_of
from gateway.core.policy import Policy

WORKING = 3
"""Tools are a sign of life: each gives the agent as much patience again, up to so many times."""


class Stage(Enum):
    """What a silence of the agent's leads to."""

    FILLER = auto()
    BRIDGE = auto()
    GIVE_UP = auto()


class Over(Enum):
    """How a reply ended."""

    DONE = auto()
    FAILED = auto()


@dataclass(slots=True)
class Chunk:
    """A piece of the reply and where its sound is, in seconds."""

    text: str
    start: float
    end: float


class AgentTurn:
    """One turn with the agent."""

    def __init__(self, number: int, intent: str, policy: Policy, now: float) -> None:
        self.number = number
        self.intent = intent
        self.over: Over | None = None
        self.begun = False
        """Some of the reply has been on the air."""
        self.length = 0.0
        """Seconds of sound there is."""
        self.position = 0.0
        """Seconds heard when it was last stopped."""
        self.tool = ""
        """A tool that has begun and has a filler of its own."""
        self._policy = policy
        self._patience = now + policy.give_up_after
        self._utmost = now + policy.give_up_after * WORKING
        self._stages = deque(
            [(now + policy.filler_after, Stage.FILLER), (now + policy.bridge_after, Stage.BRIDGE)]
        )
        self._chunks: list[Chunk] = []

    @property
    def ready(self) -> bool:
        """There is sound that was not heard."""
        return self.length > self.position

    def deadline(self, *, sounding: bool) -> float:
        """When ``due`` has something. ``sounding``: something is on the air."""
        if self.begun or sounding or not self._stages:
            return self._patience
        return min(self._patience, self._stages[0][0])

    def due(self, now: float, *, sounding: bool) -> Stage | None:
        """The stage that has come, once. Nothing is said on top of what is on the air."""
        if now >= self._patience:
            return Stage.GIVE_UP
        if self.begun or sounding or not self._stages or now < self._stages[0][0]:
            return None
        stage = self._stages.popleft()[1]
        while self._stages and self._stages[0][0] <= now:  # not one right after the other
            stage = self._stages.popleft()[1]
        return stage

    def words(self, now: float) -> None:
        """The reply has words: their sound is worth waiting for a little."""
        soon = now + self._policy.filler_after
        self._stages = deque((max(at, soon), stage) for at, stage in self._stages)

    def works(self, tool: str, now: float, *, told: bool) -> float:
        """The agent runs a tool; until when it may now be silent. ``told``: there is a filler for
        it: said at once, in place of the one for any turn; the first tool's is enough."""
        self._patience = max(self._patience, min(now + self._policy.give_up_after, self._utmost))
        if told and not self.tool:
            self.tool = tool
            if self._stages and self._stages[0][1] is Stage.FILLER:
                self._stages.popleft()
            self._stages.appendleft((now, Stage.FILLER))
        return self._patience

    def stopped(self, position: float, patience: float) -> None:
        """It was stopped there; more of it may take until then."""
        self.position = position
        self._patience = max(self._patience, patience)

    def lost(self) -> None:
        """It cannot be played."""
        self.over, self.length = Over.FAILED, self.position

    def sound(self, text: str, length: float, now: float) -> None:
        """More of the reply is there as sound."""
        if length <= self.length:
            return
        if text or not self._chunks:
            self._chunks.append(Chunk(text, self.length, length))
        self._chunks[-1].end = self.length = length
        self._patience = now + self._policy.agent_stall

    def heard(self, position: float) -> str:
        """The words of the reply that had been heard by then."""
        parts = (
            heard_of(one.text, (position - one.start) / (one.end - one.start))
            for one in self._chunks
            if position > one.start
        )
        return " ".join(part for part in parts if part)
