"""``/admin/v1``: the table of what can be asked, and how a request goes through it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from gateway.admin import (
    asking,
    changes,
    entries,
    inputs,
    misses,
    openapi,
    outputs,
    reports,
    seeding,
)
from gateway.admin.jobs.jobs import Jobs
from gateway.admin.operations import Admin, AdminRequest, Operation, Siblings
from gateway.admin.wire import (
    Refused,
    check_token,
    read_body,
    read_names,
    read_query,
    refusal_of,
    written,
)
from gateway.errors import FrontlineError
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
        summary="How turns went in a window: counts and rates, by path, intent and entry.",
        query=inputs.StatsQuery,
        answer=outputs.Stats,
    ),
    Operation(
        method="GET",
        path="/latency",
        handler=reports.latencies,
        summary="Percentiles of the newest turns of this server, by path and stage.",
        query=inputs.LatencyQuery,
        answer=outputs.Latency,
    ),
    Operation(
        method="GET",
        path="/entries",
        handler=entries.entries,
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
        summary="Replace or add an entry and publish.",
        query=inputs.TenantQuery,
        body=inputs.EntryIn,
        answer=outputs.Report,
        streams=True,
        refuses=(404, 409),
    ),
    Operation(
        method="DELETE",
        path="/entries/{id:path}",
        handler=entries.delete,
        summary="Remove an entry and publish.",
        query=inputs.TenantQuery,
        answer=outputs.Report,
        streams=True,
        refuses=(404, 409, 422),
    ),
    Operation(
        method="GET",
        path="/catalogues",
        handler=changes.catalogues,
        summary="All catalogues of a tenant, newest first.",
        query=inputs.TenantQuery,
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
        summary="Make an earlier catalogue live again.",
        body=inputs.RollbackIn,
        answer=outputs.Live,
        refuses=(404, 409),
    ),
    Operation(
        method="POST",
        path="/seed",
        handler=seeding.seed,
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
        summary="What the cache could not answer, newest first.",
        query=inputs.MissesQuery,
        answer=outputs.Misses,
    ),
    Operation(
        method="GET",
        path="/misses/clusters",
        handler=misses.clusters,
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
        path="/turns/{id}",
        handler=reports.one_turn,
        summary="One turn with its timeline and evidence.",
        answer=outputs.TurnOut,
        refuses=(404,),
    ),
    Operation(
        method="GET",
        path="/calls",
        handler=reports.calls,
        summary="Calls in progress on this server.",
        answer=outputs.Calls,
    ),
    Operation(
        method="POST",
        path="/ask",
        handler=asking.ask,
        summary="What a caller who says this would be answered, and why: one answer to text, "
        "a list of them to texts (at most 100).",
        body=inputs.AskIn,
        answer=outputs.AskOut | list[outputs.AskOut],
        refuses=(404,),
    ),
    Operation(
        method="POST",
        path="/flags",
        handler=changes.flag,
        summary="Mark what was decided right or wrong, or name the entry it should have been.",
        body=inputs.FlagIn,
        answer=outputs.Flagged,
        refuses=(404, 409),
    ),
    Operation(
        method="GET",
        path="/mode",
        handler=changes.mode,
        summary="A tenant's mode.",
        query=inputs.TenantQuery,
        answer=outputs.Mode,
        refuses=(404,),
    ),
    Operation(
        method="PUT",
        path="/mode",
        handler=changes.set_mode,
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
        summary="Delete a tenant's turns from before a moment, for good.",
        body=inputs.PurgeIn,
        answer=outputs.Purged,
    ),
    Operation(
        method="GET",
        path="/openapi.json",
        handler=document,
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
    siblings: Siblings | None = None,
) -> Mount:
    """All routes at their place. ``services`` is called for each request; ``jobs`` are closed by
    who made them."""
    mount = Mount(PLACE, routes=routes(settings, services, token, jobs, siblings))
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
    siblings: Siblings | None = None,
) -> list[BaseRoute]:
    """The routes, to be mounted at ``PLACE``."""
    if not token:
        raise ValueError("the admin routes need a token: an empty one would let everybody in")
    admin = Admin(
        settings=settings,
        services=services,
        jobs=jobs,
        document=openapi.document(OPERATIONS, version("frontline")),
        siblings=siblings,
    )
    by_path: dict[str, dict[str, Operation]] = {}
    for one in OPERATIONS:
        by_path.setdefault(one.path, {})[one.method] = one
    by_path["/{rest:path}"] = {}
    made = [Route(path, Endpoint(admin, methods, token)) for path, methods in by_path.items()]
    for route in made:
        route.path_regex = _of_any_character(route.path_regex)
    return list(made)


class Endpoint:
    """All methods of one path; with none of them, the place for paths that are not there."""

    def __init__(self, admin: Admin, methods: Mapping[str, Operation], token: str) -> None:
        self._admin = admin
        self._methods = methods
        self._token = token

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
        check_token(request, self._token)
        operation = self._operation(request.method)
        read_names(request.path_params, operation.named)
        query = read_query(request.query_params, operation.query)
        body = None if operation.body is None else await read_body(request, operation.body)
        answer = await operation.handler(self._admin, AdminRequest(request, query, body))
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
