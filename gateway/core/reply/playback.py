"""The sound that is being played, and how much of it was heard.

Every sound belongs to a generation. When the caller interrupts, the generation dies: a mark that
is echoed afterwards means "flushed", not "heard", and is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.core.actions import Play, Source, Stop
from gateway.core.events import MarkReached
from gateway.core.reply.lines import SystemLine


@dataclass(frozen=True, slots=True)
class Sounding:
    """A generation on the air, or one stopped that may go on."""

    play: Play
    length: float
    """Seconds from its offset to its end."""
    heard: float = 0.0
    """Seconds of it heard, from its offset; what marks have proved."""
    grows: bool = False
    """More of it may come: it is made while it plays."""

    @property
    def position(self) -> float:
        """Seconds heard from the start of the clips."""
        return self.play.offset + self.heard

    @property
    def unheard(self) -> bool:
        """True if there is anything left of it to go on with."""
        return self.heard < self.length


class Playback:
    """The generations of one call, one at a time."""

    def __init__(self, grace: float, stall: float = 0.0) -> None:
        self.sound: Sounding | None = None
        self.stopped: Sounding | None = None
        """Stopped on suspicion; goes on if the suspicion was false."""
        self._generation = 0
        self._until = 0.0
        self._patience = 0.0  # more of what grows may take until then
        self._grace = grace
        self._stall = stall

    @property
    def deadline(self) -> float | None:
        """Return when its end, or more of it, is overdue; None if nothing is on the air."""
        if self.sound is None:
            return None
        if self.sound.grows:
            return max(self._until + self._stall, self._patience)
        return self._until + self._grace

    @property
    def until(self) -> float:
        """Return when what was last on the air has been heard, or should have been."""
        return self._until

    def play(
        self,
        turn: int,
        source: Source,
        clips: tuple[str, ...],
        length: float,
        now: float,
        offset: float = 0.0,
        *,
        follows: bool = False,
        grows: bool = False,
        line: SystemLine | None = None,
    ) -> Play:
        """Begin a generation; ``length`` is that of the clips, in seconds. It may follow what is
        on the air; with that the account of the other is closed. ``line``: what the clip says, if
        that is a system line."""
        assert self.sound is None or follows, "two voices at once"
        start = max(now, self._until) if self.sound is not None else now
        self._generation += 1
        order = Play(
            turn=turn,
            generation=self._generation,
            source=source,
            clips=clips,
            offset=offset,
            follows=self.sound is not None,
            line=line,
        )
        left = max(0.0, length - offset)
        self.sound, self.stopped = Sounding(order, left, grows=grows), None
        self._until = start + left
        return order

    def grow(self, length: float, now: float, *, grows: bool) -> None:
        """A growing sound is by now ``length`` seconds long, counted from its start."""
        if self.sound is not None and self.sound.grows:
            more = self.sound.play.offset + self.sound.length
            self._until = max(now, self._until) + max(0.0, length - more)
            self.sound = _grown(self.sound, length, grows)
        elif self.stopped is not None and self.stopped.grows:
            self.stopped = _grown(self.stopped, length, grows)

    def wait(self, until: float) -> None:
        """More of a sound that grows may take until then."""
        self._patience = max(self._patience, until)

    def hushed(self, now: float) -> None:
        """Note that the sound which was last on the air is over."""
        self._until = min(self._until, now)

    def resume(self, now: float) -> Play | None:
        """Go on with what was stopped, from what was heard; None if there is nothing to."""
        sound, self.stopped = self.stopped, None
        if sound is None:
            return None
        whole, order = sound.play.offset + sound.length, sound.play
        grows = sound.grows
        return self.play(
            *(order.turn, order.source, order.clips, whole, now, sound.position),
            grows=grows,
            line=order.line,
        )

    def stop(self) -> Stop | None:
        """End the generation on the air; None if nothing is."""
        sound, self.sound = self.sound, None
        if sound is None:
            return None
        self.stopped = sound if sound.unheard else None
        return Stop(generation=sound.play.generation)

    def mark(self, event: MarkReached) -> bool:
        """Count what was heard; False for a mark of a dead generation."""
        sound = self.sound
        if sound is None or event.generation != sound.play.generation:
            return False
        heard = min(max(sound.heard, event.position), sound.length)
        self.sound = replace(sound, heard=heard)
        return True

    def lasts(self, now: float) -> None:
        """The sound was heard up to its last mark just now. It may end earlier than was thought,
        since what it follows may have been cut short for it."""
        if self.sound is not None:
            self._until = min(self._until, now + self.sound.length - self.sound.heard)

    def done(self, generation: int) -> Sounding | None:
        """The generation has been heard to its end; None if it is not on the air."""
        sound = self.sound
        if sound is None or generation != sound.play.generation:
            return None
        self.sound = None
        return replace(sound, heard=sound.length)


def _grown(sound: Sounding, length: float, grows: bool) -> Sounding:
    return replace(sound, length=max(sound.length, length - sound.play.offset), grows=grows)
