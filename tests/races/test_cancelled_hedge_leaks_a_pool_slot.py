"""A request that is cancelled at a bad moment keeps its place in its client's pool of connections
for ever; hedging cancels in every turn, and one day nobody can be asked any more (httpcore 1093).

A thousand requests are cancelled while they wait for one of four connections, connect, wait for
headers, or read; then both models must answer as if nothing had been.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from random import Random

import pytest

from gateway.adapters.llm import clients
from gateway.adapters.llm.groq import groq_model
from gateway.adapters.llm.openai import openai_model
from gateway.core.race.attempts import Hedging, Piece
from gateway.ports.models import AnswerFailed, ChatModel, ChatRequest
from tests.providers.behaviour import GOOD, Behaviour, Delay, Mix, Rare
from tests.providers.chat import Reply
from tests.providers.groq import Groq
from tests.providers.openai import OpenAI
from tests.providers.server import Server
from tests.support.chatting import Watched, asking, pair, said

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

PLACES = 4
AT_ONCE = 20
CANCELLED = 1000
ANSWER = "We open at nine."
SLOWLY = Mix(
    usual=Behaviour(headers=Delay(0.004), first=Delay(0.004), between=Delay(0.002)),
    rare=(
        Rare(share=0.3, behaviour=Behaviour(silent_at="headers")),
        Rare(share=0.2, behaviour=Behaviour(silent_at=2)),
    ),
)
REQUEST = ChatRequest(messages=({"role": "user", "content": "hi"},), max_tokens=20)


@contextlib.asynccontextmanager
async def vendors() -> AsyncIterator[tuple[list[Server], list[ChatModel]]]:
    async with (
        Server(Groq(Reply(ANSWER), key="k"), behaviour=SLOWLY) as groq,
        Server(OpenAI(Reply(ANSWER), key="k"), behaviour=SLOWLY) as openai,
    ):
        yield (
            [groq, openai],
            [
                groq_model(name="groq", model="m", key="k", base_url=groq.http),
                openai_model(name="openai", model="m", key="k", base_url=f"{openai.http}/v1"),
            ],
        )


async def test_a_thousand_cancelled_requests_leave_every_place_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clients, "CONNECTIONS", PLACES)
    monkeypatch.setattr(clients, "POOL", 20.0)  # nobody waits in vain for a free place
    rng, watched = Random(5), Watched()
    async with vendors() as (servers, models):
        # the second is asked soon, and nobody is left alone
        hedging = Hedging(first_delay=0.02, budget=1.0, breaker_failures=10**9)
        agent = pair(*models, hedging=hedging, watcher=watched)

        async def call(number: int) -> None:
            with contextlib.suppress(TimeoutError, AnswerFailed):
                async with asyncio.timeout(rng.choice([0.004, 0.022, 0.05])):
                    await said(agent, asking(call_id=str(number)))

        while len(watched.attempts) < CANCELLED:
            async with asyncio.TaskGroup() as tasks:
                for number in range(AT_ONCE):
                    tasks.create_task(call(number))
        for server in servers:
            server.behaviour = GOOD
        async with asyncio.timeout(20):
            while agent.open:  # noqa: ASYNC110 - of many races
                await asyncio.sleep(0.01)
            for model in models:
                streams = [whole(model) for _ in range(PLACES)]
                assert await asyncio.gather(*streams) == [ANSWER] * PLACES, model.provider
        await agent.close()


async def whole(model: ChatModel) -> str:
    """All places are in use at once: none may be lost."""
    said_by_it = [one.text async for one in model.stream(REQUEST) if isinstance(one, Piece)]
    return "".join(said_by_it)
