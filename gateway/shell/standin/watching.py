"""The watch on a call, as far as it matters to whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.actions import Action, CloseTurn, Path, Play, PrepareAgent
from gateway.core.events import (
    Event,
    PlaybackFailed,
    RecogniserAway,
    RecogniserBack,
    RecogniserLost,
)
from gateway.core.standin.facts import (
    OursOver,
    TurnForgotten,
    TurnOpened,
    TurnPassed,
    TurnTaken,
    UnderstandingBack,
    UnderstandingLost,
)


class Watch:
    """Follows one call."""

    def __init__(self) -> None:
        self._open = False  # a turn of the caller's
        self._sounds = False  # something of ours is on the air

    def saw(
        self, event: Event, actions: Sequence[Action], *, is_open: bool, sounds: bool
    ) -> list[Event]:
        """The call has taken an event. What follows for whose turn it is, in order."""
        opened, closed = is_open and not self._open, self._open and not is_open
        was_sounding, self._open, self._sounds = self._sounds, is_open, sounds
        taken = any(isinstance(one, Play) for one in actions)
        passed = isinstance(event, PlaybackFailed) or any(_passes(one) for one in actions)
        found: list[Event] = []
        if isinstance(event, (RecogniserAway, RecogniserLost)):
            found.append(UnderstandingLost())
        if isinstance(event, RecogniserBack):
            found.append(UnderstandingBack())
        if opened:
            found.append(TurnOpened())
        if taken:
            found.append(TurnTaken())
        elif passed:
            found.append(TurnPassed())
        elif closed:
            found.append(TurnForgotten())
        if (was_sounding or taken) and not sounds:
            found.append(OursOver())
        return found


def _passes(action: Action) -> bool:
    """Return whether it says that the turn is the bot's: surely, or so far."""
    if isinstance(action, CloseTurn):
        return action.path is Path.AGENT
    return isinstance(action, PrepareAgent)
