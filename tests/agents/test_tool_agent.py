"""The agent that looks things up, in virtual time."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from gateway.agents.tool_agent import MOST_CALLS, MOST_WANTED, ToolAgent
from gateway.agents.toolbox import Toolbox
from gateway.core.race.attempts import AttemptFailure
from gateway.errors import ProviderFailed
from gateway.ports.agents import Agent, AgentPiece, AgentRequest
from gateway.ports.models import AnswerFailed
from gateway.ports.tools import CallFacts, CallListener, ToolFailed
from tests.support.chatting import ScriptedModel, Step, asking, failing, pair, tool
from tests.support.tools import ORDER, ScriptedTool, Shelf

pytestmark = pytest.mark.anyio

WANTED = tool("balance")
ANSWER: tuple[Step, ...] = ("You have five euros.",)


def now() -> float:
    return asyncio.get_running_loop().time()


class Desk:
    """An agent, its model and its tools."""

    def __init__(self, *scripts: Any, tools: Any = (), rounds: int = 4, **more: Any) -> None:
        self.model = ScriptedModel("a", *scripts)
        self.shelf = Shelf(*tools)
        self.agent = ToolAgent(pair(self.model), Toolbox([self.shelf]), rounds=rounds, **more)
        self.told: list[tuple[float, AgentPiece]] = []

    async def ask(self, request: AgentRequest | None = None) -> str:
        async for piece in self.agent.reply(request or asking("what have I got")):
            self.told.append((now(), piece))
        return "".join(piece.text for _, piece in self.told)

    @property
    def tools_told(self) -> list[tuple[float, str]]:
        return [(round(at, 3), piece.tool) for at, piece in self.told if piece.tool]

    def sent(self, number: int = -1) -> list[dict[str, Any]]:
        """The messages of a request, the newest by default, without those that begin it."""
        messages = [dict(one) for one in self.model.requests[number].messages]
        return messages[messages.index({"role": "user", "content": "what have I got"}) + 1 :]


def balance(*runs: Any, **spec: Any) -> ScriptedTool:
    return ScriptedTool("balance", *(runs or ([2.5, "5 EUR"],)), **spec)


async def test_it_is_an_agent_that_listens_to_calls() -> None:
    desk = Desk(["Hello there."])
    port: Agent = desk.agent
    assert isinstance(port, CallListener)
    assert await desk.ask() == "Hello there."
    assert desk.model.requests[0].tools == ()
    await desk.agent.close()
    assert desk.model.closed and desk.shelf.closed == 1


async def test_a_tool_is_told_of_when_it_begins_and_the_answer_follows() -> None:
    desk = Desk([0.1, WANTED], [0.2, *ANSWER], tools=[balance()])
    assert await desk.ask() == "You have five euros."
    assert desk.tools_told == [(0.1, "balance")]
    assert now() == pytest.approx(0.1 + 2.5 + 0.2)
    call = {"id": "call_1", "type": "function"}
    assert desk.sent() == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{**call, "function": {"name": "balance", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "5 EUR"},
    ]
    assert [one["function"]["name"] for one in desk.model.requests[0].tools] == ["balance"]


async def test_what_it_says_before_is_kept_apart_from_what_it_says_after() -> None:
    desk = Desk(["Let me see.", WANTED], ANSWER, tools=[balance()])
    assert await desk.ask() == "Let me see. You have five euros."
    assert desk.sent()[0]["content"] == "Let me see."


async def test_several_run_at_the_same_time() -> None:
    tools = [ScriptedTool(name, [seconds, name]) for name, seconds in (("a", 2.0), ("b", 1.0))]
    wanted = [tool("a", call_id="1"), 0.1, tool("b", call_id="2")]
    desk = Desk(wanted, ANSWER, tools=tools)
    await desk.ask()
    assert now() == pytest.approx(2.0)
    assert [one["content"] for one in desk.sent()[1:]] == ["a", "b"], "in the order asked for"
    assert desk.tools_told == [(0.0, "a"), (0.1, "b")]


async def test_one_after_another_where_the_second_needs_the_first() -> None:
    tools = [ScriptedTool(name, [1.0, name]) for name in ("a", "b")]
    desk = Desk([tool("a")], [tool("b")], ANSWER, tools=tools)
    await desk.ask()
    assert now() == pytest.approx(2.0)
    ids = [one["tool_call_id"] for one in desk.sent() if one["role"] == "tool"]
    assert len(set(ids)) == 2, "ids of two rounds are not confused"


async def test_rounds_are_bounded_and_then_it_answers_with_what_it_knows() -> None:
    desk = Desk([WANTED], tools=[balance(["5"], ["6"], idempotent=True)], rounds=3)
    assert await desk.ask() == ""
    assert [bool(one.tools) for one in desk.model.requests] == [True, True, True, False]
    assert len(desk.tools_told) == 3


async def test_the_same_call_twice_is_run_once() -> None:
    one = balance([1.0, "5 EUR"], parameters=ORDER)
    twice = [
        tool("balance", '{"order_id": "7"}', "w"),
        tool("balance", '{ "order_id":"7" }', "x"),
        tool("balance", '{"order_id": "8"}', "y"),
    ]
    desk = Desk(twice, [twice[0]], ANSWER, tools=[one])
    await desk.ask()
    assert [given["order_id"] for given in one.given] == ["7", "8"]
    ids = [call["tool_call_id"] for call in desk.sent() if call["role"] == "tool"]
    assert len(ids) == 4 and len(set(ids)) == 4
    assert {call["content"] for call in desk.sent() if call["role"] == "tool"} == {"5 EUR"}


@pytest.mark.parametrize(("idempotent", "runs"), [(True, 2), (False, 1)])
async def test_one_that_failed_is_run_again_only_if_that_does_no_harm(
    idempotent: bool, runs: int
) -> None:
    down = ToolFailed("is out of order now", reason="503")
    one = balance([down], ["5 EUR"], idempotent=idempotent)
    desk = Desk([WANTED], [WANTED], ANSWER, tools=[one])
    await desk.ask()
    assert len(one.given) == runs
    assert desk.sent(1)[1]["content"] == "The tool balance is out of order now."


async def test_a_flood_of_tools_is_answered_for_without_being_run() -> None:
    one = balance(["5"], parameters=ORDER)
    flood = [
        tool("balance", json.dumps({"order_id": str(number)}), str(number))
        for number in range(MOST_WANTED + 3)
    ]
    desk = Desk(flood, ANSWER, tools=[one])
    await desk.ask()
    assert len(one.given) == MOST_WANTED
    results = [message["content"] for message in desk.sent()[1:]]
    assert results[MOST_WANTED:] == ["It was not run: too many tools are wanted at once."] * 3


async def test_a_tool_that_there_is_not() -> None:
    desk = Desk([tool("weather")], ANSWER, tools=[balance()])
    assert await desk.ask() == "You have five euros."
    assert desk.sent()[1]["content"] == "The tool weather is no tool that there is."


# --- the end of it --------------------------------------------------------------------------------


async def test_cancelled_the_tool_is_stopped_and_nothing_of_it_comes_later() -> None:
    one = balance([60.0, "5 EUR"])
    desk = Desk([0.1, WANTED], ANSWER, tools=[one])
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(desk.ask())
        await asyncio.sleep(1.0)
        task.cancel()
    assert (one.stopped, len(desk.model.requests)) == (1, 1)
    assert now() == pytest.approx(1.0)
    await asyncio.sleep(100.0)
    assert len(desk.told) == 1


async def test_closed_while_a_tool_is_begun_it_is_stopped_too() -> None:
    one = balance([60.0, "5 EUR"])
    desk = Desk([0.1, WANTED, 5.0, "and"], ANSWER, tools=[one])
    async with aclosing(desk.agent.reply(asking("what have I got"))) as pieces:
        assert (await anext(pieces)).tool == "balance"
        await asyncio.sleep(0.5)
    assert one.stopped == 1 and desk.model.open == 0
    assert desk.agent.pair.open == 0


async def test_a_tool_that_will_not_stop_is_not_waited_for() -> None:
    class Stubborn(ScriptedTool):
        async def run(self, arguments: Any) -> str:
            try:
                return await super().run(arguments)
            except asyncio.CancelledError:
                await asyncio.sleep(30.0)
                return "late"

    desk = Desk([WANTED], ANSWER, tools=[Stubborn("balance", [60.0])])
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(desk.ask())
        await asyncio.sleep(1.0)
        task.cancel()
    assert now() == pytest.approx(1.1)
    assert len(desk.model.requests) == 1
    await asyncio.sleep(60.0)


async def test_an_answer_that_breaks_stops_its_tools() -> None:
    one = balance([60.0, "5 EUR"])
    desk = Desk([WANTED, 0.5, failing(AttemptFailure.BROKEN)], tools=[one])
    with pytest.raises(AnswerFailed):
        await desk.ask()
    assert one.stopped == 1


async def test_a_model_that_fails_after_the_tool_has_failed() -> None:
    desk = Desk([WANTED], [failing(AttemptFailure.SERVER)], tools=[balance(["5 EUR"])])
    with pytest.raises(AnswerFailed):
        await desk.ask()


# --- a route to a tool ----------------------------------------------------------------------------


async def test_one_that_asks_nothing_is_run_before_any_model_is_asked() -> None:
    desk = Desk(ANSWER, tools=[balance(), ScriptedTool("other")])
    assert await desk.ask(asking("what have I got", tool="Balance")) == "You have five euros."
    assert desk.tools_told == [(0.0, "balance")]
    assert now() == pytest.approx(2.5)
    [request] = desk.model.requests
    assert [message["role"] for message in desk.sent()] == ["assistant", "tool"]
    assert [one["function"]["name"] for one in request.tools] == ["balance"]


async def test_one_that_asks_something_is_the_only_one_offered() -> None:
    desk = Desk(["Which order?"], tools=[ScriptedTool("order", parameters=ORDER), balance()])
    assert await desk.ask(asking("what have I got", tool="order")) == "Which order?"
    [request] = desk.model.requests
    assert [one["function"]["name"] for one in request.tools] == ["order"]
    assert "done with the tool order" in request.messages[0]["content"]


async def test_one_that_is_not_there_is_nobodys() -> None:
    desk = Desk(ANSWER, tools=[balance()])
    with pytest.raises(ProviderFailed, match="there is no tool weather"):
        await desk.ask(asking(tool="weather"))
    assert not desk.model.requests


# --- what is begun with the call ------------------------------------------------------------------

FACTS = CallFacts(call_id="c1", tenant="default", caller={"number": "5"})


def profile(*runs: Any) -> ScriptedTool:
    return ScriptedTool("profile", *(runs or ([0.5, "Ann"],)), at_call_start=True)


async def test_what_is_begun_with_the_call_is_known_in_its_first_turn() -> None:
    one = profile()
    desk = Desk(ANSWER, tools=[one, balance()])
    desk.agent.call_began(FACTS)
    await asyncio.sleep(2.0)
    await desk.ask()
    assert now() == pytest.approx(2.0), "it was there already"
    assert one.began == [0.0]
    system = desk.model.requests[0].messages[0]["content"]
    assert system == "Speak.\n\nWhat is known of this call already, from profile: Ann"
    assert desk.tools_told == []


async def test_it_is_waited_for_a_little_and_only_in_the_first_turn() -> None:
    one = profile([4.0, "Ann"])
    desk = Desk(ANSWER, tools=[one], start_wait=1.0)
    desk.agent.call_began(FACTS)
    await desk.ask()
    assert now() == pytest.approx(1.0)
    assert "Ann" not in str(desk.model.requests[0].messages)
    await desk.ask()
    assert now() == pytest.approx(1.0)
    await asyncio.sleep(5.0)
    await desk.ask()
    assert "from profile: Ann" in str(desk.model.requests[2].messages)


async def test_what_failed_is_not_known() -> None:
    desk = Desk(ANSWER, tools=[profile([ToolFailed("is out of order now", reason="503")])])
    desk.agent.call_began(FACTS)
    await desk.ask()
    assert desk.model.requests[0].messages[0]["content"] == "Speak."


async def test_hung_up_on_it_is_stopped_and_forgotten() -> None:
    one = profile([60.0, "Ann"])
    desk = Desk(ANSWER, tools=[one])
    desk.agent.call_began(FACTS)
    await asyncio.sleep(1.0)
    desk.agent.call_ended("c1")
    desk.agent.call_ended("c1")
    await asyncio.sleep(0)
    assert one.stopped == 1
    await desk.ask()
    assert now() == pytest.approx(1.0)


async def test_calls_that_are_never_ended_are_forgotten() -> None:
    desk = Desk(ANSWER, tools=[])
    for number in range(MOST_CALLS + 5):
        desk.agent.call_began(replace(FACTS, call_id=str(number)))
    assert len(desk.agent._calls) == MOST_CALLS


async def test_who_calls_is_filled_in() -> None:
    schema = {"type": "object", "properties": {"who": {}}, "required": ["who"]}
    one = balance(["5"], parameters=schema, from_call={"who": "caller.number"})
    desk = Desk([WANTED], ANSWER, tools=[one])
    desk.agent.call_began(FACTS)
    await desk.ask()
    assert one.given == [{"who": "5"}]


# --- beginning early ------------------------------------------------------------------------------


async def test_speculation_runs_no_tool_until_it_is_wanted() -> None:
    one = balance([1.0, "5 EUR"])
    desk = Desk([0.1, WANTED], ANSWER, tools=[one])
    assert desk.agent.speculate(asking("what have I got"))
    await asyncio.sleep(2.0)
    assert not one.given
    assert await desk.ask() == "You have five euros."
    assert one.began == [2.0], "the model had said so already"
    assert len(desk.model.requests) == 2


async def test_speculation_that_is_forgotten_runs_none() -> None:
    one = balance()
    desk = Desk([0.1, WANTED], ANSWER, tools=[one])
    assert desk.agent.speculate(asking("what have I got"))
    await asyncio.sleep(1.0)
    desk.agent.forget("c1")
    await asyncio.sleep(10.0)
    assert not one.given and desk.agent.pair.open == 0


async def test_nothing_is_begun_early_that_would_be_asked_otherwise_in_the_end() -> None:
    desk = Desk(ANSWER, tools=[balance(), profile([1.0, "Ann"])])
    assert not desk.agent.speculate(asking(tool="balance"))
    desk.agent.call_began(FACTS)
    assert not desk.agent.speculate(asking("what have I got"))
    await asyncio.sleep(1.5)
    assert desk.agent.speculate(asking("what have I got"))
    await asyncio.sleep(1.0)
    await desk.ask()
    assert len(desk.model.requests) == 1, "with what is known by now it is the same"
