"""``GET /admin/v1/events``: what happens, told at once to whoever listens.

An event says that there is something new and where, never what was said: the listener asks for that
with its token.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from gateway.admin.inputs import EventsQuery
from gateway.admin.operations import Admin, AdminRequest
from gateway.errors import FrontlineError

LOOK = 3.0
"""Seconds after which the token of who listens is looked at again, and after which a silent stream
says that it is alive."""


async def events(admin: Admin, asked: AdminRequest) -> Response:
    """The events of a tenant, as long as the client listens and its token lives."""
    query: EventsQuery = asked.query
    hub = admin.events
    listener = hub.listen(admin.scope(query.tenant))

    async def stream() -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop()
        looked = clock.time()
        try:
            async for event in listener.events(LOOK):
                yield event
                if clock.time() - looked >= LOOK:
                    looked = clock.time()
                    if not await _still(admin, asked):
                        listener.drop()
        finally:
            hub.leave(listener)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(), 200, headers, "text/event-stream")


async def _still(admin: Admin, asked: AdminRequest) -> bool:
    """Return whether who listens still may: its token or session may have ended meanwhile."""
    try:
        return await admin.gate.still(asked.request, asked.person)
    except FrontlineError:
        return True  # the store is away: that revokes nothing
