"""Delivery of webhooks: taken over in a moment, told by tasks of their own until it worked."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial

import httpx
import msgspec

from gateway.adapters.hooks.journal import Journal, Waiting
from gateway.adapters.hooks.signing import headers_of
from gateway.ports.hooks import Happening

log = logging.getLogger("frontline.hooks")

QUEUE = 1000
"""Happenings that wait to be written into the journal. When it is full the oldest is lost."""

LOOK = 0.5
"""Seconds between two looks at what is due."""

AT_ONCE = 50
"""Messages of one look."""

TIMEOUT = 10.0
"""Seconds that a receiver has to answer."""

FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0
"""Seconds until the second try, and between the last ones; doubled in between."""

GIVE_UP = 86_400.0
"""Seconds after which a message is given up."""


@dataclass(frozen=True, slots=True)
class Hook:
    """Somebody who is told."""

    name: str
    url: str
    secret: str
    kinds: Collection[str]
    tenants: Collection[str] = ()
    """Happenings of these tenants alone; empty: of all."""

    def __repr__(self) -> str:
        return f"<Hook {self.name}>"

    def wants(self, happening: Happening) -> bool:
        """Return whether it is told of that."""
        ours = not self.tenants or happening.tenant in self.tenants
        return happening.kind in self.kinds and ours


class Delivery:
    """``gateway.ports.hooks.Hooks``: one queue in memory, one journal on disk, one task a hook, so
    that a receiver who is slow or gone keeps no other waiting. Redirects are not followed: nobody
    is asked but whom the settings name."""

    def __init__(
        self,
        hooks: Collection[Hook],
        journal: Journal,
        lost: Callable[[str, int], None],
        *,
        leads: Callable[[], bool] = lambda: True,
        now: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """``leads``: whether it is this process, of those that share the journal, that sends."""
        self._hooks = hooks
        self._leads = leads
        self._journal = journal
        self._lost = lost
        self._now = now
        self._queue: deque[Happening] = deque()
        self._http = httpx.AsyncClient(
            timeout=TIMEOUT, follow_redirects=False, trust_env=False, transport=transport
        )

    def tell(self, happening: Happening) -> None:
        """See ``Hooks``."""
        if len(self._queue) >= QUEUE:
            self._queue.popleft()
            self._lost("hooks", 1)
        self._queue.append(happening)

    async def run(self) -> None:
        """Write down and tell for ever."""
        await asyncio.to_thread(self._journal.forget, [hook.name for hook in self._hooks])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._forever(self.write), name="journal of hooks")
            for hook in self._hooks:
                work = partial(self.send, hook)
                tasks.create_task(self._forever(work), name=f"hook {hook.name}")

    async def _forever(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except OSError as error:
                log.warning("hooks: %s", type(error).__name__)
            await asyncio.sleep(LOOK)

    async def write(self) -> None:
        """Write what has happened into the journal."""
        happenings = [self._queue.popleft() for _ in range(len(self._queue))]
        now = self._now()
        messages = [
            Waiting(
                hook=hook.name,
                id=one.id,
                kind=one.kind,
                body=body_of(one),
                since=now,
                due=now,
            )
            for one in happenings
            for hook in self._hooks
            if hook.wants(one)
        ]
        if messages and (lost := await asyncio.to_thread(self._journal.add, messages)):
            self._lost("hooks", lost)

    async def send(self, hook: Hook) -> None:
        """Tell the hook what is due, the oldest first. The first that fails ends it for now: the
        receiver is away, and what follows would only wait for it in turn."""
        if not self._leads():
            return
        for message in await asyncio.to_thread(self._journal.due, hook.name, self._now(), AT_ONCE):
            failure = await self._post(hook, message)
            if not failure:
                await asyncio.to_thread(self._journal.done, message.place)
                continue
            if self._now() - message.since >= GIVE_UP:
                await asyncio.to_thread(self._journal.done, message.place)
                self._lost("hooks", 1)
                log.error("hook %s: %s is given up: %s", hook.name, message.kind, failure)
                continue
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2**message.tries)
            await asyncio.to_thread(self._journal.later, message.place, self._now() + wait)
            log.warning("hook %s: %s, again in %.0f s", hook.name, failure, wait)
            return

    async def _post(self, hook: Hook, message: Waiting) -> str:
        """Send it; why it failed, empty if it did not. Of the answer only the status counts."""
        headers = headers_of(hook.secret, message.id, self._now(), message.body)
        try:
            async with asyncio.timeout(TIMEOUT):
                async with self._http.stream(
                    "POST", hook.url, content=message.body, headers=headers
                ) as answer:
                    return "" if answer.is_success else f"status {answer.status_code}"
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            return type(error).__name__

    async def close(self) -> None:
        """Write down what is left, for the next start."""
        await self.write()
        await self._http.aclose()
        await asyncio.to_thread(self._journal.close)

    @contextlib.asynccontextmanager
    async def closing(self) -> AsyncIterator[Delivery]:
        """Itself, closed at the end."""
        try:
            yield self
        finally:
            await self.close()


def body_of(happening: Happening) -> bytes:
    """The message as it is sent."""
    return msgspec.json.encode(
        {
            "type": happening.kind,
            "timestamp": round(happening.at, 3),
            "tenant": happening.tenant,
            "data": happening.data,
        }
    )
