"""The agent with its real clients, between a local Groq and a local OpenAI."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from gateway.agents.llm_pair import LlmPair
from gateway.core.race.attempts import AttemptFailure
from gateway.core.race.pilot import Why
from gateway.ports.models import AnswerFailed, ToolWanted
from gateway.settings.llm import LlmSettings
from gateway.settings.whole import Settings
from gateway.wiring.factories import agent_of
from tests.providers.behaviour import GOOD, Behaviour, Delay, Mix, Rare
from tests.providers.chat import Reply, ToolCall
from tests.providers.groq import Groq
from tests.providers.openai import OpenAI
from tests.providers.server import Server
from tests.support.chatting import Watched, asking, said

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

FIRST, SECOND = "The first one says this.", "The second says something else."


@dataclass
class House:
    """Both providers, and the agent that asks them."""

    first: Server
    second: Server
    agent: LlmPair
    watched: Watched

    @property
    def connections(self) -> int:
        """Connections that are kept, each with a task at the server."""
        return self.first.connections + self.second.connections

    async def nothing_open(self) -> None:
        """All streams have ended, for the providers too."""
        for server in (self.first, self.second):
            for number in range(len(server.journal)):
                await server.journal.ended(number)
        assert self.agent.open == 0


@contextlib.asynccontextmanager
async def house(
    first: Any = GOOD, second: Any = GOOD, replies: tuple[Reply, Reply] | None = None, **llm: Any
) -> AsyncIterator[House]:
    one, other = replies or (Reply(FIRST), Reply(SECOND))
    watched = Watched()
    async with (
        Server(Groq(one, key="k1"), behaviour=first) as groq,
        Server(OpenAI(other, key="k2"), behaviour=second) as openai,
    ):
        knobs = {"rescue_after_s": 0.15, "give_up_s": 1.0, "stall_s": 0.3, **llm}
        settings = LlmSettings(
            primary_base_url=groq.http,
            primary_key="k1",
            secondary_base_url=f"{openai.http}/v1",
            secondary_key="k2",
            **knobs,
        )
        agent = agent_of(Settings(llm=settings), watched)
        assert agent is not None
        try:
            yield House(groq, openai, agent, watched)
        finally:
            await agent.close()


async def test_a_healthy_pair_costs_one_call() -> None:
    async with house() as h:
        for _ in range(5):
            assert await said(h.agent) == FIRST
        assert (len(h.first.journal), len(h.second.journal)) == (5, 0)
        assert {entry.connection for entry in h.first.journal} == {1}
        assert [usage.answer for _, usage in h.watched.usage] == [5] * 5


@pytest.mark.parametrize("point", ["headers", "body", 1])
async def test_who_says_nothing_is_cut_when_the_other_does(point: Any) -> None:
    async with house(Behaviour(silent_at=point)) as h:
        begun = asyncio.get_running_loop().time()
        assert await said(h.agent) == SECOND
        assert asyncio.get_running_loop().time() - begun < 0.9
        entry = await h.first.journal.closed()
        assert entry.outcome == "cancelled"
        answered = h.second.journal[0].first_at
        assert entry.client_closed_at is not None
        assert answered is not None
        assert entry.client_closed_at - answered < 0.1
        assert h.watched.calls[Why.HEDGE] == 1
        await h.nothing_open()


@pytest.mark.parametrize("point", [2, 4])
async def test_who_falls_silent_in_the_middle_is_not_replaced(point: int) -> None:
    async with house(Behaviour(silent_at=point)) as h:
        heard: list[str] = []
        with pytest.raises(AnswerFailed) as caught:
            await listen(h.agent, heard)
        assert caught.value.begun
        assert "".join(heard) == {2: "The", 4: "The first one"}[point]
        assert len(h.second.journal) == 0
        await h.nothing_open()


async def listen(agent: LlmPair, heard: list[str]) -> None:
    async for piece in agent.reply(asking()):
        heard += [piece.text]  # kept as it comes: the end may be an exception


@pytest.mark.parametrize("fault", ["reset_at", "close_at"])
async def test_a_cut_in_the_middle_is_told(fault: str) -> None:
    behaviour: Any = {fault: 3}
    async with house(Behaviour(**behaviour)) as h:
        heard: list[str] = []
        with pytest.raises(AnswerFailed, match="broke off: groq"):
            await listen(h.agent, heard)
        assert "".join(heard) in ("The", "The first")
        assert len(h.second.journal) == 0


@pytest.mark.parametrize(
    "fault",
    [
        Behaviour(status=500),
        Behaviour(status=401),
        Behaviour(reset_at="headers"),
        Behaviour(close_at="body"),
        Behaviour(reset_at=1),
        Behaviour(garbage_at=1),
    ],
    ids=repr,
)
async def test_a_failure_before_the_first_word_is_not_noticed(fault: Behaviour) -> None:
    async with house(fault) as h:
        assert await said(h.agent) == SECOND
        assert sum(h.watched.calls.values()) == 1  # on a busy machine the delay may be over first
        await h.nothing_open()


async def test_who_asks_to_be_left_alone_is() -> None:
    async with house() as h:
        h.first.next(Behaviour(status=429, retry_after="0.4"))
        assert await said(h.agent) == SECOND
        asked_at = asyncio.get_running_loop().time()
        while await said(h.agent) == SECOND:
            assert len(h.first.journal) == 1
        assert asyncio.get_running_loop().time() - asked_at == pytest.approx(0.4, abs=0.1)
        assert [entry.status for entry in h.first.journal] == [429, 200]


async def test_both_dead() -> None:
    async with house() as h:
        await h.first.refuse()
        await h.second.refuse()
        with pytest.raises(AnswerFailed) as caught:
            await said(h.agent)
        assert caught.value.reasons == (
            ("groq", AttemptFailure.UNREACHABLE),
            ("openai", AttemptFailure.UNREACHABLE),
        )
        await h.first.listen()
        assert await said(h.agent) == FIRST


async def test_both_silent() -> None:
    async with house(Behaviour(silent_at="headers"), Behaviour(silent_at=1), give_up_s=0.4) as h:
        begun = asyncio.get_running_loop().time()
        with pytest.raises(AnswerFailed) as caught:
            await said(h.agent)
        assert 0.4 <= asyncio.get_running_loop().time() - begun < 0.6
        assert [reason for _, reason in caught.value.reasons] == [AttemptFailure.SILENT] * 2
        await h.nothing_open()


@pytest.mark.parametrize("point", ["headers", 1, 3])
async def test_leaving_closes_the_connection(point: Any) -> None:
    async with house(Behaviour(silent_at=point)) as h:
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(said(h.agent))
            wanted = point if isinstance(point, int) else 0
            await h.first.journal.until(0, lambda entry: entry.pieces >= wanted)
            left_at = asyncio.get_running_loop().time()
            waiting.cancel()
        entry = await h.first.journal.closed()
        assert entry.client_closed_at is not None
        assert entry.client_closed_at - left_at < 0.1
        assert (h.first.connections, h.agent.open) == (0, 0)


async def test_a_tool_is_wanted_once_though_both_call_it() -> None:
    call = Reply(tool_calls=(ToolCall("balance", '{"of": "savings"}'),))
    slow = Behaviour(think=Delay(0.3))
    async with house(slow, slow, (call, call)) as h:
        tools: Any = ({"type": "function", "function": {"name": "balance"}},)
        found = [one async for one in h.agent.ask(asking(), tools=tools)]
        assert found == [
            ToolWanted(name="balance", arguments='{"of": "savings"}', call_id="call_1")
        ]
        assert len(h.second.journal) == 1
        await h.nothing_open()


async def test_a_speculation_saves_its_time_and_is_sent_once() -> None:
    async with house(Behaviour(first=Delay(0.2))) as h:
        h.agent.speculate(asking())
        await h.first.journal.ended(0)
        begun = asyncio.get_running_loop().time()
        assert await said(h.agent) == FIRST
        assert asyncio.get_running_loop().time() - begun < 0.05
        assert len(h.first.journal) == 1


# --- many, with all that goes wrong ----------------------------------------------------------

ILLS = (
    Behaviour(status=500),
    Behaviour(status=429, retry_after="0.05"),
    Behaviour(silent_at="headers"),
    Behaviour(silent_at=1),
    Behaviour(silent_at=3),
    Behaviour(reset_at="headers"),
    Behaviour(reset_at=1),
    Behaviour(reset_at=4),
    Behaviour(close_at=2),
    Behaviour(garbage_at=2),
)
WORLD = Mix(
    usual=Behaviour(first=Delay(0.01, 0.05), between=Delay(0.0005, 0.002)),
    rare=tuple(Rare(share=0.02, behaviour=one) for one in ILLS),
)


async def test_hundreds_of_races_leave_no_connection_and_no_task() -> None:
    rng = Random(7)
    async with house(WORLD, WORLD) as h:
        await said(h.agent)
        tasks_before, heard = len(asyncio.all_tasks()), []

        async def call(number: int) -> None:
            patience = rng.choice([0.005, 0.03, 5.0, 5.0, 5.0])
            with contextlib.suppress(AnswerFailed, TimeoutError):
                async with asyncio.timeout(patience):
                    heard.append(await said(h.agent, asking(call_id=str(number))))

        for number in range(0, 600, 20):  # 200 are enough, but where the machine stood still
            if number >= 200 and len(heard) > 50:
                break
            async with asyncio.TaskGroup() as tasks:
                for one in range(number, number + 20):
                    tasks.create_task(call(one))
        await h.nothing_open()
        async with asyncio.timeout(10):  # a connection that was closed takes its task with it
            while len(asyncio.all_tasks()) > tasks_before + h.connections:  # noqa: ASYNC110 - theirs
                await asyncio.sleep(0.01)
        assert h.connections <= 41, "no more than were ever used at once"
        assert set(heard) <= {FIRST, SECOND}
        assert len(heard) > 50
