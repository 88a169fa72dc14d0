"""Tools of servers made with the official SDK: a program of its own, and one over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from mcp import types

from gateway.adapters.tools import mcp
from gateway.adapters.tools.mcp import McpLimits, McpServer, over_http, over_stdio
from gateway.ports.tools import Tool, ToolFailed
from tests.adapters.tools import mcp_server
from tests.adapters.tools.shop import Shop, moved
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

PROGRAM = Path(mcp_server.__file__)
SECRET = "tok-24680"
NAMES = {"shop_order", "shop_environment", "shop_broken", "shop_endless", "shop_quits", "shop_grow"}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes long to start a program."""
    monkeypatch.setattr(mcp, "CONNECT", 50.0)
    monkeypatch.setattr(mcp, "FIRST_WAIT", 0.0)


@contextlib.asynccontextmanager
async def program(limits: McpLimits | None = None, **env: str) -> AsyncIterator[McpServer]:
    connect = over_stdio([sys.executable, str(PROGRAM)], env)
    server = McpServer("shop", connect, limits or McpLimits())
    server.start()
    try:
        await server.ready()
        yield server
    finally:
        await server.close()


@contextlib.asynccontextmanager
async def over_the_network(path: str = "/mcp") -> AsyncIterator[tuple[McpServer, uvicorn.Server]]:
    app = mcp_server.made().streamable_http_app()
    config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1)
    served = uvicorn.Server(config)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(served.serve())
        while not served.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.01)
        port = served.servers[0].sockets[0].getsockname()[1]
        server = McpServer("shop", over_http(f"http://127.0.0.1:{port}{path}", {}), McpLimits())
        server.start()
        try:
            await server.ready()
            yield server, served
        finally:
            await server.close()
            served.should_exit = True


def named(server: McpServer) -> dict[str, Tool]:
    return {tool.spec.name: tool for tool in server.tools}


async def test_the_tools_of_a_program() -> None:
    limits = McpLimits(
        at_call_start=("order",), from_call={"customer": "caller.number"}, timeout=40.0
    )
    async with program(limits) as server:
        tools = named(server)
        assert set(tools) == NAMES
        order = tools["shop_order"].spec
        assert order.description == "Where an order is."
        assert set(order.parameters["properties"]) == {"order_id", "customer"}
        assert (order.at_call_start, order.idempotent) == (True, True)
        assert order.from_call == {"customer": "caller.number"}
        broken = tools["shop_broken"].spec
        assert (broken.at_call_start, broken.idempotent, broken.from_call) == (False, False, {})
        text = await tools["shop_order"].run({"order_id": "7", "customer": "Ann"})
        assert text == "Order 7 of Ann is on its way."


async def test_it_sees_only_what_it_is_given_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOUSE_SECRET", "ours")
    limits = McpLimits(secrets=frozenset({SECRET}), timeout=40.0)
    async with program(limits, SHOP_TOKEN=SECRET) as server:
        text = await named(server)["shop_environment"].run({})
    assert "[secret]" in text and SECRET not in text and "ours" not in text


async def test_a_failing_tool_is_a_plain_sentence(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with program(McpLimits(timeout=40.0)) as server:
        with pytest.raises(ToolFailed) as caught:
            await named(server)["shop_broken"].run({"order_id": "px4711q"})
    assert caught.value.what == "did not work"
    assert "Mary" not in caplog.text and "px4711q" not in caplog.text


async def test_only_those_that_are_wanted_are_offered() -> None:
    async with program(McpLimits(tools=("order", "gone"))) as server:
        assert set(named(server)) == {"shop_order"}


def test_a_tool_whose_arguments_cannot_be_checked_is_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    endless: dict[str, Any] = {"type": "object"}
    endless["properties"] = {"again": endless}
    schemas = [
        *({"type": "object"}, {"type": 5}, endless),
        {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(500)}},
    ]
    listed = [
        types.Tool.model_construct(name=f"t{number}", input_schema=schema)
        for number, schema in enumerate(schemas)
    ]
    assert [one.name for one in mcp._usable(listed)] == ["t0"]
    assert caplog.text.count("schema is none, or too large") == 3


async def test_one_that_does_not_answer_is_left_and_the_others_go_on() -> None:
    async with program(McpLimits(timeout=40.0)) as server:
        tools = named(server)
        async with asyncio.TaskGroup() as tasks:
            endless = tasks.create_task(tools["shop_endless"].run({}))
            assert "7" in await tools["shop_order"].run({"order_id": "7"})
            endless.cancel()
        assert endless.cancelled()
        assert "8" in await tools["shop_order"].run({"order_id": "8"})


async def test_its_own_deadline_is_told() -> None:
    async with program(McpLimits(timeout=0.05)) as server:
        with pytest.raises(ToolFailed, match="did not answer in time"):
            await named(server)["shop_endless"].run({})


async def test_a_program_that_ends_is_started_again() -> None:
    async with program(McpLimits(timeout=40.0)) as server:
        tools = named(server)
        with pytest.raises(ToolFailed):
            await tools["shop_quits"].run({})
        while server.tools:  # noqa: ASYNC110 - the loss is told to nobody
            await asyncio.sleep(0.01)
        while not server.tools:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert "7" in await named(server)["shop_order"].run({"order_id": "7"})


async def test_a_program_that_is_not_there_offers_nothing() -> None:
    server = McpServer("shop", over_stdio(["/nowhere/at/all"], {}), McpLimits())
    server.start()
    await server.ready()
    assert not server.tools
    with pytest.raises(ToolFailed, match="cannot be reached now"):
        await server.call("order", {}, named_spec())
    await server.close()


def named_spec() -> Any:
    from gateway.ports.tools import ToolSpec

    return ToolSpec(name="shop_order", description="d", parameters={})


async def test_the_tools_of_a_server_over_http() -> None:
    async with over_the_network() as (server, _):
        assert set(named(server)) == NAMES
        assert "7" in await named(server)["shop_order"].run({"order_id": "7"})


async def test_a_tool_that_comes_later_is_offered_then() -> None:
    async with program(McpLimits(timeout=40.0)) as server:
        await named(server)["shop_grow"].run({})
        server._look.set()
        while "shop_order_again" not in named(server):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_redirect_out_of_the_servers_origin_is_not_followed() -> None:
    other = Shop({})
    async with Server(other) as elsewhere:
        shop = Shop({"/mcp": moved(f"{elsewhere.http}/mcp", 307)})
        async with Server(shop) as here:
            headers = {"Authorization": f"Bearer {SECRET}"}
            server = McpServer("shop", over_http(f"{here.http}/mcp", headers), McpLimits())
            server.start()
            await server.ready()
            await server.close()
            assert not server.tools
    assert shop.asked and not other.asked
    assert shop.asked[0].headers["authorization"] == f"Bearer {SECRET}"
