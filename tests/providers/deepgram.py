"""Deepgram: recognisers (``/v1/listen``, ``/v2/listen``) and voices (``/v1/speak``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.providers import deepgram_flux, deepgram_listen, deepgram_speak
from tests.providers.hearing import Script
from tests.providers.server import Answer
from tests.providers.websocket import Socket
from tests.providers.wire import Request

REQUEST_ID = "00000000-0000-4000-8000-000000000001"
DEMO = Script.of("hello", "when do you open on saturday", "thank you goodbye", gap=6.0)

ERRORS = {
    400: ("Bad Request", "The request is not valid."),
    401: ("INVALID_AUTH", "Invalid credentials."),
    402: ("ASR_PAYMENT_REQUIRED", "Project does not have enough credits."),
    403: ("INSUFFICIENT_PERMISSIONS", "User does not have sufficient permissions."),
    404: ("NOT_FOUND", "Not found."),
    429: ("TOO_MANY_REQUESTS", "Too many requests. Please try again later"),
    500: ("INTERNAL_SERVER_ERROR", "Internal server error."),
    503: ("SERVICE_UNAVAILABLE", "Service unavailable."),
}
"""Code and message, by status."""


class Deepgram:
    """``tests.providers.server.Provider``."""

    def __init__(
        self,
        script: Script | Callable[[Request], Script] = DEMO,
        *,
        key: str = "",
        idle: float = deepgram_listen.IDLE,
    ) -> None:
        """``script``: what every connection hears; ``key``: the only one it takes, else any;
        ``idle``: seconds without a message that ``/v1/listen`` waits."""
        self.idle = idle
        self.script = script
        self.key = key

    async def answer(self, request: Request) -> Answer:
        if not self._may_enter(request):
            return self._error(401)
        if (request.method, request.path) != ("POST", "/v1/speak"):
            return self._error(404)
        answer = await deepgram_speak.answer(request)
        if isinstance(answer, str):
            return self._error(400, answer)
        answer.headers |= {"dg-request-id": REQUEST_ID}
        return answer

    def refusal(self, status: int, code: str, request: Request) -> Answer:
        return self._error(status, code=code)

    def welcome(self, request: Request) -> Answer | dict[str, str]:
        if not self._may_enter(request):
            return self._error(401)
        rules = {
            "/v1/listen": deepgram_listen.objection,
            "/v2/listen": deepgram_flux.objection,
            "/v1/speak": deepgram_speak.objection,
        }
        if request.path not in rules:
            return self._error(404)
        try:
            problem = rules[request.path](request)
        except ValueError:
            problem = "Bad Request: a parameter is no number"
        return self._error(400, problem) if problem else {"dg-request-id": REQUEST_ID}

    async def talk(self, request: Request, socket: Socket) -> None:
        script = self.script if isinstance(self.script, Script) else self.script(request)
        match request.path:
            case "/v1/listen":
                await deepgram_listen.Listening(request, socket, script, REQUEST_ID).run(self.idle)
            case "/v2/listen":
                await deepgram_flux.Flux(request, socket, script, REQUEST_ID).run()
            case _:
                await deepgram_speak.talk(request, socket, REQUEST_ID)

    def _may_enter(self, request: Request) -> bool:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if not key:  # browsers: the subprotocols "token, KEY"
            scheme, _, key = request.headers.get("sec-websocket-protocol", "").partition(", ")
        return scheme.lower() in ("token", "bearer") and bool(key) and self.key in ("", key)

    def _error(self, status: int, message: str = "", code: str = "") -> Answer:
        usual, text = ERRORS.get(status, ERRORS[500 if status >= 500 else 400])
        body: dict[str, Any] = {"err_code": code or usual, "err_msg": message or text}
        answer = Answer.json({**body, "request_id": REQUEST_ID}, status)
        answer.headers = {"dg-request-id": REQUEST_ID, "dg-error": message or text}
        return answer
