"""Which host names are ours, and what becomes of requests for others."""

from __future__ import annotations

import logging
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket

from gateway.hosts import KnownHosts, Names, host_name, is_address, own_origins
from gateway.settings_server import ServerSettings

DEFAULT = ServerSettings()
PROXIED = ServerSettings(
    host="0.0.0.0",
    public_url="https://Calls.example.com/line",
    allowed_hosts=("frontline.internal", "*.shop.example"),
)


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


def served(server: ServerSettings = DEFAULT) -> TestClient:
    routes = [Route("/", page), Route("/healthz", page), WebSocketRoute("/call", greet)]
    known = Middleware(KnownHosts, names=Names.of(server))
    return TestClient(Starlette(routes=routes, middleware=[known]))


THIS_MACHINE = [
    "localhost",
    "localhost:8080",
    "LocalHost.",
    "frontline.localhost:8080",
    "127.0.0.1:8080",
    "127.8.9.10",
    "[::1]:8080",
    "[::1]",
    "10.4.0.17:8080",  # how Kubernetes and load balancers ask for a pod
    "[2001:db8::7]:8080",
]
FOREIGN = [
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil-localhost",
    "notlocalhost:8080",
    "calls.example.com",
    "127.0.0.1:8080@evil.example",
    "127.0.0.1:80:80",
    "[evil.example]",
    "2130706433",
    "::1",
    "",
    ":8080",
]


@pytest.mark.parametrize("host", THIS_MACHINE)
@pytest.mark.parametrize("server", [DEFAULT, PROXIED], ids=["default", "proxied"])
def test_this_machine_and_addresses_may_always_be_asked_for(
    host: str, server: ServerSettings
) -> None:
    client = served(server)
    assert client.get("/", headers={"Host": host}).text == "hello"
    with client.websocket_connect("/call", headers={"Host": host}) as call:
        assert call.receive_text() == "hello"


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing"])
@pytest.mark.parametrize("host", FOREIGN)
def test_a_page_that_rebinds_its_name_to_us_is_refused(host: str, path: str) -> None:
    origin = {"Host": host, "Origin": f"http://{host}"}
    answer = served().get(path, headers=origin)
    assert answer.status_code == 421
    error = answer.json()["error"]
    assert (error["code"], error["field"]) == ("unknown_host", "Host")
    assert "server.allowed_hosts (FRONTLINE_SERVER__ALLOWED_HOSTS)" in error["message"]
    assert "server.public_url" in error["message"]
    assert f'"{host}"' in error["message"]


@pytest.mark.parametrize("host", FOREIGN)
def test_its_handshake_is_refused_before_it_is_accepted(host: str) -> None:
    origin = {"Host": host, "Origin": f"http://{host}"}
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        served().websocket_connect("/call", headers=origin),
    ):
        pass
    assert refused.value.status_code == 421
    assert "server.allowed_hosts" in refused.value.json()["error"]["message"]


@pytest.mark.anyio
async def test_a_server_without_denial_responses_closes_the_handshake() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "headers": [(b"host", b"evil.example")], "extensions": {}}
    await KnownHosts(served().app, Names.of(DEFAULT))(scope, None, send)  # type: ignore[arg-type]
    assert [(one["type"], one["code"]) for one in sent] == [("websocket.close", 1008)]


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("calls.example.com", True),
        ("CALLS.example.com:443", True),
        ("calls.example.com.", True),
        ("frontline.internal:8080", True),
        ("a.shop.example", True),
        ("b.a.shop.example", True),
        ("shop.example", False),
        ("evilshop.example", False),
        ("example.com", False),
        ("other.internal", False),
    ],
)
def test_names_of_the_settings(host: str, known: bool) -> None:
    status = served(PROXIED).get("/", headers={"Host": host}).status_code
    assert status == (200 if known else 421)


def test_a_name_to_listen_on_is_one_to_ask_for() -> None:
    assert Names.of(ServerSettings(host="Frontline.lan")).know("frontline.lan")
    assert not Names.of(ServerSettings(host="0.0.0.0")).know("frontline.lan")


def asked(*headers: tuple[bytes, bytes]) -> int:
    """Status of a request with just these headers."""
    status = 0

    async def ask() -> None:
        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)

        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "root_path": ""}
        scope |= {"query_string": b"", "headers": list(headers)}
        await KnownHosts(served().app, Names.of(DEFAULT))(scope, None, send)  # type: ignore[arg-type]

    anyio.run(ask)
    return status


def test_what_sends_no_host_is_no_browser_and_two_hosts_are_none() -> None:
    assert asked() == 200
    assert asked((b"host", b"localhost"), (b"host", b"evil.example")) == 400


def test_an_unknown_name_is_logged_once_and_not_without_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = served()
    with caplog.at_level(logging.WARNING, "frontline"):
        for number in range(100):
            client.get("/", headers={"Host": f"evil{number % 50}.example"})
            client.get("/", headers={"Host": "evil.example"})
    told = [one.getMessage() for one in caplog.records if "evil" in one.getMessage()]
    assert len(told) == len(set(told)) == 20
    assert '"evil.example" is no host of this server' in told[1]


@given(st.text(max_size=80))
def test_any_header_has_a_name_or_none(header: str) -> None:
    name = host_name(header)
    assert name == name.lower()
    assert Names.of(DEFAULT).know(name) == (
        is_address(name) or name == "localhost" or name.endswith(".localhost")
    )


def test_the_public_page_may_call() -> None:
    assert own_origins(DEFAULT) == ()
    assert own_origins(PROXIED) == ("https://calls.example.com",)
    listed = ServerSettings(allowed_origins=("https://a.example",), public_url="http://b:81")
    assert own_origins(listed) == ("https://a.example", "http://b:81")
