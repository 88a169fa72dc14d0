"""``GET /admin/v1/events``: what happens, told at once to whoever listens.

An event says that there is something new and where, never what was said: the listener asks for that
with its token.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from gateway.admin.dashboard.listeners import DROPPED, Events, Listener
from gateway.admin.inputs import EventsQuery
from gateway.admin.operations import Admin, AdminRequest
from gateway.errors import FrontlineError
from gateway.shell.process.background import start

LOOK = 3.0
"""Seconds after which the token of who listens is looked at again, and after which a silent stream
says that it is alive."""


PEERS = "/peer/events"
"""The path on which a worker tells the others its events."""


async def events(admin: Admin, asked: AdminRequest) -> Response:
    """The events of a tenant, as long as the client listens and its token lives."""
    query: EventsQuery = asked.query
    hub = admin.events
    listener = hub.listen(admin.scope(query.tenant))

    async def stream() -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop()
        looked = clock.time()
        try:
            async with _of_siblings(admin, listener):
                async for event in listener.events(LOOK):
                    yield event
                    if clock.time() - looked >= LOOK:
                        looked = clock.time()
                        if not await _still(admin, asked):
                            listener.drop()
        finally:
            hub.leave(listener)

    return _streamed(stream())


def own_events(hub: Events, tenant: str) -> Response:
    """The events of this process, for the one that answers who listens."""
    listener = hub.listen(tenant)

    async def stream() -> AsyncIterator[bytes]:
        try:
            async for event in listener.events(LOOK):
                yield event
        finally:
            hub.leave(listener)

    return _streamed(stream())


def _streamed(stream: AsyncIterator[bytes]) -> Response:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, 200, headers, "text/event-stream")


@asynccontextmanager
async def _of_siblings(admin: Admin, listener: Listener) -> AsyncIterator[None]:
    """Tell the listener what happens in the other processes as well."""

    def take(event: bytes) -> None:
        if event == DROPPED:  # something was missed there, so that all is to be asked anew
            listener.drop()
        else:
            listener.tell(event)

    if admin.siblings is None:
        yield
        return
    path = f"{PEERS}?tenant={quote(listener.tenant)}"
    following = start(admin.siblings.follow(path, take), name="events of siblings")
    try:
        yield
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _still(admin: Admin, asked: AdminRequest) -> bool:
    """Return whether who listens still may: its token or session may have ended meanwhile."""
    try:
        return await admin.gate.still(asked.request, asked.person)
    except FrontlineError:
        return True  # the store is away: that revokes nothing
