"""The demo's agent says what fits, and asks the bank's system where it may."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.providers import bank
from tests.providers.behaviour import Behaviour
from tests.providers.chat import Reply
from tests.providers.server import Server

TOOL = {"type": "function", "function": {"name": bank.BALANCE, "parameters": {}}}


def asked(text: str, *after: dict[str, Any], tools: tuple[Any, ...] = (TOOL,)) -> Reply:
    messages = [{"role": "system", "content": "s"}, {"role": "user", "content": text}, *after]
    return bank.agent({"messages": messages, "tools": list(tools)})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Can I bring my dog?", "dogs are welcome"),
        ("do you lend for a mortgage", "adviser"),
        ("why is the moon green", "do not know"),
    ],
)
def test_words_lead_to_an_answer(text: str, says: str) -> None:
    assert says in asked(text).text


def test_the_balance_is_looked_up_and_told() -> None:
    called = asked("what is my balance")
    assert [one.name for one in called.tool_calls] == [bank.BALANCE]
    result = {"role": "tool", "content": '{"balance": "ten dollars"}'}
    assert asked("what is my balance", result).text.startswith("You have ten dollars")
    failed = {"role": "tool", "content": "it did not answer in time"}
    assert "cannot look" in asked("what is my balance", failed).text


def test_without_the_tool_it_does_not_know() -> None:
    reply = asked("what is my balance", tools=())
    assert not reply.tool_calls
    assert reply.text == bank.UNKNOWN


def test_it_speaks_as_an_agent_should() -> None:
    for _, answer in bank.SCRIPT:
        assert len(answer.split(". ")[0].split()) <= 12, "the first sentence is short"
        assert not any(one in answer for one in "*#[](){}0123456789")


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_the_banks_system() -> None:
    async with Server(bank.System()) as server, httpx.AsyncClient(base_url=server.http) as client:
        assert "dollars" in (await client.get("/balance")).json()["balance"]
        assert (await client.get("/other")).status_code == 404
        server.next(Behaviour(status=503))
        assert (await client.get("/balance")).status_code == 503
