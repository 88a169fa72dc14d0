"""``POST /admin/v1/seed``: a table in, a published catalogue out, told as it comes about."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.admin.inputs import SeedQuery
from gateway.admin.jobs.jobs import Job, Result
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.wire import save_body

QUIET = 15.0
"""Seconds after which a silent stream says that it is still there, so that no proxy drops it."""


async def seed(admin: Admin, asked: AdminRequest) -> Result | Response:
    """Take the table in, then build and publish in a process of its own."""
    query: SeedQuery = asked.query
    tenant = admin.tenant(query.tenant)
    admin.jobs.check(tenant)  # before minutes of uploading, and again when the table is here:
    table = await save_body(asked.request)  # who uploads slowly keeps nobody waiting
    try:
        job = admin.jobs.claim(tenant)
    except BaseException:
        table.close()
        raise
    order = {
        "kind": "table",
        "table": f"/dev/fd/{table.fileno()}",
        "name": query.name or "upload",
        "skip_bad": query.skip_bad,
        "dry_run": query.dry_run,
    }
    admin.jobs.start(admin.services(), job, order, table, asked.noting(admin))
    return await told(asked.request, job, stream=True)


async def told(
    request: Request, job: Job, *, stream: bool = False, status: int = 200
) -> Result | Response:
    """The job as a stream of events, or what came of it when it is over, as the client asks for;
    ``stream`` is for those who ask for neither. Raises ``Refused`` if it failed."""
    accepted = request.headers.get("accept", "")
    if "text/event-stream" in accepted or (stream and "application/json" not in accepted):
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_events(job), status, headers, "text/event-stream")
    return await job.ended()


async def _events(job: Job) -> AsyncIterator[bytes]:
    async for step in job.steps(QUIET):
        yield b": still at it\n\n" if step is None else event("progress", step)
    if job.refused is not None:
        yield event("error", job.refused.failure)
    else:
        yield event("done", job.report)


def event(name: str, data: object) -> bytes:
    """One server-sent event; JSON has no line breaks, so its data is one line."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data))
