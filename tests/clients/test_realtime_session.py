"""The local Realtime API, as a session of openai-agents finds it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.environment import run
from tests.providers.chat import Reply, ToolCall
from tests.providers.openai import OpenAI
from tests.providers.openai_realtime import Manner
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

MODEL = "gpt-realtime-2.1"
STORY = " ".join(f"word{n}" for n in range(200))


def model(body: dict[str, Any]) -> Reply:
    """Opening hours, a balance that takes the tool, and a long story."""
    last = body["messages"][-1]
    if last["role"] == "tool":
        return Reply(f"You have {last['content']}.")
    if "balance" in last["content"]:
        return Reply(tool_calls=(ToolCall("balance", '{"account": "savings"}'),))
    return Reply(STORY if "story" in last["content"] else "We open at nine in the morning.")


async def test_it_speaks_calls_a_tool_and_is_cut_short() -> None:
    provider = OpenAI(model, key="good", manner=Manner(pace=0.05))
    async with Server(provider) as server:
        url = f"{server.ws}/v1/realtime?model={MODEL}"
        told = await run("realtime_session.py", {"url": url, "key": "good", "model": MODEL})
    assert told["errors"] == []
    assert 1.0 < told["first_seconds"] < 4.0
    assert told["tools"] == [["balance", "savings: twelve dollars"]]
    assert told["interrupted"] == 1
    [session] = provider.sessions
    [story] = [one for one in session.items if (part := one.get("content")) and "said" in part[0]]
    assert 0 < session.heard_ms[story["id"]] < 5000, "what was left of it"
    assert STORY.startswith(story["content"][0]["said"])
    spoken = [one for one in told["history"] if one.get("role") == "assistant"]
    said = [one["content"][0]["transcript"] for one in spoken]
    assert said[:2] == ["We open at nine in the morning.", "You have savings: twelve dollars."]
