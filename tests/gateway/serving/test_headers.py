"""Headers of every page."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from gateway.serving.headers import POLICY, SecurityHeaders


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def own(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello", headers={"Cache-Control": "max-age=60"})


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


def client() -> TestClient:
    routes = [Route("/", page), Route("/own", own), WebSocketRoute("/call", greet)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(SecurityHeaders)]))


def test_every_answer_keeps_the_page_to_its_house() -> None:
    for path, status in [("/", 200), ("/missing", 404)]:
        answer = client().get(path)
        assert answer.status_code == status
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["permissions-policy"] == "microphone=(self)"
        assert answer.headers["cache-control"] == "no-cache"


def test_what_a_route_says_itself_stands() -> None:
    assert client().get("/own").headers["cache-control"] == "max-age=60"


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert rules["default-src"] == rules["form-action"] == "'self'"
    assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in POLICY
    assert "http:" not in POLICY


def test_a_call_goes_through_untouched() -> None:
    with client().websocket_connect("/call") as call:
        assert call.receive_text() == "hello"
