"""The operations of the API: one table of them makes the routes and the document."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from starlette.requests import Request

from gateway.admin.dashboard.listeners import Events
from gateway.admin.inputs import NoQuery
from gateway.admin.outputs import Openapi, Report
from gateway.admin.people.lines import change
from gateway.admin.people.persons import Doorkeeper, Person
from gateway.admin.wire import Refused
from gateway.ports.people import Role
from gateway.settings.whole import Settings
from gateway.shell.call.services import Services
from gateway.shell.catalogue.tenants import Serving

if TYPE_CHECKING:
    from gateway.admin.jobs.jobs import Jobs

ALL = "*"
"""Every tenant, where that makes sense."""


class Siblings(Protocol):
    """The other processes of this server."""

    async def gather(self, path: str, method: str = "GET") -> list[bytes]:
        """The answers to a request, of those that answer."""

    async def follow(self, path: str, take: Callable[[bytes], None]) -> None:
        """Take the events of all their streams, until it is cancelled."""


NEWS = {
    "flag": "flags",
    "mode": "mode",
    "published": "catalogue",
    "rolled back": "catalogue",
}
"""The trail's word for a change -> that of the events, where it is news to who listens."""


@dataclass(slots=True)
class Admin:
    """The services and settings that the handlers share."""

    settings: Settings
    services: Callable[[], Services]
    jobs: Jobs
    document: Openapi
    events: Events
    gate: Doorkeeper
    siblings: Siblings | None = None
    """None: this process is all there is."""
    ticket: Callable[[str], str] | None = None
    """Makes a ticket for a sentence of that tenant by microphone; None: there are none."""

    def tenant(self, given: str) -> str:
        """The tenant that is meant, the default if none is named."""
        return given or self.settings.tenant.default

    def scope(self, given: str) -> str:
        """The same as a filter of the store: empty for all tenants."""
        return "" if given == ALL else self.tenant(given)

    def serving(self, given: str) -> Serving:
        """Return the catalogue that answers that tenant now. Raises ``Refused`` (404)."""
        tenant = self.tenant(given)
        serving = self.services().tenants.get(tenant)
        if serving is None:
            raise Refused(404, "not_found", f"no catalogue is live for tenant {tenant}", "tenant")
        return serving


@dataclass(frozen=True, slots=True)
class AdminRequest:
    """A request, read and checked."""

    request: Request
    query: Any
    """An instance of ``Operation.query``."""
    body: Any
    """An instance of ``Operation.body``; None where there is none."""
    person: Person
    """The one who asks, who may do this to the tenant that is named."""

    def named(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    async def note(
        self, admin: Admin, what: str, tenant: str, subject: str = "", detail: str = ""
    ) -> None:
        """Add to the trail what this person has changed."""
        line = change(self.person.id, self.person.name, what, tenant, subject, detail)
        await asyncio.to_thread(admin.services().store.note, line)
        if what in NEWS:
            admin.events.changed(NEWS[what], tenant)

    def noting(self, admin: Admin) -> Callable[[Report], Awaitable[None]]:
        """Return what a job tells of the catalogue that it published for this person."""

        async def published(report: Report) -> None:
            told = f"{report.source}; {report.entries} entries {report.entry}".strip()
            await self.note(admin, "published", report.tenant, str(report.catalogue), told)

        return published


Handler = Callable[[Admin, AdminRequest], Awaitable[object]]
"""Answers with a struct, or with a ``Response`` of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    handler: Handler
    summary: str
    answer: Any
    """Type of the answer's body."""
    least: Role | None = Role.ADMIN
    """The least role that may; None: anybody, even without a token."""
    tenants: Literal["named", "found", "none"] = "named"
    """The way it is kept to the person's tenants: the query or body names one, which is checked
    before the handler; the handler looks at what it finds; or it shows nothing of any tenant's."""
    changes: str = ""
    """The trail's word for what it changes; empty if it changes nothing that lasts."""
    media: tuple[str, ...] = ()
    """The content types of its answer, where that is not JSON."""
    status: int = 200
    query: type[Any] = NoQuery
    body: type[Any] | None = None
    table: bool = False
    """The body is a table (CSV), read by the handler itself."""
    streams: bool = False
    """True if the answer is streamed as it comes about, given ``Accept: text/event-stream``."""
    endless: bool = False
    """The answer ends when the client leaves."""
    named: Any = str
    """The JSON Schema of the name in the path."""
    links: Mapping[str, Any] = field(default_factory=dict)
    """Operations that take what this one answers: Link objects, by name."""
    refuses: tuple[int, ...] = ()
    """Error statuses beyond those that any operation may answer."""
