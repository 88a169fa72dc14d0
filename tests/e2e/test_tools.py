"""An agent that looks things up: the real program, with a local OpenAI that wants tools, a shop
over HTTP, a server of the Model Context Protocol, and a function."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.tools import mcp_server
from tests.adapters.tools.shop import Shop
from tests.providers.chat import Reply, ToolCall
from tests.providers.openai import OpenAI
from tests.providers.server import Answer, Server
from tests.support.house_server import TENANT, Gateway, House, eventually
from tests.support.line import Line

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop, pytest.mark.timeout(300)]

FUNCTION = """
import asyncio

def profile(number):
    return {"name": "Annabeth", "number": number}
"""
SETTINGS = """
[llm]
primary_provider = "openai"
primary_base_url = "{model}/v1"
call_start_wait_s = 10

[tools.order_status]
description = "Where an order is."
timeout_s = 30
url = "{shop}/orders/{{order_id}}"
headers = {{ Authorization = "Bearer ${{SHOP_TOKEN}}" }}
parameters = {{ properties = {{ order_id = {{ type = "string" }} }}, required = ["order_id"] }}

[tools.profile]
kind = "python"
description = "Who is calling."
function = "house_tools:profile"
at_call_start = true
from_call = {{ number = "caller.number" }}
parameters = {{ properties = {{ number = {{ type = "string" }} }}, required = ["number"] }}

[mcp.store]
command = ["{python}", "{server}"]
tools = ["order"]
timeout_s = 40

[tool_fillers]
order_status = "Let me look at your order."
"""
TOKEN = "tok-13579"
QUESTION = "who is driving the van with my parcel"


def wanting(name: str, **arguments: Any) -> Reply:
    return Reply(tool_calls=(ToolCall(name, json.dumps(arguments), id=f"call_{name}"),))


def model(body: dict[str, Any]) -> Reply:
    """First asks for what it was told to, in the caller's words; then says what came of it."""
    last = body["messages"][-1]
    if last["role"] == "tool":
        return Reply(f"They say this. {last['content']}")
    if "parcel" in last["content"]:
        return wanting("order_status", order_id="px4711q")
    return wanting("store_order", order_id="12")


@contextlib.asynccontextmanager
async def connected(house: House, folder: Path) -> AsyncIterator[tuple[Gateway, Server, Shop]]:
    """The program in a folder with its settings, the model it asks and the shop."""
    shop = Shop({"/orders/px4711q": Answer.json({"state": "on its way", "key": TOKEN})})
    async with Server(OpenAI(model, key="k")) as asked, Server(shop) as here:
        text = SETTINGS.format(
            model=asked.http, shop=here.http, python=sys.executable, server=mcp_server.__file__
        )
        (folder / "frontline.toml").write_text(text)
        (folder / "house_tools.py").write_text(FUNCTION)
        settings = {
            "FRONTLINE_LLM__PRIMARY_KEY": "k",
            "SHOP_TOKEN": TOKEN,
            "PYTHONPATH": str(folder),
            "FRONTLINE_LOG__LEVEL": "debug",
        }
        gateway = Gateway(house.copy(folder / "store"), settings)
        await asyncio.to_thread(gateway.__enter__)
        try:
            # serving begins without a server that takes long to start
            await eventually(lambda: "tools of a server can be used" in gateway.output, 120)
            yield gateway, asked, shop
        finally:
            await asyncio.to_thread(gateway.__exit__, None, None, None)


async def heard(line: Line, turn: int) -> list[str]:
    """Until the agent has answered: the sources of all that was said."""
    sources: list[str] = []
    while not sources or sources[-1] != "agent":
        start = await line.expect("audio.start", turn=turn)
        sources.append(start["source"])
    await line.heard_out(turn=turn, generation=start["generation"])
    return sources


def asked_of(model: Server) -> list[dict[str, Any]]:
    """What the model was asked, without what only keeps the connection open."""
    return [one.body for one in model.journal if one.body]


async def test_what_is_looked_up_is_told(house: House, tmp_path: Path) -> None:
    async with (
        connected(house, tmp_path) as (gateway, model, shop),
        Line.dial(
            gateway.address, tenant=TENANT, stt="client", caller={"number": "+15550100"}
        ) as line,
    ):
        await line.say(QUESTION)
        assert (await line.expect("decision"))["path"] == "agent"
        assert (await heard(line, 1))[-1] == "agent"
        await line.played_out()
        await line.say("and what about the other one then")
        await heard(line, 2)
    first, second, third, fourth = [one["messages"] for one in asked_of(model)]
    known = '{"name":"Annabeth","number":"+15550100"}'
    assert known in first[0]["content"], "what was run when the call began"
    assert second[-1] == {
        "role": "tool",
        "tool_call_id": "call_order_status",
        "content": '{"state":"on its way","key":"[secret]"}',
    }
    assert shop.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert third[-1]["content"] == "and what about the other one then"
    assert "They say this." in third[-2]["content"], "what was heard of the first answer"
    assert fourth[-1]["content"] == "Order 12 of nobody is on its way."
    offered = [one["function"]["name"] for one in asked_of(model)[0]["tools"]]
    assert offered == ["order_status", "profile", "store_order"]
    for private in (TOKEN, "px4711q", "+15550100", "on its way", "Annabeth"):
        assert private not in gateway.output


async def test_a_missing_secret_is_told_before_anything_is_served(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "frontline.toml").write_text(
        '[tools.t]\ndescription = "d"\nurl = "https://a.example/"\nheaders = { X = "${A_TOKEN}" }\n'
    )
    gateway = Gateway(house.copy(tmp_path / "store"))
    with pytest.raises(AssertionError, match=r"tools\.t\.headers\.X needs A_TOKEN"):
        await asyncio.to_thread(gateway.__enter__)
    assert "Traceback" not in gateway.output
