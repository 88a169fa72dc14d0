"""``GET /admin/v1/course``: how a window went, piece by piece, for a chart."""

from __future__ import annotations

import asyncio
import time

from gateway.admin.inputs import CourseQuery
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import Course, CoursePoint
from gateway.admin.reports import WINDOWS

PIECES = {"1h": 60.0, "24h": 1800.0, "7d": 3 * 3600.0}
"""Seconds of each piece of a window: some 50 pieces, which a chart of a hand's width can show."""


async def course(admin: Admin, asked: AdminRequest) -> Course:
    """Counts of the window by piece, the oldest first; pieces without turns too."""
    query: CourseQuery = asked.query
    piece = PIECES[query.window]
    until = (time.time() // piece + 1) * piece
    since = until - WINDOWS[query.window]
    store = admin.services().store
    found = await asyncio.to_thread(store.course, admin.scope(query.tenant), since, piece)
    count = round((until - since) / piece)
    return Course(
        tenant=query.tenant if query.tenant == "*" else admin.tenant(query.tenant),
        window=query.window,
        piece_s=piece,
        points=[_point(since + n * piece, found.get(n, {})) for n in range(count)],
    )


def _point(at: float, paths: dict[str, int]) -> CoursePoint:
    return CoursePoint(
        at=at,
        hit=paths.get("cache", 0),
        clarify=paths.get("clarify", 0),
        route=paths.get("route", 0),
        agent=paths.get("agent", 0),
        handoff=paths.get("handoff", 0),
        wrong=paths.get("wrong", 0),
    )
