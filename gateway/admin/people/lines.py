"""Lines of the trail, made wherever something is changed."""

from __future__ import annotations

import itertools
import time

from gateway.ports.people import Change

_numbers = itertools.count()


def line_id(now: float) -> str:
    """A new id for a line: its time in microseconds, and a number against those of one moment."""
    return f"{int(now * 1_000_000):017d}-{next(_numbers) % 10_000:04d}"


def change(
    who: str, name: str, what: str, tenant: str, subject: str = "", detail: str = ""
) -> Change:
    """A line of the trail, as of now."""
    now = time.time()
    return Change(
        id=line_id(now),
        at=now,
        who=who,
        name=name,
        what=what,
        tenant=tenant,
        subject=subject[:200],
        detail=detail[:500],
    )
