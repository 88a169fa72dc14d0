"""The messages to one client, in order, without ever making the call wait for it.

The media path only appends; one task writes. A client that does not read fills the box up to a
bound, or keeps one write waiting past its deadline: either way its call is closed, and only its
call.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

RUN = 16
"""Messages written in a row before the other calls have their turn: a millisecond or so."""


class Wire(Protocol):
    """The sending half of a connection."""

    async def send(self, message: str | bytes) -> None:
        """Write one message; returns when it is in the socket's buffer."""


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
        self._failed = failed
        self._limit = limit_bytes
        self._timeout = timeout
        self._items: deque[Item] = deque()
        self._size = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._broken = False

    @property
    def size(self) -> int:
        """Bytes that wait to be written."""
        return self._size

    def put(self, item: Item) -> None:
        """Queue a message. A full box fails the call instead of growing; a failed one takes
        nothing any more."""
        if self._broken:
            return
        self._items.append(item)
        self._size += len(item.message)
        self._wake.set()
        if self._size > self._limit:
            self._fail("the client does not read what is sent to it")

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
        while True:
            for count in itertools.count(1):
                if not self._items:
                    break
                if count % RUN == 0:  # a socket that takes all at once gives nobody else a turn
                    await asyncio.sleep(0)
                    continue
                item = self._items.popleft()
                self._size -= len(item.message)
                try:
                    async with asyncio.timeout(self._timeout):
                        await self._wire.send(item.message)
                except TimeoutError:
                    self._fail(f"a write took longer than {self._timeout:g} s")
                    return
                except (OSError, RuntimeError):  # closed under us: the reader sees it too
                    self._fail("the connection broke")
                    return
                if item.written:
                    item.written()
            if self._closing:
                return
            self._wake.clear()
            await self._wake.wait()
