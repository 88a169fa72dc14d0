"""The agent of two models: lanes, speculation, and what it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from gateway.agents.llm_pair import WARM_EVERY
from gateway.core.race.attempts import AttemptFailure, Hedging
from gateway.core.race.pilot import Why
from gateway.ports.agents import Agent
from gateway.ports.models import AnswerFailed, ChatFailed, ToolWanted
from tests.support.chatting import (
    ROLE,
    ScriptedModel,
    Step,
    Watched,
    asking,
    failing,
    pair,
    said,
    tool,
)

pytestmark = pytest.mark.anyio

HELLO: tuple[Step, ...] = (0.1, "Hello", 0.02, " there.")
SILENT: tuple[Step, ...] = (60.0,)


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_it_is_an_agent() -> None:
    agent = pair(ScriptedModel("a", HELLO), ScriptedModel("b", HELLO))
    port: Agent = agent
    pieces = [piece.text async for piece in port.reply(asking())]
    assert pieces == ["Hello", " there."]
    assert agent.open == 0
    await agent.close()


async def test_the_route_chooses_the_lane() -> None:
    fast, deep = ScriptedModel("a", ["quick"]), ScriptedModel("a", ["thought"])
    agent = pair(fast, deep=[deep])
    assert await said(agent) == "quick"
    assert await said(agent, asking(route="deep")) == "thought"
    assert await said(agent, asking(route="strange")) == "quick"
    assert [pilot.spent.races for pilot in agent.pilots.values()] == [2, 1]
    await agent.close()
    assert deep.closed


async def test_what_is_sent() -> None:
    model = ScriptedModel("a", HELLO)
    agent = pair(model, style="Speak.", about="A shop.", max_tokens=77, temperature=0.1)
    await said(agent, asking(prompt="Mortgages.", history=(("user", "hi"), ("assistant", "Hi."))))
    (request,) = model.requests
    assert [one["content"] for one in request.messages] == [
        *("Speak.\n\nMortgages.", "hi", "Hi.", "when do you open")
    ]
    assert (request.max_tokens, request.temperature) == (77, 0.1)


async def test_who_fails_again_and_again_is_named() -> None:
    agent = pair(ScriptedModel("a", [failing(AttemptFailure.REFUSED)]))
    assert not agent.left_alone
    with pytest.raises(AnswerFailed):
        await said(agent)
    assert agent.left_alone == ("a",)
    await agent.close()


async def test_failing_is_told_in_an_exception() -> None:
    agent = pair(ScriptedModel("a", [failing(AttemptFailure.SERVER)]))
    with pytest.raises(AnswerFailed) as caught:
        await said(agent)
    assert not caught.value.begun


# --- stopping --------------------------------------------------------------------------------


async def test_leaving_the_iterator_stops_everything() -> None:
    first, second = ScriptedModel("a", SILENT), ScriptedModel("b", [0.2, "Well", *SILENT])
    agent = pair(first, second)
    reply = agent.reply(asking())
    assert (await anext(reply)).text == "Well"
    await reply.aclose()
    assert (first.open, second.open, agent.open) == (0, 0, 0)


async def test_cancelling_who_waits_stops_everything() -> None:
    first, second = ScriptedModel("a", SILENT), ScriptedModel("b", SILENT)
    watched = Watched()
    agent = pair(first, second, watcher=watched)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.0):
            await said(agent)
    assert now() == pytest.approx(1.0)
    assert (first.cut, second.cut) == ([1.0], [1.0])
    assert agent.open == 0
    assert watched.outcomes == ["dropped"]
    assert watched.calls[Why.HEDGE] == 1


async def test_closing_ends_what_is_open() -> None:
    first = ScriptedModel("a", SILENT)
    agent = pair(first)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(said(agent))
        await asyncio.sleep(0.5)
        assert agent.open == 1
        await agent.close()
    assert waiting.result() == ""
    assert first.closed
    assert first.open == 0


# --- tools -----------------------------------------------------------------------------------


async def test_tools_are_offered_and_what_they_brought_is_sent_on() -> None:
    model = ScriptedModel("a", ["One moment.", tool("balance")], ["Twelve pounds."])
    agent = pair(model)
    tools: Any = ({"type": "function", "function": {"name": "balance"}},)
    pieces = [piece async for piece in agent.ask(asking(), tools=tools)]
    assert pieces[-1] == ToolWanted(name="balance", arguments="{}", call_id="call_1")
    assert model.requests[0].tools == tools
    result = {"role": "tool", "tool_call_id": "call_1", "content": "12"}
    assert [one async for one in agent.ask(asking(), tools=tools, after=[result])]
    assert model.requests[1].messages[-1] == result


async def test_a_reply_runs_no_tool() -> None:
    agent = pair(ScriptedModel("a", [tool("balance"), "Twelve."]))
    assert await said(agent) == "Twelve."


# --- speculation -----------------------------------------------------------------------------


async def test_a_speculation_is_adopted_by_just_its_request() -> None:
    model = ScriptedModel("a", HELLO)
    agent = pair(model)
    assert agent.speculate(asking())
    assert agent.speculate(asking()), "it is there already"
    await asyncio.sleep(1.0)
    assert await said(agent) == "Hello there."
    assert now() == pytest.approx(1.0), "it was waiting"
    assert len(model.requests) == 1


async def test_other_words_drop_it() -> None:
    model = ScriptedModel("a", [0.1, "First"], [0.1, "Second"])
    watched = Watched()
    agent = pair(model, watcher=watched)
    agent.speculate(asking("when do you"))
    await asyncio.sleep(0.05)
    assert await said(agent, asking("when do you close")) == "Second"
    assert model.cut == [pytest.approx(0.05)]
    assert (watched.dropped, watched.outcomes) == (1, ["dropped", "whole"])
    assert watched.dropped_tokens > 0


@pytest.mark.parametrize(
    "other", [{"route": "deep"}, {"prompt": "p"}, {"history": (("user", "hi"),)}]
)
async def test_so_does_anything_else_that_is_sent(other: dict[str, Any]) -> None:
    model, deep = ScriptedModel("a", HELLO), ScriptedModel("a", HELLO)
    agent = pair(model, deep=[deep])
    agent.speculate(asking())
    await said(agent, asking(**other))
    assert len(model.requests) + len(deep.requests) == 1, "the one dropped had not been sent"


async def test_calls_do_not_share_one() -> None:
    model = ScriptedModel("a", HELLO)
    agent = pair(model)
    agent.speculate(asking(call_id="c1"))
    agent.speculate(asking(call_id="c2"))
    await asyncio.sleep(0.5)
    agent.forget("c1")
    agent.forget("c3")
    assert await said(agent, asking(call_id="c2")) == "Hello there."
    assert len(model.requests) == 2
    assert agent.open == 0


async def test_one_that_failed_is_asked_again() -> None:
    model = ScriptedModel("a", [failing(AttemptFailure.SERVER)], HELLO)
    watched = Watched()
    agent = pair(model, watcher=watched, speculate=0.1)
    may_be_spent = agent._purse._saved
    agent.speculate(asking())
    await asyncio.sleep(0.1)
    assert agent._purse._saved == may_be_spent, "a failure is not billed"
    assert await said(agent) == "Hello there."
    assert watched.outcomes == ["dropped", "whole"], "nobody had waited for it"


async def test_dropped_ones_use_up_what_may_be_spent() -> None:
    agent = pair(ScriptedModel("a", HELLO), speculate=0.5)
    begun = 0
    while agent.speculate(asking(f"words {begun}")):
        begun += 1
        await asyncio.sleep(0.05)
    assert begun == 10
    await said(agent)
    assert not agent.speculate(asking())
    await said(agent)
    assert agent.speculate(asking())
    assert not pair(ScriptedModel("a", HELLO), speculate=0.0).speculate(asking())


async def test_nothing_is_kept_of_calls_that_are_gone() -> None:
    agent = pair(ScriptedModel("a", HELLO), hedging=Hedging(speculate_for=2.0))
    for number in range(5):
        agent.speculate(asking(call_id=f"c{number}"))
    await asyncio.sleep(2.2)
    assert agent.open == 0
    assert agent._begun == {}


async def test_where_nobody_may_be_asked_there_is_no_speculation() -> None:
    agent = pair(ScriptedModel("a", [failing(AttemptFailure.REFUSED)]))
    with pytest.raises(AnswerFailed):
        await said(agent)
    assert not agent.speculate(asking())
    assert agent.open == 0


# --- living ----------------------------------------------------------------------------------


class Unsure(ScriptedModel):
    async def warm(self) -> None:
        await super().warm()
        if self.warmed in (2, 3):
            raise ChatFailed(AttemptFailure.REFUSED)


async def test_connections_are_kept_warm(caplog: pytest.LogCaptureFixture) -> None:
    model = Unsure("a", HELLO)
    agent = pair(model, deep=[model])
    agent.start()
    with caplog.at_level(logging.INFO):
        await asyncio.sleep(4.5 * WARM_EVERY)
    assert model.warmed == 5
    assert [record.getMessage() for record in caplog.records] == [
        *("a provider cannot be used", "a provider can be used again")
    ]
    await agent.close()


# --- everything at once ----------------------------------------------------------------------


def trouble(rng: Random) -> list[Step]:
    """An answer that may go wrong anywhere."""
    script: list[Step] = [rng.expovariate(5), ROLE, rng.expovariate(5), "Hello", 0.01, " there."]
    match rng.randrange(8):
        case 0:
            script[rng.randrange(6)] = failing(rng.choice(list(AttemptFailure)), rng.random())
        case 1:
            script.insert(rng.randrange(7), 60.0)
        case 2:
            del script[rng.randrange(6) :]
        case 3:
            script.insert(rng.randrange(7), tool("pay"))
        case _:
            pass
    return script


@pytest.mark.parametrize("seed", range(4))
async def test_a_thousand_races_leave_nothing(seed: int) -> None:
    rng = Random(seed)
    models = [ScriptedModel("a"), ScriptedModel("b", close_takes=0.02)]
    for model in models:
        model.scripts = lambda number: trouble(rng)
    watched = Watched()
    agent = pair(*models, watcher=watched, hedging=Hedging(give_up=3.0, stall=2.0))
    heard: list[str] = []

    async def call(number: int) -> None:
        await asyncio.sleep(rng.random() * 60)
        request = asking(call_id=f"c{number}")
        if rng.random() < 0.3:
            agent.speculate(request)
            await asyncio.sleep(rng.random())
            if rng.random() < 0.3:
                request = replace(request, text="something else")
        try:
            async with asyncio.timeout(rng.choice([0.1, 0.5, 30.0])):
                heard.append(await said(agent, request))
        except (AnswerFailed, TimeoutError):
            pass

    before = len(asyncio.all_tasks())
    async with asyncio.TaskGroup() as tasks:
        for number in range(1000):
            tasks.create_task(call(number))
    await asyncio.sleep(11)
    assert [model.open for model in models] == [0, 0]
    assert agent.open == 0
    assert agent._begun == {}
    assert len(asyncio.all_tasks()) == before
    assert set(heard) <= {"Hello there.", "Hello", " there."}, "never two voices"
    assert len(heard) > 400
    spent = agent.pilots["fast"].spent
    assert sum(watched.calls.values()) == spent.extra_calls
    assert spent.abandoned == 0
    assert set(watched.outcomes) == {"whole", "broken", "failed", "dropped"}
