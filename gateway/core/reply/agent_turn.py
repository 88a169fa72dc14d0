"""A turn that was passed to an agent: from the question to the last word of the reply.

Theory of operation. The agent's silence has stages: a filler, more of them as long as nothing is
heard, a bridge that asks for patience, and the end of patience. Sound ends the stages, for good
unless the agent then begins to run a tool; words do not, since they are not sound yet, but they put
off what is said meanwhile. The reply's sound grows while it plays; how much of it there is and how
much was heard are counted in seconds from its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from math import isfinite

from gateway.core.events import WordEnd
from gateway.core.policy import Policy
from gateway.core.reply.history import heard_of, usual_length

WORKING = 3
"""Tools are a sign of life: each gives the agent as much patience again, up to so many times."""


NEVER = float("inf")


class SilenceStage(Enum):
    """The steps that a silence of the agent's leads to."""

    HUM = auto()
    FILLER = auto()
    MORE = auto()
    BRIDGE = auto()
    GIVE_UP = auto()


class Over(Enum):
    """The ways in which a reply ends."""

    DONE = auto()
    FAILED = auto()


@dataclass(slots=True)
class Chunk:
    """A piece of the reply and where its sound is, in seconds."""

    text: str
    first: int
    """Characters of the reply before it."""
    start: float
    end: float
    words: list[WordEnd] = field(default_factory=list)
    """The ends of the words whose time is known, in characters of ``text`` alone."""

    def heard(self, position: float, *, whole: bool) -> str:
        """The words that were heard by then. ``whole``: all of its sound is there.

        Where the voice tells words' times, those whose end was heard. Behind the last of them, and
        where it tells none, words take about the same time each; while more sound may come, they
        are taken to be spoken no faster than usual.
        """
        if whole and position >= self.end:
            return " ".join(self.text.split())
        known = max((one.said for one in self.words if one.at <= position), default=0)
        last = max((one.said for one in self.words), default=0)
        begun = max((one.at for one in self.words), default=self.start)
        sure = " ".join(self.text[:known].split())
        if known < last or position <= begun or (self.words and not whole):
            return sure
        rest = self.text[last:]
        takes = self.end - begun if whole else max(self.end - begun, usual_length(rest))
        guess = heard_of(rest, (position - begun) / takes)
        return f"{sure} {guess}".strip()


class AgentTurn:
    """One turn with the agent."""

    def __init__(
        self,
        number: int,
        intent: str,
        policy: Policy,
        now: float,
        *,
        last_word: float | None = None,
        expected: float | None = None,
        hums: bool = False,
    ) -> None:
        """``last_word``: when the caller fell silent; None: just now, as far as is known.
        ``expected``: when the first sound should be there; None: nobody can tell. ``hums``: there
        is something to hum."""
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
        """A tool that has begun and has a filler of its own, until that was said."""
        self.spoke = False
        """Something has been said meanwhile."""
        self.here = False
        """The caller was told that somebody is there."""
        self.working = False
        """A tool was begun, and no sound of what was said after it is there."""
        self._policy = policy
        self._patience = now + policy.give_up_after
        self._utmost = now + policy.give_up_after * WORKING
        silent = now if last_word is None else min(last_word, now)
        self._earliest = max(now, silent + policy.filler_after)  # something is said then, or later
        if expected is None:  # it may have been begun early, and be there in a moment
            self._earliest = max(
                self._earliest, now + min(policy.filler_spare, policy.filler_after)
            )
        elif expected <= self._earliest + policy.filler_spare:
            self._earliest = max(self._earliest, expected + policy.filler_spare)
        self._bridge = now + policy.bridge_after
        # that are still to come
        self._stages = {SilenceStage.FILLER, SilenceStage.BRIDGE}
        self._stages |= {SilenceStage.HUM} if hums else set()
        self._told = False  # a tool's own filler was to be said
        self._worded = False  # words have come since the tool was begun
        self._chunks: list[Chunk] = []
        self._said = 0  # characters of their texts, with the spaces between

    @property
    def ready(self) -> bool:
        """There is sound that was not heard."""
        return self.length > self.position

    @property
    def patience(self) -> float:
        """Return when it has been waited for long enough."""
        return self._patience

    def silent_at(self, until: float) -> float:
        """Return when something is to be said if nothing is heard. ``until``: when what is on the
        air, or was last, has been heard."""
        if self.begun and not self.working:
            return NEVER
        if not self.spoke:
            return self._earliest
        behind = self.tool and not self.begun  # a tool's own follows another at once
        return max(self._earliest, until if behind else until + self._policy.filler_again)

    def deadline(self, until: float) -> float:
        """Return when ``due`` has something."""
        return min(self._patience, self.silent_at(until))

    def due(self, now: float, until: float, *, replying: bool = False) -> SilenceStage | None:
        """The stage that has come. Nothing is said on top of what is on the air. ``replying``: that
        is the reply, whose end is not waited for here."""
        if now >= self._patience and not replying:
            return SilenceStage.GIVE_UP
        if now < self.silent_at(until):
            return None
        stage = SilenceStage.MORE
        if SilenceStage.HUM in self._stages and not self.tool and now < self._bridge:
            stage = SilenceStage.HUM
        elif self.tool or (SilenceStage.FILLER in self._stages and now < self._bridge):
            stage = SilenceStage.FILLER
        elif SilenceStage.BRIDGE in self._stages and now >= self._bridge:
            stage = SilenceStage.BRIDGE
        self._stages -= {SilenceStage.HUM, stage}
        if stage is not SilenceStage.HUM:
            self._stages -= {SilenceStage.FILLER}
        return stage

    def said(self, *, something: bool) -> None:
        """Note that what was due was said, or that there was nothing to say: then not before the
        bridge."""
        self.tool = ""
        self.spoke = self.spoke or something
        if not something:
            self._earliest = self._bridge if SilenceStage.BRIDGE in self._stages else NEVER
        elif self.begun:
            self.position = self.length  # all of the reply that there is was heard

    def words(self, now: float) -> None:
        """The reply has words: their sound is worth waiting for a little."""
        self._worded = True
        self._earliest = max(self._earliest, now + self._policy.filler_after)

    def works(self, tool: str, now: float, *, told: bool) -> float:
        """The agent runs a tool; until when it may now be silent. ``told``: there is a filler for
        it: said at once, in place of the one for any turn; the first tool's is enough."""
        self._patience = max(self._patience, min(now + self._policy.give_up_after, self._utmost))
        if told and not self._told:
            self._told, self.tool = True, tool
            if not self._worded:  # else what the agent says itself comes first
                self._earliest = now
        self.working, self._worded = True, False
        return self._patience

    def stopped(self, position: float, patience: float) -> None:
        """The sound was stopped at that position; more of it may be waited for until
        ``patience``."""
        self.position = position
        self._patience = max(self._patience, patience)

    def lost(self) -> None:
        """The sound cannot be played."""
        self.over, self.length = Over.FAILED, self.position

    def sound(self, text: str, length: float, now: float, words: Sequence[WordEnd] = ()) -> None:
        """More of the reply is there as sound, or more is known of what the sound says."""
        if length > self.length:
            if text or not self._chunks:
                self._chunks.append(Chunk(text, self._next, self.length, length))
                self._said = self._next + len(text) if text else self._said
            self._chunks[-1].end = self.length = length
            self._go_on(now)
        elif text and self._chunks:
            last = self._chunks[-1]
            last.text = f"{last.text} {text}".strip()
            self._said = last.first + len(last.text)
        for word in words:
            self._place(word)

    def _go_on(self, now: float) -> None:
        """There is new sound: the next may take so long, or longer if a tool still runs."""
        self.working = self.working and not self._worded
        soon = now + self._policy.agent_stall
        self._patience = max(soon, self._patience) if self.working else soon

    @property
    def _next(self) -> int:
        """Return where the next text begins."""
        return self._said + 1 if self._said else 0

    def _place(self, word: WordEnd) -> None:
        """Place the word in the chunk that holds it. Vendors' times are taken as they are, where
        there are any."""
        for one in reversed(self._chunks):
            if one.first <= word.said and isfinite(word.at):
                said = _whole_words(one.text, word.said - one.first)
                one.words.append(WordEnd(at=word.at, said=said))
                return

    def heard(self, position: float) -> str:
        """The words of the reply that had been heard by then."""
        last = len(self._chunks) - 1
        parts = (
            one.heard(position, whole=number < last or self.over is Over.DONE)
            for number, one in enumerate(self._chunks)
            if position > one.start
        )
        return " ".join(part for part in parts if part)


def _whole_words(text: str, end: int) -> int:
    """The same end, or before the word that it cuts."""
    while 0 < end < len(text) and not (text[end].isspace() or text[end - 1].isspace()):
        end -= 1
    return min(end, len(text))
