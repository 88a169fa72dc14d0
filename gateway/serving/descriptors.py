"""Open files: a process that has none left can neither accept a call nor read its store."""

from __future__ import annotations

import logging
import resource

from gateway.errors import SettingsError

log = logging.getLogger("frontline.connections")

OWN = 256
"""Files of the process itself: libraries, the store and its readers, clips, recognisers."""
PER_CALL = 4
"""Connections a call may have open elsewhere: recogniser, two models, voice."""


def room_for(connections: int, calls: int) -> int:
    """Return how many connections can be served, at most ``connections``, so that the store and the
    calls' own connections always find a descriptor. The process's limit is raised as far as the
    system allows. Raises ``SettingsError`` if not even the calls have room."""
    kept = OWN + PER_CALL * calls
    allowed = _raised(kept + connections)
    room = min(connections, allowed - kept)
    if room < calls:
        raise SettingsError(
            f"server.max_calls = {calls} needs {kept + calls} open files and the system allows "
            f"{allowed}: raise its limit (ulimit -n, LimitNOFILE) or take fewer calls"
        )
    if room < connections:
        log.warning(
            "%d connections at a time, not %d: the system allows %d open files (ulimit -n)",
            *(room, connections, allowed),
        )
    return room


def _raised(wanted: int) -> int:
    """The number of open files allowed, after asking for so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (ValueError, OSError):  # macOS allows fewer than it says
        return soft
    return most
