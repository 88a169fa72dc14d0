"""Who is believed where a request comes from."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from gateway.serving.proxies import Forwarded, Proxies
from gateway.settings.whole import Settings
from gateway.transports.signing import public_address
from gateway.wiring.app import uvicorn_options

PROXIES = Proxies(["10.1.0.0/16", "192.0.2.7", "2001:db8::/32"])
SAID = {
    "X-Forwarded-For": "8.8.8.8, 203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "p.example",
    "Forwarded": "for=6.6.6.6",
}


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("192.0.2.7", True),
        ("2001:db8:1::9", True),
        ("10.2.0.1", False),
        ("192.0.2.8", False),
        ("127.0.0.1", False),
        ("", False),
        ("localhost", False),
    ],
)
def test_who_is_trusted(address: str, trusted: bool) -> None:
    assert PROXIES.trust(address) is trusted
    assert not Proxies().trust(address)


@pytest.mark.parametrize(
    ("said", "caller"),
    [
        ([b"203.0.113.9"], "203.0.113.9"),
        ([b"6.6.6.6, 203.0.113.9"], "203.0.113.9"),  # the first is what the caller made up
        ([b"6.6.6.6", b"203.0.113.9"], "203.0.113.9"),
        ([b"203.0.113.9, 10.1.0.1, 192.0.2.7"], "203.0.113.9"),
        ([b"203.0.113.9:4711"], "203.0.113.9"),
        ([b"[2001:4860::1]:443"], "2001:4860::1"),
        ([b"2001:4860::1"], "2001:4860::1"),
        ([b"10.1.0.1"], ""),
        ([b"203.0.113.9, unknown"], ""),
        ([b"203.0.113.9,"], ""),
        ([b"\xff"], ""),
        ([], ""),
    ],
)
def test_the_caller_is_the_last_that_is_no_proxy(said: list[bytes], caller: str) -> None:
    assert PROXIES.caller([(b"host", b"x"), *((b"x-forwarded-for", one) for one in said)]) == caller


def seen(connection: HTTPConnection) -> dict[str, object]:
    socket = connection.scope["type"] == "websocket"
    return {
        "client": connection.client.host if connection.client else "",
        "scheme": connection.url.scheme,
        "address": public_address(connection, "", socket=socket),
        "forwarded": sorted(one for one in connection.headers if "forwarded" in one),
    }


async def page(request: Request) -> JSONResponse:
    return JSONResponse(seen(request))


async def call(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json(seen(socket))
    await socket.close()


def asked(peer: str) -> list[dict[str, object]]:
    routes = [Route("/", page), WebSocketRoute("/call", call)]
    app = Starlette(routes=routes, middleware=[Middleware(Forwarded, proxies=PROXIES)])
    client = TestClient(app, client=(peer, 50000))
    with client.websocket_connect("/call", headers=SAID) as socket:
        return [client.get("/", headers=SAID).json(), socket.receive_json()]


def test_a_trusted_proxy_is_believed() -> None:
    kept = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]
    for answer, scheme in zip(asked("10.1.2.3"), ("https", "wss"), strict=True):
        assert (answer["client"], answer["scheme"]) == ("203.0.113.9", scheme)
        assert str(answer["address"]).startswith(f"{scheme}://p.example/")
        assert answer["forwarded"] == kept


@pytest.mark.parametrize("peer", ["203.0.113.9", "127.0.0.1"])
def test_a_stranger_is_not(peer: str) -> None:
    for answer, scheme in zip(asked(peer), ("http", "ws"), strict=True):
        assert (answer["client"], answer["scheme"]) == (peer, scheme)
        assert str(answer["address"]).startswith(f"{scheme}://testserver/")
        assert answer["forwarded"] == []


def test_the_server_itself_believes_nobody() -> None:
    assert uvicorn_options(Settings())["proxy_headers"] is False
