"""Twilio's REST API, as far as calls in progress need it."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl

from tests.providers.server import Answer
from tests.providers.twilio import ACCOUNT
from tests.providers.websocket import Socket
from tests.providers.wire import Request


class TwilioApi:
    """One account; ``updates`` is what was asked for, each with the call it was asked of."""

    def __init__(self, token: str) -> None:
        self._login = base64.b64encode(f"{ACCOUNT}:{token}".encode()).decode()
        self.updates: list[tuple[str, dict[str, str]]] = []

    async def answer(self, request: Request) -> Answer:
        begin = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/"
        if request.headers.get("authorization") != f"Basic {self._login}":
            return self.refusal(401, "20003", request)
        if request.method != "POST" or not request.path.startswith(begin):
            return self.refusal(404, "20404", request)
        call = request.path.removeprefix(begin).removesuffix(".json")
        form = dict(parse_qsl(request.body.decode()))
        self.updates.append((call, form))
        return Answer.json({"sid": call, "status": form.get("Status", "in-progress")})

    def refusal(self, status: int, code: str, request: Request) -> Answer:
        told = {"code": int(code or 20500), "message": f"no: {request.path}", "status": status}
        return Answer.json(told, status)

    def welcome(self, request: Request) -> Answer | dict[str, str]:
        return self.refusal(404, "20404", request)

    async def talk(self, request: Request, socket: Socket) -> None:
        raise AssertionError("there are no sockets")
