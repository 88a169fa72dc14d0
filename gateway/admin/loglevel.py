"""``/admin/v1/log``: how much is logged, changed while the server runs."""

from __future__ import annotations

import msgspec

from gateway import logs
from gateway.admin.inputs import LogIn
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import LogLevel
from gateway.admin.wire import Refused

PEERS = "/peer/log"
"""The path on which a worker tells the others to log more or less."""


async def log_level(admin: Admin, asked: AdminRequest) -> LogLevel:
    """The level of this process; its siblings have been told the same."""
    return msgspec.convert({"level": logs.level()}, LogLevel)


async def set_log_level(admin: Admin, asked: AdminRequest) -> LogLevel:
    """Set it in every process of the server, until it is set again or the process ends."""
    body: LogIn = asked.body
    if asked.person.tenants:
        message = "the log is of all tenants: this takes an admin of all of them"
        raise Refused(403, "forbidden", message)
    logs.set_level(body.level)
    if admin.siblings is not None:
        await admin.siblings.gather(f"{PEERS}?level={body.level}", "PUT")
    await asked.note(admin, "log level", "", "", body.level)
    return LogLevel(level=body.level)
