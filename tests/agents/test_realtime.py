"""OpenAI Realtime as the agent, against the local one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.agents.realtime import MULAW, RealtimeAgent
from gateway.agents.toolbox import Toolbox
from gateway.errors import ProviderFailed
from gateway.ports.agents import Agent, AgentPiece, AgentRequest, SpeakingAgent
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.tools import CallFacts, CallListener
from tests.providers.behaviour import Behaviour
from tests.providers.chat import Reply, ToolCall
from tests.providers.openai import OpenAI
from tests.providers.openai_realtime import Manner
from tests.providers.server import Server
from tests.support.tools import ScriptedTool, Shelf

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HOURS = Reply("We open at nine in the morning.")
ASKED = AgentRequest(
    call_id="c1", tenant="t", turn=1, text="when do you open", history=(), sound=MULAW
)


class Desk:
    """An agent and the provider it asks."""

    def __init__(self, agent: RealtimeAgent, provider: OpenAI, server: Server) -> None:
        self.agent, self.provider, self.server = agent, provider, server

    async def ask(self, request: AgentRequest = ASKED) -> list[AgentPiece]:
        async with asyncio.timeout(5):
            return [piece async for piece in self.agent.reply(request)]

    async def sent(self, kind: str) -> None:
        """Wait until the newest session was sent a message of that kind, and has taken it."""
        async with asyncio.timeout(5):
            await self.server.journal.until(
                -1, lambda entry: any(one["type"] == kind for one in entry.texts)
            )
        await asyncio.sleep(0)

    @property
    def messages(self) -> list[tuple[str, Any]]:
        return [(one["role"], one["content"]) for one in self.provider.sessions[-1].messages]


@contextlib.asynccontextmanager
async def desk(
    reply: Any = HOURS, *tools: Any, behaviour: Behaviour | None = None, **manner: Any
) -> AsyncIterator[Desk]:
    provider = OpenAI(reply, key="good", manner=Manner(**manner))
    async with Server(provider, behaviour=behaviour) as server:
        agent = RealtimeAgent(
            key="good",
            toolbox=Toolbox([Shelf(*tools)]),
            instructions="Be brief.",
            base_url=f"{server.ws}/v1",
        )
        yield Desk(agent, provider, server)
        await agent.close()


def text_of(pieces: list[AgentPiece]) -> str:
    return " ".join(piece.text for piece in pieces if piece.text)


def seconds_of(pieces: list[AgentPiece]) -> float:
    return sum(len(piece.audio) for piece in pieces) / 8_000


async def test_it_speaks_mulaw_as_it_comes_and_says_what() -> None:
    async with desk() as one:
        port: Agent = one.agent
        assert isinstance(port, SpeakingAgent) and isinstance(port, CallListener)
        pieces = await one.ask()
        assert text_of(pieces) == HOURS.text
        assert 1.0 < seconds_of(pieces) < 4.0
        session = one.provider.sessions[0].session
        assert session["audio"]["output"]["format"] == {"type": "audio/pcmu"}
        assert session["audio"]["input"]["turn_detection"] is None


async def test_other_doors_get_their_own_format() -> None:
    async with desk() as one:
        pieces = await one.ask(replace(ASKED, sound=AudioFormat(Encoding.PCM, 16_000)))
        assert 1.0 < sum(len(piece.audio) for piece in pieces) / 32_000 < 4.0


async def test_what_the_cache_answered_is_in_its_conversation() -> None:
    async with desk() as one:
        await one.ask()
        history = (
            *(("user", "when do you open"), ("assistant", HOURS.text)),
            *(("user", "where are you"), ("assistant", "At the market.")),
        )
        await one.ask(replace(ASKED, turn=3, text="and on Sundays", history=history))
        assert [text for _, text in one.messages] == [
            *("when do you open", HOURS.text, "where are you", "At the market."),
            *("and on Sundays", HOURS.text),
        ]


async def test_a_reply_that_is_cut_is_truncated_to_what_was_heard() -> None:
    async with desk(pace=0.05) as one:
        reply = one.agent.reply(ASKED)
        await anext(reply)
        await anext(reply)
        await anext(reply)
        one.agent.heard("c1", 1, 0.15)
        await reply.aclose()
        session = one.provider.sessions[0]
        await one.sent("conversation.item.truncate")
        assert 150 in session.heard_ms.values()
        kinds = [m["type"] for m in one.server.journal[0].texts]
        assert kinds[-2:] == ["response.cancel", "conversation.item.truncate"]
        assert text_of(await one.ask(replace(ASKED, turn=2))) == HOURS.text


async def test_of_what_nobody_heard_nothing_is_left() -> None:
    async with desk(pace=0.05) as one:
        reply = one.agent.reply(ASKED)
        await anext(reply)
        one.agent.heard("c1", 1, 0.0)
        await reply.aclose()
        await one.sent("conversation.item.delete")
        assert one.messages == [("user", "when do you open")]


async def test_a_tool_is_run_and_told_of() -> None:
    def model(body: dict[str, Any]) -> Reply:
        if body["messages"][-1]["role"] == "tool":
            return Reply(f"You have {body['messages'][-1]['content']}.")
        return Reply(tool_calls=(ToolCall("balance", "{}"),))

    async with desk(model, ScriptedTool("balance", ["five euros"])) as one:
        pieces = await one.ask()
        assert pieces[0] == AgentPiece(tool="balance")
        assert text_of(pieces) == "You have five euros."


async def test_a_rate_limit_is_a_failure_and_the_next_turn_is_answered() -> None:
    async with desk(fails={"when do you open": "rate_limit_exceeded"}) as one:
        with pytest.raises(ProviderFailed, match="rate_limit_exceeded"):
            await one.ask()
        assert text_of(await one.ask(replace(ASKED, turn=2, text="hello"))) == HOURS.text


async def test_a_lost_session_fails_the_reply_and_the_next_one_is_told_the_call() -> None:
    async with desk() as one:
        one.server.next(Behaviour(close_at=4, close_code=1011))
        with pytest.raises(ProviderFailed, match="lost"):
            await one.ask()
        history = (("user", "when do you open"),)
        await one.ask(replace(ASKED, turn=2, text="hello", history=history))
        assert len(one.provider.sessions) == 2
        assert [text for _, text in one.messages][:2] == ["when do you open", "hello"]


async def test_an_old_session_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk() as one:
        one.agent.call_began(CallFacts(call_id="c1", tenant="t"))
        await one.ask()
        monkeypatch.setattr("gateway.agents.realtime.RENEW", 0.0)
        history = (("user", "when do you open"), ("assistant", HOURS.text))
        session = one.agent._session("c1")
        await session.open()
        monkeypatch.undo()
        await one.ask(replace(ASKED, turn=2, text="hello", history=history))
        assert len(one.provider.sessions) == 2
        assert [text for _, text in one.messages][:3] == [
            *("when do you open", HOURS.text, "hello"),
        ]
        one.agent.call_ended("c1")


async def test_a_wrong_key_is_a_failure() -> None:
    async with desk() as one:
        one.provider.key = "another"
        with pytest.raises(ProviderFailed, match="did not open"):
            await one.ask()
