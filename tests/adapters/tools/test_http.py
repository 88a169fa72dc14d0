"""Tools that are requests, on a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.adapters.tools.http import MOST_BYTES, Asked, HttpTools, hosts_of
from gateway.tooling import Kind, Tool, ToolFailed, ToolSpec
from tests.adapters.tools.shop import Route, Shop, moved
from tests.providers.behaviour import Behaviour
from tests.providers.server import Answer, Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

KEY = "tok-9f8e7d"


@contextlib.asynccontextmanager
async def opened(
    path: str = "/orders/{order_id}",
    *,
    routes: dict[str, Route] | None = None,
    method: str = "GET",
    hosts: tuple[str, ...] = (),
    url: str = "",
    **spec: Any,
) -> AsyncIterator[tuple[Tool, Shop, Server]]:
    """A tool that asks a shop."""
    shop = Shop(routes or {})
    async with Server(shop) as server:
        address = url or server.http + path
        declared = ToolSpec(name="orders", description="d", parameters={}, **spec)
        asked = Asked(
            method=method,
            url=address,
            headers={"Authorization": f"Bearer {KEY}"},
            hosts=hosts_of(server.http, hosts),
            secrets=frozenset({KEY}),
        )
        tools = HttpTools([(declared, asked)])
        try:
            yield tools.tools[0], shop, server
        finally:
            await tools.close()


async def failed(tool: Tool, **arguments: Any) -> ToolFailed:
    with pytest.raises(ToolFailed) as caught:
        await tool.run(arguments)
    return caught.value


async def test_arguments_go_into_the_path_and_the_query() -> None:
    routes: dict[str, Route] = {"/orders/a%2Fb": Answer.json({"state": "sent", "days": 2})}
    async with opened(routes=routes) as (tool, shop, _):
        text = await tool.run({"order_id": "a/b", "full": True, "tags": ["x", "y"], "no": None})
        assert text == '{"state":"sent","days":2}'
        [asked] = shop.asked
        assert asked.query == {"full": ["true"], "tags": ["x", "y"]}
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert asked.headers["accept-encoding"] == "identity"


async def test_a_query_of_the_address_is_kept() -> None:
    routes: dict[str, Route] = {"/find": Answer.json([])}
    async with opened("/find?q={text}&n=5", routes=routes) as (tool, shop, _):
        await tool.run({"text": "a&b=c d", "page": 2})
        assert shop.asked[0].query == {"q": ["a&b=c d"], "n": ["5"], "page": ["2"]}


async def test_or_into_the_body() -> None:
    routes: dict[str, Route] = {"/orders/7": lambda request: Answer.json(request.json())}
    async with opened(routes=routes, method="POST") as (tool, _, _):
        text = await tool.run({"order_id": 7, "note": "ring twice", "items": [{"n": 1}]})
        assert json.loads(text) == {"note": "ring twice", "items": [{"n": 1}]}


@pytest.mark.parametrize("order", ["", ".", "..", None, ["a"], {"a": 1}])
async def test_no_argument_can_lead_to_another_path(order: object) -> None:
    async with opened("/orders/{order_id}/state") as (tool, shop, _):
        assert (await failed(tool, order_id=order)).what == "was given what it cannot use"
        assert not shop.asked


@pytest.mark.parametrize(
    ("order", "path"),
    [
        ("../../admin", "/orders/..%2F..%2Fadmin"),
        ("x?admin=1#y", "/orders/x%3Fadmin%3D1%23y"),
        ("a\r\nHost: evil", "/orders/a%0D%0AHost%3A%20evil"),
        ("@evil.example", "/orders/%40evil.example"),
        ("é", "/orders/%C3%A9"),
    ],
)
async def test_whatever_is_in_it(order: str, path: str) -> None:
    async with opened(routes={path: Answer.json("ok")}) as (tool, shop, _):
        assert await tool.run({"order_id": order}) == "ok"
        assert shop.asked[0].head.split(b" ")[1].decode() == path


# --- hosts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_host_is_not_followed(status: int) -> None:
    other = Shop({"/stolen": Answer.json("secrets")})
    async with Server(other) as elsewhere:
        routes: dict[str, Route] = {"/orders/1": moved(f"{elsewhere.http}/stolen", status)}
        async with opened(routes=routes) as (tool, _, _):
            error = await failed(tool, order_id="1")
            assert error.what == "was sent to a host that may not be asked"
            assert not other.asked, "not even connected to"


@pytest.mark.parametrize(
    "to",
    [
        *("//127.0.0.2:{port}/x", "http://localhost:{port}/x", "http://127.0.0.1:1/x"),
        *("https://127.0.0.1/x", "http://u:p@127.0.0.1:{port}/x", "file:///etc/passwd"),
        *("http://127.0.0.1:99999/x", "http://[/x"),
    ],
)
async def test_nor_to_another_name_port_or_scheme_of_the_same(to: str) -> None:
    routes: dict[str, Route] = {}
    async with opened(routes=routes) as (tool, shop, server):
        shop.routes = {"/orders/1": moved(to.format(port=server.port))}
        error = await failed(tool, order_id="1")
        assert error.reason in ("host", "address")
        assert len(shop.asked) == 1


async def test_within_the_hosts_it_is_followed_but_not_for_ever() -> None:
    routes: dict[str, Route] = {
        "/orders/1": moved("/v2/1"),
        "/v2/1": Answer.json("here"),
        "/orders/2": moved("/orders/2"),
    }
    async with opened(routes=routes) as (tool, shop, _):
        assert await tool.run({"order_id": "1"}) == "here"
        assert (await failed(tool, order_id="2")).what == "was sent from place to place"
        assert len(shop.asked) == 2 + 4


async def test_another_allowed_host_is_not_told_the_secrets_of_the_first() -> None:
    other = Shop({"/orders/1": Answer.json("here")})
    async with Server(other) as elsewhere:
        routes: dict[str, Route] = {"/orders/1": moved(f"{elsewhere.http}/orders/1")}
        async with opened(routes=routes, hosts=("x",)) as (tool, _, server):
            hosts = (f"127.0.0.1:{server.port}", f"127.0.0.1:{elsewhere.port}")
            tool._asked = Asked(  # type: ignore[attr-defined]
                method="GET",
                url=f"{server.http}/orders/{{order_id}}",
                headers={"Authorization": KEY},
                hosts=hosts_of("", hosts),
            )
            assert await tool.run({"order_id": "1"}) == "here"
            assert "authorization" not in other.asked[0].headers


async def test_what_changes_things_is_never_sent_elsewhere() -> None:
    routes: dict[str, Route] = {"/orders/1": moved("/v2/1", 307), "/v2/1": Answer.json("x")}
    async with opened(routes=routes, method="POST") as (tool, shop, _):
        assert (await failed(tool, order_id="1")).what == "was sent elsewhere"
        assert len(shop.asked) == 1


async def test_a_host_that_is_not_allowed_is_never_asked() -> None:
    async with opened(hosts=("shop.example.com",)) as (tool, shop, _):
        assert (await failed(tool, order_id="1")).reason == "host"
        assert not shop.asked


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with opened(routes={"/orders/1": Answer.json("direct")}) as (tool, _, _):
        assert await tool.run({"order_id": "1"}) == "direct"


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "what", "again"),
    [
        (404, "found nothing of that kind", False),
        (401, "may not be used now", False),
        (403, "may not be used now", False),
        (400, "did not accept what it was given", False),
        (429, "is out of order now", True),
        (500, "is out of order now", True),
        (304, "did not accept what it was given", False),
    ],
)
async def test_a_bad_answer_is_a_plain_sentence(status: int, what: str, again: bool) -> None:
    async with opened() as (tool, _, server):
        server.next(Behaviour(status=status))
        error = await failed(tool, order_id="1")
        assert (error.what, error.again) == (what, again)


async def test_so_is_a_lost_connection() -> None:
    async with opened(routes={"/orders/1": Answer.json("x" * 100)}) as (tool, _, server):
        server.next(Behaviour(reset_at="headers"))
        error = await failed(tool, order_id="1")
        assert error.what == "cannot be reached now" and error.again
        assert error.kind is Kind.UNREACHABLE
        await server.refuse()
        assert (await failed(tool, order_id="1")).what == "cannot be reached now"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(204), "Done."),
        (Answer(content_type="text/plain", body=b" Sent.\n"), "Sent."),
        (Answer(content_type="text/plain; charset=latin-1", body=b"caf\xe9"), "café"),
        (Answer(content_type="application/json", body=b"{not json"), "{not json"),
        (Answer(content_type="application/problem+json", body=b'{"a": 1}'), '{"a":1}'),
        (Answer(content_type="application/json", body=b"[" * 30_000), "[" * 30_000),
        (Answer(content_type="text/plain", body=b"\xff\xfe"), "\ufffd\ufffd"),
    ],
)
async def test_answers_become_text(answer: Answer, text: str) -> None:
    async with opened(routes={"/orders/1": answer}) as (tool, _, _):
        assert await tool.run({"order_id": "1"}) == text


async def test_what_is_no_text_is_not_read() -> None:
    sound = Answer(content_type="audio/wav", body=b"RIFF")
    packed = Answer(
        content_type="text/plain", body=b"\x1f\x8b", headers={"content-encoding": "gzip"}
    )
    async with opened(routes={"/orders/1": sound, "/orders/2": packed}) as (tool, _, _):
        assert (await failed(tool, order_id="1")).what == "gave something that is no text"
        assert (await failed(tool, order_id="2")).what == "gave an answer that cannot be read"


async def test_a_huge_answer_is_read_no_further_than_its_bound() -> None:
    huge = Answer(content_type="text/plain", body=b"x" * (20 << 20))
    async with opened(routes={"/orders/1": huge}) as (tool, _, server):
        assert len(await tool.run({"order_id": "1"})) == MOST_BYTES
        assert (await server.journal.closed()).outcome != "whole"


async def test_a_service_that_repeats_the_key_does_not_tell_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    echo: Route = lambda request: Answer.json(dict(request.headers))  # noqa: E731
    async with opened(routes={"/orders/secret-order": echo}) as (tool, _, _):
        text = await tool.run({"order_id": "secret-order"})
    assert "Bearer [secret]" in text and KEY not in text
    ours = [one.getMessage() for one in caplog.records if one.name != "asyncio"]
    assert not [one for one in ours if KEY in one or "secret-order" in one]


async def test_cancelled_its_connection_is_closed() -> None:
    slow = Behaviour(silent_at="headers", silent_for=60.0)
    async with opened(routes={"/orders/1": Answer.json("late")}) as (tool, _, server):
        server.next(slow)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(tool.run({"order_id": "1"}))
            await server.journal.until(0, lambda entry: entry)
            task.cancel()
        assert (await server.journal.closed()).outcome == "cancelled"
        assert await tool.run({"order_id": "1"}) == "late"


@pytest.mark.parametrize(
    "charset",
    [
        *("klingon", "hex", "base64", "rot13", "idna", "punycode", "undefined", "unicode_escape"),
        *('"utf-8', "utf-8\x7f", "a" * 3000, "None", "mbcs", "utf-8;q=1"),
    ],
)
async def test_an_answer_in_an_unknown_charset_fails_as_a_tool_fails(charset: str) -> None:
    strange = Answer(content_type=f"text/plain; charset={charset}", body=b"caf\xe9 " * 1000)
    async with opened("/x", routes={"/x": strange}) as (tool, _, _):
        try:
            text = await tool.run({})
        except ToolFailed as failure:
            assert failure.reason == "charset"
            assert "cannot be read" in str(failure)
        else:
            assert charset in ("utf-8;q=1", '"utf-8', "utf-8\x7f", "None"), charset
            assert text.startswith("caf")


@pytest.mark.parametrize("encoding", ["gzip", "br", "klingon", "identity, gzip", "\x7f", ";"])
async def test_an_answer_in_an_unknown_content_encoding_does_too(encoding: str) -> None:
    strange = Answer(content_type="text/plain", body=b"caf", headers={"content-encoding": encoding})
    async with opened("/x", routes={"/x": strange}) as (tool, _, _):
        assert (await failed(tool)).reason == "encoding"


@pytest.mark.parametrize("encoding", ["", "identity", "Identity", " identity "])
async def test_no_content_encoding_however_it_is_said(encoding: str) -> None:
    plain = Answer(content_type="text/plain", body=b"caf", headers={"content-encoding": encoding})
    async with opened("/x", routes={"/x": plain}) as (tool, _, _):
        assert await tool.run({}) == "caf"
