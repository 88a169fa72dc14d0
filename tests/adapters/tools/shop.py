"""A small service for tools, on the local providers' server: paths and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.providers.server import Answer
from tests.providers.websocket import Socket
from tests.providers.wire import Request

Route = Answer | Callable[[Request], Answer]


class Shop:
    """``tests.providers.server.Provider``."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        self.routes = routes
        self.asked: list[Request] = []

    async def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        route = self.routes.get(request.path, Answer.json({"error": "none"}, 404))
        return route if isinstance(route, Answer) else route(request)

    def refusal(self, status: int, code: str, request: Request) -> Answer:
        return Answer.json({"trace": "Traceback (most recent call last)"}, status)

    def welcome(self, request: Request) -> Answer:
        return Answer.json({}, 404)

    async def talk(self, request: Request, socket: Socket) -> None:
        """Never called: no WebSocket is welcome."""


def moved(to: str, status: int = 302) -> Answer:
    return Answer(status, body=b"", headers={"location": to})
