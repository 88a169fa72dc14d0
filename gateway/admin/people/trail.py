"""``/admin/v1/trail``: who changed what."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace

from starlette.responses import Response

from gateway.admin.exports import exported
from gateway.admin.inputs import TrailExportQuery, TrailIn, moment
from gateway.admin.operations import ALL, Admin, AdminRequest
from gateway.admin.outputs import ChangeOut, Trail
from gateway.ports.people import Change, TrailQuery

PAGE = 500
"""Lines read at once for an export."""

COLUMNS = ("id", "at", "who", "name", "what", "tenant", "subject", "detail")


async def trail(admin: Admin, asked: AdminRequest) -> Trail:
    """A page of the trail, newest first."""
    query: TrailIn = asked.query
    wanted = replace(_asked(admin, asked), before=query.before, limit=query.limit)
    found = await asyncio.to_thread(admin.services().store.trail, wanted)
    lines = [ChangeOut(**asdict(one)) for one in found]
    return Trail(changes=lines, next=found[-1].id if len(found) == query.limit else "")


async def export_trail(admin: Admin, asked: AdminRequest) -> Response:
    """All of the trail, newest first."""
    query: TrailExportQuery = asked.query
    store, first = admin.services().store, replace(_asked(admin, asked), limit=PAGE)

    def page(before: str) -> tuple[list[Change], str]:
        found = store.trail(replace(first, before=before))
        return found, found[-1].id if len(found) == PAGE else ""

    return await exported(page, asdict, COLUMNS, query.format, "trail")


def _asked(admin: Admin, asked: AdminRequest) -> TrailQuery:
    query = asked.query
    tenant = admin.tenant(query.tenant)
    tenants = () if query.tenant == ALL else (tenant,)
    return TrailQuery(tenants=tenants, what=query.what, since=moment(query.since))
