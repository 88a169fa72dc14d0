"""The loser of a race goes on being billed, and holds its connection, until the winner has finished
or a collector of garbage comes by.

Told by the order of what happens, at the providers: the winner says one word and then nothing, so
that whatever closes the loser is not the answer's end. The bound in time is asserted in virtual
time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest

from gateway.adapters.llm.groq import groq_model
from gateway.adapters.llm.openai import openai_model
from gateway.agents.llm_pair import LlmPair
from gateway.core.race.attempts import Hedging, Piece, PieceKind
from gateway.ports.models import ChatRequest, Usage
from tests.providers.behaviour import Behaviour, Delay
from tests.providers.chat import Reply
from tests.providers.groq import Groq
from tests.providers.openai import OpenAI
from tests.providers.server import Server
from tests.support.chatting import ROLE, ScriptedModel, Step, asking, pair, said

pytestmark = pytest.mark.anyio

PATIENT = Hedging(first_delay=0.02, give_up=60.0, stall=60.0)
ONE_WORD = Behaviour(silent_at=2)
"""The role, a word, and then nothing."""
LOSERS = [
    Behaviour(silent_at="headers"),
    Behaviour(silent_at="body"),
    Behaviour(silent_at=1),
    Behaviour(headers=Delay(60.0)),
    Behaviour(think=Delay(60.0)),
]


@contextlib.asynccontextmanager
async def two(loser: Behaviour, *, first: str) -> AsyncIterator[tuple[Server, Server, LlmPair]]:
    """The loser, the winner, and the pair that asks the loser first."""
    groq, openai = Groq(Reply("One two three."), key="k"), OpenAI(Reply("Four five."), key="k")
    vendors: list[Any] = [groq, openai] if first == "groq" else [openai, groq]
    async with (
        asyncio.timeout(30),
        Server(vendors[0], behaviour=loser) as one,
        Server(vendors[1], behaviour=ONE_WORD) as other,
    ):
        models = [_model(kind, server) for kind, server in zip(vendors, (one, other), strict=True)]
        agent = pair(*models, hedging=PATIENT)
        try:
            yield one, other, agent
        finally:
            await agent.close()


def _model(vendor: object, server: Server) -> Any:
    if isinstance(vendor, Groq):
        return groq_model(name="groq", model="m", key="k", base_url=server.http)
    return openai_model(name="openai", model="m", key="k", base_url=f"{server.http}/v1")


@pytest.mark.real_loop
@pytest.mark.parametrize("first", ["groq", "openai"])
@pytest.mark.parametrize("loser", LOSERS, ids=repr)
async def test_its_connection_is_closed_before_the_answer_goes_on(
    loser: Behaviour, first: str
) -> None:
    async with two(loser, first=first) as (one, other, agent):
        reply = agent.reply(asking())
        word = (await anext(reply)).text
        assert word == ("Four" if first == "groq" else "One")
        lost = await one.journal.closed()
        won = other.journal[0]
        assert lost.outcome == "cancelled"
        assert won.outcome == "open", "the winner was not waited for"
        assert won.first_at is not None and lost.client_closed_at is not None
        assert lost.client_closed_at > won.first_at
        assert (one.connections, agent.open) == (0, 1)
        await reply.aclose()
        assert (await other.journal.closed()).outcome == "cancelled"


SILENT: tuple[Step, ...] = (ROLE, 60.0, "too late")


@pytest.mark.parametrize("takes", [0.0, 0.05, 0.099])
async def test_it_is_cut_in_the_instant_of_the_first_word(takes: float) -> None:
    loser = ScriptedModel("a", SILENT, close_takes=takes)
    winner = ScriptedModel("b", [0.2, "One", 2.0, " two"])
    agent = pair(loser, winner, hedging=Hedging())
    reply, loop = agent.reply(asking()), asyncio.get_running_loop()
    await anext(reply)
    assert loop.time() == pytest.approx(0.5)
    await asyncio.sleep(takes + 0.0005)
    assert loser.cut == [pytest.approx(0.5)]
    assert (loser.open, winner.open) == (0, 1)
    assert [piece.text async for piece in reply] == [" two"]
    assert agent.pilots["fast"].spent.abandoned == 0
    await agent.close()


async def test_what_it_says_after_that_reaches_nobody() -> None:
    """It does not notice that it was cut, and says what it has."""

    class Deaf(ScriptedModel):
        async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece | Usage, None]:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60.0)
            for word in ("Never", " heard"):
                yield Piece(kind=PieceKind.TEXT, text=word)

    agent = pair(Deaf("a"), ScriptedModel("b", [0.2, "One", 0.5, " two"]))
    assert await said(agent) == "One two"
    assert (agent.pilots["fast"].spent.late, agent.open) == (2, 0)
    await agent.close()
