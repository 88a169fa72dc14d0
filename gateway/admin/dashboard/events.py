"""``GET /admin/v1/events``: what happens, told at once to whoever listens.

An event says that there is something new and where, never what was said: the listener asks for that
with its token.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from gateway.admin.inputs import EventsQuery
from gateway.admin.operations import Admin, AdminRequest


async def events(admin: Admin, asked: AdminRequest) -> Response:
    """The events of a tenant, as long as the client listens."""
    query: EventsQuery = asked.query
    hub = admin.events
    listener = hub.listen(admin.scope(query.tenant))

    async def stream() -> AsyncIterator[bytes]:
        try:
            async for event in listener.events():
                yield event
        finally:
            hub.leave(listener)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(), 200, headers, "text/event-stream")
