"""A performer alone: the core's orders go in, what it reports to the core comes out."""

from __future__ import annotations

import asyncio

from gateway.core.actions import Action
from gateway.core.events import Decided, Event, PlaybackFailed, Verdict
from gateway.ports.sound import AudioFormat
from gateway.shell.call.observe import LiveCall
from gateway.shell.call.perform import Performer
from gateway.shell.call.speaker import Speaker
from gateway.shell.sound.outbox import Outbox
from gateway.shell.sound.playout import Pacing, Playout
from gateway.transports.native import NativeDialect
from tests.support.fakes import FakeTranscription, FakeWire
from tests.support.house import PCM16K, open_house


class Stage:
    """A performer over fakes; ``events`` is what it reports to the core."""

    def __init__(self, form: AudioFormat = PCM16K, *, stt: bool = False) -> None:
        self.house = open_house()
        self.services = self.house.services
        self.wire = FakeWire()
        self.events: list[Event] = []
        self.ends: list[str] = []
        self.transcription = FakeTranscription() if stt else None
        self.outbox = Outbox(self.wire, failed=self.ends.append)
        dialect = NativeDialect(form)
        self.playout = Playout(self.outbox, Pacing(), self.events.append, dialect)
        self.live = LiveCall("c1", "default", "native", 0.0)
        self.performer = Performer(
            self.services,
            self.live,
            Speaker(dialect, self.outbox),
            self.transcription,
            self.playout,
            self.events.append,
            self.ends.append,
        )

    async def do(self, *actions: Action, wait: float = 0.1) -> None:
        """Perform, wait, and write what was said so far."""
        for action in actions:
            self.performer.perform(action, asyncio.get_running_loop().time())
        await asyncio.sleep(wait)
        while self.outbox._items:
            item = self.outbox._items.popleft()
            await self.wire.send(item.message)
            if item.written:
                item.written()

    @property
    def verdict(self) -> Verdict:
        [decided] = [event for event in self.events if isinstance(event, Decided)]
        self.events.clear()
        return decided.verdict

    @property
    def failures(self) -> list[PlaybackFailed]:
        return [event for event in self.events if isinstance(event, PlaybackFailed)]
