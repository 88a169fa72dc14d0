"""``/admin/v1``: the table of what can be asked, and how a request goes through it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from gateway.admin import (
    asking,
    changes,
    entries,
    inputs,
    loglevel,
    misses,
    openapi,
    outputs,
    reports,
    seeding,
)
from gateway.admin.dashboard import course, events, microphone, sound, status
from gateway.admin.dashboard.listeners import Events
from gateway.admin.exports import MEDIA
from gateway.admin.jobs.jobs import Jobs
from gateway.admin.operations import ALL, Admin, AdminRequest, Operation, Siblings
from gateway.admin.people import signing_in, tokens, trail
from gateway.admin.people.persons import STRANGER, Doorkeeper, Person
from gateway.admin.wire import (
    Refused,
    read_body,
    read_names,
    read_query,
    refusal_of,
    written,
)
from gateway.errors import FrontlineError
from gateway.ports.people import Role
from gateway.settings.whole import Settings
from gateway.shell.call.services import Services

log = logging.getLogger("frontline.admin")


async def document(admin: Admin, asked: AdminRequest) -> outputs.Openapi:
    """This table, described."""
    return admin.document


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        method="GET",
        path="/stats",
        handler=reports.stats,
        least=Role.VIEWER,
        summary="How turns went in a window: counts and rates, by path, intent and entry.",
        query=inputs.StatsQuery,
        answer=outputs.Stats,
    ),
    Operation(
        method="GET",
        path="/latency",
        handler=reports.latencies,
        least=Role.VIEWER,
        summary="Percentiles of the turns of a window, by path and stage.",
        query=inputs.LatencyQuery,
        answer=outputs.Latency,
    ),
    Operation(
        method="GET",
        path="/course",
        handler=course.course,
        least=Role.VIEWER,
        summary="How a window went, piece by piece.",
        query=inputs.CourseQuery,
        answer=outputs.Course,
    ),
    Operation(
        method="GET",
        path="/status",
        handler=status.status,
        least=Role.VIEWER,
        summary="How the server does now, what a window's hits have saved, and alerts.",
        query=inputs.StatusQuery,
        answer=outputs.Status,
    ),
    Operation(
        method="GET",
        path="/events",
        handler=events.events,
        least=Role.VIEWER,
        summary="What happens, as server-sent events: turn, changed, dropped.",
        query=inputs.EventsQuery,
        answer=str,
        media=("text/event-stream",),
        endless=True,
    ),
    Operation(
        method="GET",
        path="/clips",
        handler=sound.clip,
        least=Role.VIEWER,
        summary="A clip of the live catalogue, or of the one that is named, to be listened to.",
        query=inputs.ClipQuery,
        answer=str,
        media=("audio/wav",),
        refuses=(404,),
    ),
    Operation(
        method="GET",
        path="/entries",
        handler=entries.entries,
        least=Role.VIEWER,
        summary="The live entries, searched and paged.",
        query=inputs.EntriesQuery,
        answer=outputs.Entries,
        links={
            "entry": {
                "operationId": "one_entry",
                "parameters": {
                    "id": "$response.body#/entries/0/id",
                    "tenant": "$response.body#/tenant",
                },
            }
        },
        refuses=(404,),
    ),
    Operation(
        method="POST",
        path="/entries",
        handler=entries.add,
        least=Role.EDITOR,
        changes="published",
        summary="Add an entry and publish.",
        query=inputs.TenantQuery,
        body=inputs.EntryIn,
        answer=outputs.Report,
        status=201,
        streams=True,
        refuses=(404, 409),
    ),
    Operation(
        method="GET",
        path="/entries/{id:path}",
        handler=entries.one_entry,
        least=Role.VIEWER,
        summary="One live entry.",
        query=inputs.TenantQuery,
        answer=outputs.OneEntry,
        refuses=(404,),
    ),
    Operation(
        method="PUT",
        path="/entries/{id:path}",
        named=inputs.EntryName,
        handler=entries.put,
        least=Role.EDITOR,
        changes="published",
        summary="Replace or add an entry and publish: with If-Match only the state with that ETag, "
        "with If-None-Match: * only a new one.",
        query=inputs.TenantQuery,
        body=inputs.EntryIn,
        answer=outputs.Report,
        streams=True,
        refuses=(404, 409, 412, 428),
    ),
    Operation(
        method="DELETE",
        path="/entries/{id:path}",
        handler=entries.delete,
        least=Role.EDITOR,
        changes="published",
        summary="Remove an entry and publish; with If-Match only the state with that ETag.",
        query=inputs.TenantQuery,
        answer=outputs.Report,
        streams=True,
        refuses=(404, 409, 412, 422, 428),
    ),
    Operation(
        method="GET",
        path="/catalogues",
        handler=changes.catalogues,
        least=Role.VIEWER,
        summary="The catalogues of a tenant, newest first.",
        query=inputs.CataloguesQuery,
        answer=outputs.Catalogues,
        links={
            "rollback": {
                "operationId": "rollback",
                "requestBody": {
                    "tenant": "$response.body#/tenant",
                    "number": "$response.body#/catalogues/0/number",
                },
            }
        },
    ),
    Operation(
        method="POST",
        path="/catalogues/rollback",
        handler=changes.rollback,
        least=Role.EDITOR,
        changes="rolled back",
        summary="Make an earlier catalogue live again.",
        body=inputs.RollbackIn,
        answer=outputs.Live,
        refuses=(404, 409, 428),
    ),
    Operation(
        method="POST",
        path="/catalogues/publish",
        handler=entries.publish,
        least=Role.EDITOR,
        changes="published",
        summary="Replace, add and remove entries, all at once or not at all; or only check that.",
        body=inputs.PublishIn,
        answer=outputs.Report,
        streams=True,
        refuses=(404, 409, 412, 428),
    ),
    Operation(
        method="POST",
        path="/seed",
        handler=seeding.seed,
        least=Role.EDITOR,
        changes="published",
        summary="Check a table (CSV, at most 64 MiB), render and publish it. "
        "Answers with events unless JSON alone is accepted.",
        query=inputs.SeedQuery,
        table=True,
        answer=outputs.Report,
        streams=True,
        refuses=(409, 415),
    ),
    Operation(
        method="GET",
        path="/misses",
        handler=misses.misses,
        least=Role.VIEWER,
        summary="What the cache could not answer, newest first.",
        query=inputs.MissesQuery,
        answer=outputs.Misses,
    ),
    Operation(
        method="GET",
        path="/misses/export",
        handler=misses.export_misses,
        least=Role.VIEWER,
        summary="All that the cache could not answer, as one download.",
        query=inputs.MissesExportQuery,
        answer=str,
        media=MEDIA,
    ),
    Operation(
        method="GET",
        path="/misses/clusters",
        handler=misses.clusters,
        least=Role.VIEWER,
        summary="The newest 5,000 open misses by what they ask, each group with the nearest entry.",
        query=inputs.ClustersQuery,
        answer=outputs.Clusters,
        streams=True,
        refuses=(409, 422),
    ),
    Operation(
        method="POST",
        path="/misses/promote",
        handler=misses.promote,
        least=Role.EDITOR,
        changes="published",
        summary="Add what was asked to an entry, or make it a new one, and publish.",
        body=inputs.PromoteIn,
        answer=outputs.Report,
        streams=True,
        refuses=(404, 409),
    ),
    Operation(
        method="GET",
        path="/turns",
        handler=reports.turns,
        least=Role.VIEWER,
        summary="Turns, newest first.",
        query=inputs.TurnsQuery,
        answer=outputs.Turns,
        links={
            "turn": {
                "operationId": "one_turn",
                "parameters": {"id": "$response.body#/turns/0/id"},
            },
            "flag": {
                "operationId": "flag",
                "requestBody": {"turn": "$response.body#/turns/0/id", "verdict": "wrong"},
            },
            "older": {
                "operationId": "turns",
                "parameters": {"before": "$response.body#/next"},
            },
        },
    ),
    Operation(
        method="GET",
        path="/turns/export",
        handler=reports.export_turns,
        least=Role.VIEWER,
        summary="All turns that are asked for, as one download.",
        query=inputs.TurnsExportQuery,
        answer=str,
        media=MEDIA,
    ),
    Operation(
        method="GET",
        path="/turns/{id}",
        handler=reports.one_turn,
        least=Role.VIEWER,
        tenants="found",
        summary="One turn with its timeline and evidence.",
        answer=outputs.TurnOut,
        refuses=(404,),
    ),
    Operation(
        method="GET",
        path="/calls",
        handler=reports.calls,
        least=Role.VIEWER,
        tenants="found",
        summary="Calls in progress on this server.",
        answer=outputs.Calls,
    ),
    Operation(
        method="POST",
        path="/ask",
        handler=asking.ask,
        least=Role.VIEWER,
        summary="What a caller who says this would be answered, and why: one answer to text, "
        "a list of them to texts (at most 100).",
        body=inputs.AskIn,
        answer=outputs.AskOut | list[outputs.AskOut],
        refuses=(404,),
    ),
    Operation(
        method="POST",
        path="/hear",
        handler=microphone.hear,
        least=Role.VIEWER,
        summary="A ticket for a WebSocket that hears one sentence and writes it down: "
        "no call is made, nothing is recorded.",
        body=inputs.HearIn,
        answer=outputs.HearOut,
        status=201,
        refuses=(404, 409),
    ),
    Operation(
        method="POST",
        path="/flags",
        handler=changes.flag,
        least=Role.EDITOR,
        tenants="found",
        changes="flag",
        summary="Mark what was decided right or wrong, or name the entry it should have been.",
        body=inputs.FlagIn,
        answer=outputs.Flagged,
        refuses=(404, 409),
    ),
    Operation(
        method="GET",
        path="/mode",
        handler=changes.mode,
        least=Role.VIEWER,
        summary="A tenant's mode.",
        query=inputs.TenantQuery,
        answer=outputs.Mode,
        refuses=(404,),
    ),
    Operation(
        method="PUT",
        path="/mode",
        handler=changes.set_mode,
        least=Role.ADMIN,
        changes="mode",
        summary="Answer from the cache (live), only record what would be answered (shadow), "
        "or pass every turn on (off).",
        body=inputs.ModeIn,
        answer=outputs.Mode,
        refuses=(404,),
    ),
    Operation(
        method="POST",
        path="/purge",
        handler=changes.purge,
        least=Role.ADMIN,
        changes="purged",
        summary="Delete a tenant's turns for good: those before a moment, of a call or a caller.",
        body=inputs.PurgeIn,
        answer=outputs.Purged,
    ),
    Operation(
        method="POST",
        path="/session",
        handler=signing_in.sign_in,
        least=None,
        tenants="none",
        summary="Sign in: a cookie for a token, and the proof that changes need with it.",
        body=inputs.SignIn,
        answer=outputs.SessionOut,
        status=201,
    ),
    Operation(
        method="GET",
        path="/session",
        handler=signing_in.session,
        least=Role.VIEWER,
        tenants="none",
        summary="Who asks, and what they may.",
        answer=outputs.SessionOut,
    ),
    Operation(
        method="DELETE",
        path="/session",
        handler=signing_in.sign_out,
        least=Role.VIEWER,
        tenants="none",
        summary="Sign out.",
        answer=outputs.SignedOut,
    ),
    Operation(
        method="GET",
        path="/tokens",
        handler=tokens.tokens,
        least=Role.ADMIN,
        tenants="found",
        summary="The tokens of people and programs, without their secrets.",
        answer=outputs.Tokens,
    ),
    Operation(
        method="POST",
        path="/tokens",
        handler=tokens.make_token,
        least=Role.ADMIN,
        tenants="found",
        changes="token",
        summary="Make a token; its secret is answered this once.",
        body=inputs.TokenIn,
        answer=outputs.TokenMade,
        status=201,
    ),
    Operation(
        method="DELETE",
        path="/tokens/{id}",
        handler=tokens.revoke_token,
        least=Role.ADMIN,
        tenants="found",
        changes="token",
        summary="Revoke a token; it opens nothing from now on.",
        answer=outputs.TokenOut,
        refuses=(404,),
    ),
    Operation(
        method="GET",
        path="/trail",
        handler=trail.trail,
        least=Role.ADMIN,
        summary="Who changed what, newest first.",
        query=inputs.TrailIn,
        answer=outputs.Trail,
    ),
    Operation(
        method="GET",
        path="/trail/export",
        handler=trail.export_trail,
        least=Role.ADMIN,
        summary="All of the trail as one download.",
        query=inputs.TrailExportQuery,
        answer=str,
        media=MEDIA,
    ),
    Operation(
        method="GET",
        path="/log",
        handler=loglevel.log_level,
        least=Role.VIEWER,
        tenants="none",
        summary="How much the server logs.",
        answer=outputs.LogLevel,
    ),
    Operation(
        method="PUT",
        path="/log",
        handler=loglevel.set_log_level,
        least=Role.ADMIN,
        tenants="none",
        changes="log level",
        summary="Log more or less, in all processes of the server, until they end.",
        body=inputs.LogIn,
        answer=outputs.LogLevel,
    ),
    Operation(
        method="GET",
        path="/openapi.json",
        handler=document,
        least=Role.VIEWER,
        tenants="none",
        summary="This document.",
        answer=outputs.Openapi,
    ),
)


PLACE = "/admin/v1"


def mounted(
    settings: Settings,
    services: Callable[[], Services],
    token: str,
    jobs: Jobs,
    listeners: Events | None = None,
    siblings: Siblings | None = None,
    ticket: Callable[[str], str] | None = None,
) -> Mount:
    """All routes at their place. ``services`` is called for each request; ``jobs`` are closed by
    who made them. ``listeners`` are who is told of events; ``ticket``: see ``Admin``."""
    made = routes(settings, services, token, jobs, listeners, siblings, ticket)
    mount = Mount(PLACE, routes=made)
    mount.path_regex = _of_any_character(mount.path_regex)
    return mount


def _of_any_character(path: re.Pattern[str]) -> re.Pattern[str]:
    """A line feed in a path (``%0A``) is a character like any other: without this it would be
    nobody's, and answered before there was a token. An id has at least one."""
    return re.compile(path.pattern.replace("(?P<id>.*)", "(?P<id>.+)"), re.DOTALL)


def routes(
    settings: Settings,
    services: Callable[[], Services],
    token: str,
    jobs: Jobs,
    listeners: Events | None = None,
    siblings: Siblings | None = None,
    ticket: Callable[[str], str] | None = None,
) -> list[BaseRoute]:
    """The routes, to be mounted at ``PLACE``."""
    admin = Admin(
        settings=settings,
        services=services,
        jobs=jobs,
        events=Events() if listeners is None else listeners,
        document=openapi.document(OPERATIONS, version("frontline")),
        gate=Doorkeeper(token, lambda: services().store),
        siblings=siblings,
        ticket=ticket,
    )
    by_path: dict[str, dict[str, Operation]] = {}
    for one in OPERATIONS:
        by_path.setdefault(one.path, {})[one.method] = one
    by_path["/{rest:path}"] = {}
    made = [Route(path, Endpoint(admin, methods)) for path, methods in by_path.items()]
    for route in made:
        route.path_regex = _of_any_character(route.path_regex)
    return list(made)


class Endpoint:
    """All methods of one path; with none of them, the place for paths that are not there."""

    def __init__(self, admin: Admin, methods: Mapping[str, Operation]) -> None:
        self._admin = admin
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, from its token to its answer."""
        request = Request(scope, receive, send)
        try:
            response = await self._answer(request)
        except Refused as refused:
            response = refused.answer()
        except FrontlineError as error:
            response = refusal_of(error).answer()
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception:
            log.exception("%s %s failed", request.method, scope.get("path"))
            response = Refused(500, "bug", "this is our mistake; the log has more").answer()
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        open_to_all = self._methods.get(request.method)
        stranger = open_to_all is not None and open_to_all.least is None
        person = STRANGER if stranger else await self._admin.gate.admit(request)
        operation = self._operation(request.method)
        check_role(operation, person)
        read_names(request.path_params, operation.named)
        query = read_query(request.query_params, operation.query)
        confine(self._admin, operation, query, person)
        body = None if operation.body is None else await read_body(request, operation.body)
        confine(self._admin, operation, body, person)
        asked = AdminRequest(request, query, body, person)
        answer = await operation.handler(self._admin, asked)
        return answer if isinstance(answer, Response) else written(answer, operation.status)

    def _operation(self, method: str) -> Operation:
        if not self._methods:
            raise Refused(404, "not_found", "there is nothing here; see openapi.json")
        operation = self._methods.get(method)
        if operation is None:
            allowed: Sequence[str] = sorted(self._methods)
            headers = {"Allow": ", ".join(allowed)}
            raise Refused(405, "method", f"use {' or '.join(allowed)} here", headers=headers)
        return operation


def check_role(operation: Operation, person: Person) -> None:
    """Raises ``Refused`` (403) where the person's role is too small."""
    if operation.least is not None and person.role < operation.least:
        least, role = operation.least.name.lower(), person.role.name.lower()
        raise Refused(403, "forbidden", f"this takes the role {least}; this token has {role}")


def confine(admin: Admin, operation: Operation, given: Any, person: Person) -> None:
    """Keep a request to the person's tenants: raises ``Refused`` (403) if it names another. Where
    it names none, somebody with one tenant means that one."""
    if operation.tenants != "named" or not person.tenants or not hasattr(given, "tenant"):
        return
    if not given.tenant and len(person.tenants) == 1:
        given.tenant = person.tenants[0]
    if given.tenant == ALL or not person.sees(admin.tenant(given.tenant)):
        theirs = ", ".join(person.tenants)
        raise Refused(403, "forbidden", f"this token is for {theirs}: name one of these", "tenant")
