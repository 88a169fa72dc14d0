"""The routes on which workers of one machine ask each other; to anybody else they are not there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway import logs
from gateway.admin import loglevel
from gateway.admin.dashboard import events, status
from gateway.admin.dashboard.listeners import Events
from gateway.admin.reports import CALLS, own_calls
from gateway.admin.wire import written
from gateway.settings.whole import Settings
from gateway.shell.call.services import Services
from gateway.workers.peers import Peers


def between_workers(
    peers: Peers, settings: Settings, services: Callable[[], Services], hub: Events
) -> list[BaseRoute]:
    """The routes: calls, how the process does, what happens in it, how much it logs."""

    def asked_by_worker(answer: Callable[[Request], Awaitable[Response]]) -> Any:
        async def endpoint(request: Request) -> Response:
            return await answer(request) if peers.known(request) else Response(status_code=404)

        return endpoint

    async def calls(request: Request) -> Response:
        return written(own_calls(services()))

    async def does(request: Request) -> Response:
        tenant = request.query_params.get("tenant", "")
        return written(await status.own_status(services(), tenant, settings.budget.ttfa_ms))

    async def happens(request: Request) -> Response:
        return events.own_events(hub, request.query_params.get("tenant", ""))

    async def says(request: Request) -> Response:
        logs.set_level(request.query_params["level"])
        return Response()

    told = {CALLS: calls, status.PEERS: does, events.PEERS: happens}
    return [
        *(Route(path, asked_by_worker(answer)) for path, answer in told.items()),
        Route(loglevel.PEERS, asked_by_worker(says), methods=["PUT"]),
    ]
