"""A playout over a fake wire: what is sent when, and what is reported."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from gateway.core.actions import Play, Source
from gateway.core.events import Event, MarkReached
from gateway.shell.call.orders import Dialect
from gateway.shell.sound.clips import LoadedClip
from gateway.shell.sound.outbox import Outbox
from gateway.shell.sound.playout import Pacing, Playout
from gateway.transports.native import NativeDialect
from tests.support.fakes import FakeWire

PACING = Pacing(lead=0.4, mark_every=0.25, echo_wait=1.0)


def sound(ms: int, step: int = 40) -> LoadedClip:
    """A clip whose messages are their own numbers."""
    messages = tuple(bytes([n]) for n in range(-(-ms // step)))
    return LoadedClip(messages, step, ms, len(messages))


def order(generation: int = 1, offset: float = 0.0) -> Play:
    return Play(turn=3, generation=generation, source=Source.CACHE, clips=("x",), offset=offset)


def timer(deck: Deck) -> asyncio.TimerHandle | None:
    return deck.playout._timer


class Deck:
    """A playout, its wire, and what it reports."""

    def __init__(self, pacing: Pacing = PACING, dialect: Dialect | None = None) -> None:
        self.wire = FakeWire()
        self.events: list[tuple[float, Event]] = []
        self.loop = asyncio.get_running_loop()
        self.outbox = Outbox(self.wire, failed=self._failed)
        self.playout = Playout(self.outbox, pacing, self._emit, dialect or NativeDialect())

    def _failed(self, reason: str) -> None:
        raise AssertionError(reason)

    def _emit(self, event: Event) -> None:
        self.events.append((self.loop.time(), event))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.outbox.run())
            yield
            self.outbox.finish()

    def at(self, kind: type[Event]) -> list[float]:
        return [at for at, event in self.events if isinstance(event, kind)]

    @property
    def positions(self) -> list[float]:
        return [event.position for _, event in self.events if isinstance(event, MarkReached)]

    @property
    def marks(self) -> list[str]:
        return [mark["name"] for mark in self.wire.told("mark")]
