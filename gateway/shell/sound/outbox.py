"""The messages to one client, in order, without ever making the call wait for it.

The media path only appends; one task writes. A wire that can write without waiting does so at once
where nothing waits before it, which saves the task a step for nearly every message. A client that
does not read fills the box up to a bound, or keeps one write waiting past its deadline: either way
its call is closed, and only its call.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

RUN = 16
"""Messages written in a row before the other calls have their turn: a millisecond or so."""


class Wire(Protocol):
    """The sending half of a connection."""

    async def send(self, message: str | bytes) -> None:
        """Write one message; returns when it is in the socket's buffer."""


@runtime_checkable
class QuickWire(Wire, Protocol):
    """A wire that can also write without waiting."""

    def send_now(self, message: str | bytes) -> bool:
        """Write one message if its buffer has room for it; False: nothing was done."""


@dataclass(slots=True)
class Item:
    """One message on its way."""

    message: str | bytes
    generation: int = 0
    """Generation the message belongs to; 0 for none: such a message is never dropped."""
    written: Callable[[], None] | None = None
    """Called once it is in the socket's buffer."""


class Outbox:
    """A bounded queue and its writer."""

    def __init__(
        self,
        wire: Wire,
        *,
        failed: Callable[[str], None],
        limit_bytes: int = 1 << 20,
        timeout: float = 5.0,
    ) -> None:
        self._wire = wire
        self._quick = wire if isinstance(wire, QuickWire) else None
        self._failed = failed
        self._limit = limit_bytes
        self._timeout = timeout
        self._items: deque[Item] = deque()
        self._size = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._broken = False
        self._idle = False  # the task waits for more
        self._task: asyncio.Task[None] | None = None
        self._began: float | None = None  # when the write began that is under way
        self._late = False
        self._watch: asyncio.TimerHandle | None = None

    @property
    def size(self) -> int:
        """Bytes that wait to be written."""
        return self._size

    def put(self, item: Item) -> None:
        """Queue a message. A full box fails the call instead of growing; a failed one takes
        nothing any more."""
        if self._broken or self._written_at_once(item):
            return
        self._items.append(item)
        self._size += len(item.message)
        self._wake.set()
        if self._size > self._limit:
            self._fail("the client does not read what is sent to it")

    def _written_at_once(self, item: Item) -> bool:
        if self._quick is None or not self._idle or self._items or self._closing:
            return False
        return item.written is None and self._quick.send_now(item.message)

    def _fail(self, reason: str) -> None:
        """Said once: what the call still says as it ends must not fail it again."""
        self._items.clear()
        self._size = 0
        if not self._broken:
            self._broken = True
            self._failed(reason)

    def drop(self, generation: int) -> None:
        """Forget what is queued of a generation."""
        self._items = deque(item for item in self._items if item.generation != generation)
        self._size = sum(len(item.message) for item in self._items)

    def finish(self) -> None:
        """No more will come: ``run`` returns when what is queued has been sent."""
        self._closing = True
        self._wake.set()

    async def run(self) -> None:
        """Write until ``finish``; a failed or late write ends it through ``failed``."""
        self._task = asyncio.current_task()
        try:
            while await self._write_all():
                self._wake.clear()
                self._idle = True
                await self._wake.wait()
                self._idle = False
        finally:
            self._idle = False
            if self._watch is not None:
                self._watch.cancel()

    async def _write_all(self) -> bool:
        """Write what is there; False: there will be no more."""
        for count in itertools.count(1):
            if not self._items:
                break
            if count % RUN == 0:  # a socket that takes all at once gives nobody else a turn
                await asyncio.sleep(0)
                continue
            item = self._items.popleft()
            self._size -= len(item.message)
            if not await self._write(item):
                return False
        return not self._closing

    async def _write(self, item: Item) -> bool:
        """Write one message. One timer watches over all writes that wait: one each would cost as
        much as the write."""
        if self._quick is not None and self._quick.send_now(item.message):
            if item.written:
                item.written()
            return True
        self._began = asyncio.get_running_loop().time()
        if self._watch is None:
            self._look_at(self._began + self._timeout)
        try:
            await self._wire.send(item.message)
        except asyncio.CancelledError:
            if not self._late or asyncio.current_task().uncancel():  # type: ignore[union-attr]
                raise
            self._fail(f"a write took longer than {self._timeout:g} s")
            return False
        except (OSError, RuntimeError):  # closed under us: the reader sees it too
            self._fail("the connection broke")
            return False
        finally:
            self._began = None
        if item.written:
            item.written()
        return True

    def _look_at(self, at: float) -> None:
        self._watch = asyncio.get_running_loop().call_at(at, self._look)

    def _look(self) -> None:
        """The write that was under way may be another by now."""
        self._watch = None
        if self._began is None or self._late or self._task is None:
            return
        due = self._began + self._timeout
        if asyncio.get_running_loop().time() >= due:
            self._late = True
            self._task.cancel()
        else:
            self._look_at(due)
