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
"""Seconds between two looks at what is due, where nothing new is to be told."""

ONE_LOOK = 50
"""Messages of one look."""

QUIET = 60.0
"""Seconds between two log lines about one hook whose messages are given up soon: a receiver that is
down fails for every one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """The time that one receiver is given, and its further tries, in seconds."""

    timeout: float = 10.0
    """A receiver has so long to answer."""
    first_wait: float = 5.0
    """Until the second try; then twice as long each time."""
    longest_wait: float = 3600.0
    give_up: float = 86_400.0
    """A message is given up so long after it was first to be told."""
    at_once: int = 1
    """Messages under way at the same time; one: they come in order."""
    last_try: bool = True
    """True if a message that has waited for longer, while we were down, is still tried once."""


A_DAY = RetryPolicy()
SOON = RetryPolicy(
    timeout=3.0, first_wait=0.5, longest_wait=2.0, give_up=10.0, at_once=4, last_try=False
)
"""The policy for what is stale in a moment."""


@dataclass(frozen=True, slots=True)
class Hook:
    """Somebody who is told."""

    name: str
    url: str
    secret: str
    kinds: Collection[str]
    tenants: Collection[str] = ()
    """Happenings of these tenants alone; empty: of all."""
    patience: RetryPolicy = A_DAY

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
        self._news = asyncio.Event()  # something is to be written down
        self._written = {hook.name: asyncio.Event() for hook in hooks}
        self._complained: dict[str, float] = {}
        self._http = httpx.AsyncClient(follow_redirects=False, trust_env=False, transport=transport)

    def tell(self, happening: Happening) -> None:
        """See ``Hooks``."""
        if len(self._queue) >= QUEUE:
            self._queue.popleft()
            self._lost("hooks", 1)
        self._queue.append(happening)
        self._news.set()

    async def run(self) -> None:
        """Write down and tell for ever."""
        await asyncio.to_thread(self._journal.forget, [hook.name for hook in self._hooks])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._forever(self.write, self._news), name="journal of hooks")
            for hook in self._hooks:
                work, news = partial(self.send, hook), self._written[hook.name]
                tasks.create_task(self._forever(work, news), name=f"hook {hook.name}")

    async def _forever(self, work: Callable[[], Awaitable[None]], news: asyncio.Event) -> None:
        """Work at once when there is news, and at every look: others write as well."""
        while True:
            news.clear()
            try:
                await work()
            except OSError as error:
                log.warning("hooks: %s", type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await news.wait()

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
        for name in {one.hook for one in messages}:
            self._written[name].set()

    async def send(self, hook: Hook) -> None:
        """Tell the hook what is due, the oldest first. The first that fails ends it for now: the
        receiver is away, and what follows would only wait for it in turn."""
        if not self._leads():
            return
        due = await asyncio.to_thread(self._journal.due, hook.name, self._now(), ONE_LOOK)
        step = hook.patience.at_once
        for at in range(0, len(due), step):
            sent = [self._tell(hook, message) for message in due[at : at + step]]
            if not all(await asyncio.gather(*sent)):
                return

    async def _tell(self, hook: Hook, message: Waiting) -> bool:
        """Tell the hook of one; False if the receiver is away and the rest must wait."""
        patience = hook.patience
        stale = not patience.last_try and self._now() - message.since >= patience.give_up
        failure = "too late" if stale else await self._post(hook, message)
        if not failure:
            await asyncio.to_thread(self._journal.done, message.place)
            return True
        if self._now() - message.since >= patience.give_up:
            await asyncio.to_thread(self._journal.done, message.place)
            self._lost("hooks", 1)
            self._complain(hook, f"{message.kind} is given up: {failure}", logging.ERROR)
            return True
        wait = min(patience.longest_wait, patience.first_wait * 2**message.tries)
        await asyncio.to_thread(self._journal.later, message.place, self._now() + wait)
        self._complain(hook, f"{failure}, again in {wait:.3g} s", logging.WARNING)
        return False

    def _complain(self, hook: Hook, what: str, level: int) -> None:
        """Log it; of a hook whose messages come and go fast, not each time."""
        if hook.patience.give_up < QUIET:
            if self._now() - self._complained.get(hook.name, -QUIET) < QUIET:
                return
            self._complained[hook.name] = self._now()
        log.log(level, "hook %s: %s", hook.name, what)

    async def _post(self, hook: Hook, message: Waiting) -> str:
        """Send it; why it failed, empty if it did not. Of the answer only the status counts."""
        headers = headers_of(hook.secret, message.id, self._now(), message.body)
        timeout = hook.patience.timeout
        try:
            async with asyncio.timeout(timeout):
                async with self._http.stream(
                    "POST", hook.url, content=message.body, headers=headers, timeout=timeout
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
