"""A recogniser's results on their way to the call that reads them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, Presence

MOST = 64
"""Utterances kept for a call that does not read; the oldest are dropped."""


class Outlet:
    """Partials and finals in order. A partial that was not read in time gives way to the next."""

    def __init__(self) -> None:
        self._waiting: deque[Heard | Presence] = deque(maxlen=2 * MOST)
        self._news = asyncio.Event()
        self._error: ProviderFailed | None = None
        self.closed = False

    def put(self, heard: Heard | Presence | None) -> None:
        """None is nothing to say."""
        if heard is None or self.closed:
            return
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, Heard) and isinstance(heard, Heard) and not last.final:
            self._waiting.pop()
        self._waiting.append(heard)
        self._news.set()

    def fail(self, error: ProviderFailed) -> None:
        """Nothing more comes; whoever reads is told why, after what was heard."""
        self._error = error
        self._news.set()

    def close(self) -> None:
        """Nothing is read any more."""
        self.closed = True
        self._waiting.clear()
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[Heard | Presence]:
        """Until closed. Raises what ``fail`` was given."""
        while not self.closed:
            while self._waiting and not self.closed:
                yield self._waiting.popleft()
            if self._error is not None and not self.closed:
                raise self._error
            if not self.closed:
                self._news.clear()
                await self._news.wait()
