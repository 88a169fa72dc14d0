"""What is being played, and how much of it was heard.

Every sound belongs to a generation. When the caller interrupts, the generation dies: a mark that
is echoed afterwards means "flushed", not "heard", and is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.core.actions import Play, Source, Stop
from gateway.core.events import MarkReached


@dataclass(frozen=True, slots=True)
class Sound:
    """A generation on the air, or one stopped that may go on."""

    play: Play
    length: float
    """Seconds from its offset to its end."""
    heard: float = 0.0
    """Seconds of it heard, from its offset; what marks have proved."""

    @property
    def position(self) -> float:
        """Seconds heard from the start of the clips."""
        return self.play.offset + self.heard

    @property
    def unheard(self) -> bool:
        """Whether there is anything left of it to go on with."""
        return self.heard < self.length


class Playback:
    """The generations of one call, one at a time."""

    def __init__(self, grace: float) -> None:
        self.sound: Sound | None = None
        self.stopped: Sound | None = None
        """Stopped on suspicion; goes on if the suspicion was false."""
        self.deadline: float | None = None
        self._generation = 0
        self._grace = grace

    def play(
        self,
        turn: int,
        source: Source,
        clips: tuple[str, ...],
        length: float,
        now: float,
        offset: float = 0.0,
    ) -> Play:
        """Begin a generation; ``length`` is that of the clips, in seconds."""
        assert self.sound is None, "two voices at once"
        self._generation += 1
        order = Play(
            turn=turn,
            generation=self._generation,
            source=source,
            clips=clips,
            offset=offset,
        )
        left = max(0.0, length - offset)
        self.sound, self.stopped = Sound(order, left), None
        self.deadline = now + left + self._grace
        return order

    def resume(self, now: float) -> Play | None:
        """Go on with what was stopped, from what was heard; None if there is nothing to."""
        sound, self.stopped = self.stopped, None
        if sound is None:
            return None
        whole = sound.play.offset + sound.length
        return self.play(
            sound.play.turn, sound.play.source, sound.play.clips, whole, now, sound.position
        )

    def stop(self) -> Stop | None:
        """End the generation on the air; None if nothing is."""
        sound, self.sound, self.deadline = self.sound, None, None
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

    def done(self, generation: int) -> Sound | None:
        """The generation has been heard to its end; None if it is not on the air."""
        sound = self.sound
        if sound is None or generation != sound.play.generation:
            return None
        self.sound, self.deadline = None, None
        return replace(sound, heard=sound.length)
