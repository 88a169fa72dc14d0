"""The speaker of a call: says its orders on the wire, and to whoever carries them out."""

from __future__ import annotations

from gateway.core.events import Event, PlaybackDone
from gateway.ports.sound import AudioFormat
from gateway.shell.call.orders import (
    Control,
    Dialect,
    HandOver,
    HangUp,
    Obey,
    Order,
    Transfer,
    nobody_obeys,
)
from gateway.shell.sound.outbox import Item, Outbox


class Speaker:
    """Says orders that are no sound. It also knows when the caller has heard that somebody else
    goes on: then they are connected, unless an action of the operator's does that already."""

    def __init__(self, dialect: Dialect, outbox: Outbox) -> None:
        self._dialect = dialect
        self._outbox = outbox
        self.obey: Obey = nobody_obeys
        """Told of orders that change the call itself, when they are on the wire."""
        self._announced = 0  # the generation that says it
        self._due = False

    @property
    def form(self) -> AudioFormat:
        """The format of the sound."""
        return self._dialect.form

    def say(self, order: Order) -> None:
        """Put it on the wire, and have it carried out if it changes the call."""
        for message in self._dialect.write(order):
            self._outbox.put(Item(message))
        if isinstance(order, Control):
            self._due = self._due and not isinstance(order, Transfer)
            self.obey(order)

    def announces(self, generation: int) -> None:
        """That generation says that somebody else goes on."""
        self._announced = generation

    def before(self, event: Event) -> None:
        """The core is about to take this event."""
        if isinstance(event, PlaybackDone) and event.generation == self._announced:
            self._due = True

    def after(self) -> None:
        """Connect the caller, now that what the core ordered is done, if nobody else does."""
        if self._due:
            self._due = False
            self.say(HandOver())

    def end(self, reason: str) -> None:
        """We end the call: it goes on elsewhere if the caller was told so."""
        if self._due:
            self.after()
        else:
            self.say(HangUp(reason=reason))
