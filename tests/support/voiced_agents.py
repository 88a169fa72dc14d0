"""Agents with a voice of their own, each beside the local provider that it asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.agents.realtime import RealtimeAgent
from gateway.agents.speaking import MULAW, SpeechAgent, SpeechAgentParts
from gateway.agents.toolbox import Toolbox
from gateway.ports.agents import AgentPiece, AgentRequest
from tests.providers.behaviour import Behaviour
from tests.providers.chat import Reply
from tests.providers.gemini_live import GeminiLive, LiveManner
from tests.providers.openai import OpenAI
from tests.providers.openai_realtime import Manner
from tests.providers.server import Server
from tests.support.tools import Shelf

HOURS = Reply("We open at nine in the morning.")
ASKED = AgentRequest(
    call_id="c1", tenant="t", turn=1, text="when do you open", history=(), sound=MULAW
)
WITHIN = 10
"""Seconds that anything here may take, on a machine with much else to do."""


class Desk:
    """An agent and the provider it asks."""

    def __init__(self, agent: SpeechAgent, provider: Any, server: Server) -> None:
        self.agent, self.provider, self.server = agent, provider, server

    async def ask(self, request: AgentRequest = ASKED) -> list[AgentPiece]:
        async with asyncio.timeout(WITHIN):
            return [piece async for piece in self.agent.reply(request)]

    async def begun(self, pieces: int, request: AgentRequest = ASKED) -> Any:
        """A reply of which some pieces were taken."""
        reply = self.agent.reply(request)
        for _ in range(pieces):
            async with asyncio.timeout(WITHIN):
                await anext(reply)
        return reply

    async def until(self, happened: Any) -> None:
        """Wait until the newest session was sent a message of which that is true."""
        async with asyncio.timeout(WITHIN):
            await self.server.journal.until(
                -1, lambda entry: any(happened(one) for one in entry.texts)
            )
        await asyncio.sleep(0)

    @property
    def messages(self) -> list[tuple[str, Any]]:
        """The newest session's conversation."""
        session = self.provider.sessions[-1]
        items = session.messages if isinstance(self.provider, OpenAI) else session.items
        return [(one["role"], one["content"]) for one in items]

    @property
    def texts(self) -> list[Any]:
        return [text for _, text in self.messages]


@contextlib.asynccontextmanager
async def desk(
    reply: Any = HOURS,
    *tools: Any,
    vendor: str = "realtime",
    behaviour: Behaviour | None = None,
    about: str = "",
    **manner: Any,
) -> AsyncIterator[Desk]:
    told: dict[str, Any] = {"key": "good", "toolbox": Toolbox([Shelf(*tools)])}
    told |= {"style": "Be brief.", "about": about}
    provider: OpenAI | GeminiLive
    if vendor == "realtime":
        provider = OpenAI(reply, key="good", manner=Manner(**manner))
    else:
        pytest.importorskip("google.genai", reason="google-genai is not installed")
        provider = GeminiLive(reply, key="good", manner=LiveManner(**manner))
    async with Server(provider, behaviour=behaviour) as server:
        agent: SpeechAgent
        if vendor == "realtime":
            url = f"{server.ws}/v1"
            agent = RealtimeAgent(SpeechAgentParts(url=url, **told))
        else:
            from gateway.agents.gemini import GeminiAgent

            agent = GeminiAgent(SpeechAgentParts(url=server.ws, **told))
        yield Desk(agent, provider, server)
        await agent.close()


def text_of(pieces: list[AgentPiece]) -> str:
    return " ".join(piece.text for piece in pieces if piece.text)


def seconds_of(pieces: list[AgentPiece]) -> float:
    """Of sound in mu-law."""
    return sum(len(piece.audio) for piece in pieces) / 8_000
