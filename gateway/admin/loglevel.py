"""``/admin/v1/log``: how much is logged, changed while the server runs."""

from __future__ import annotations

import msgspec

from gateway import logs
from gateway.admin.inputs import LogIn
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import LogLevel
from gateway.admin.wire import Refused


async def log_level(admin: Admin, asked: AdminRequest) -> LogLevel:
    """The level of this process."""
    return msgspec.convert({"level": logs.level()}, LogLevel)


async def set_log_level(admin: Admin, asked: AdminRequest) -> LogLevel:
    """Set it, until it is set again or the process ends."""
    body: LogIn = asked.body
    if asked.person.tenants:
        message = "the log is of all tenants: this takes an admin of all of them"
        raise Refused(403, "forbidden", message)
    logs.set_level(body.level)
    await asked.note(admin, "log level", "", "", body.level)
    return LogLevel(level=body.level)
