"""Tools run within their bounds, in virtual time."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from gateway.agents import toolbox
from gateway.agents.toolbox import MOST_ARGUMENTS, Toolbox, ToolOutcome, asks_nothing, visible
from gateway.ports.tools import CallFacts, Kind, ToolFailed, ToolSpec
from tests.support.tools import ORDER, Counted, ScriptedTool, Shelf

pytestmark = pytest.mark.anyio

FACTS = CallFacts(call_id="c1", tenant="shop", caller={"number": "+1 555 0100"})


def now() -> float:
    return asyncio.get_running_loop().time()


async def run(tool: ScriptedTool, arguments: str = "{}", facts: CallFacts = FACTS) -> ToolOutcome:
    return await Toolbox([Shelf(tool)]).run(tool.spec.name, arguments, facts)


def order(*runs: Any, **spec: Any) -> ScriptedTool:
    return ScriptedTool("order", *(runs or (["On its way."],)), parameters=ORDER, **spec)


async def test_what_fits_is_run_and_its_result_told() -> None:
    tool = order()
    assert await run(tool, '{"order_id": "7"}') == ToolOutcome("On its way.", good=True)
    assert tool.given == [{"order_id": "7"}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("{}", "The tool order was not run: 'order_id' is a required property."),
        ('{"order_id": 7}', "The tool order was not run: order_id: 7 is not of type 'string'."),
        ('{"order_id": "7", "admin": true}', "Additional properties are not allowed"),
        ("[]", "The tool order was not run: its arguments are no JSON object."),
        ("{", "The tool order was not run: its arguments are no JSON object."),
        ("[" * 5000, "its arguments are no JSON object."),
        ('{"order_id": "' + "x" * MOST_ARGUMENTS + '"}', "its arguments are too long."),
    ],
)
async def test_what_does_not_fit_is_not_run(arguments: str, said: str) -> None:
    tool = order()
    outcome = await run(tool, arguments)
    assert said in outcome.text and not outcome.good
    assert not tool.given and "\n" not in outcome.text and len(outcome.text) < 300


async def test_runs_are_counted_once_with_all_their_tries() -> None:
    watcher = Counted()
    down = ToolFailed("is out of order now", reason="503", again=True)
    quick, slow = order([0.2, "Done."]), ScriptedTool("slow", [60.0], timeout=1.0)
    again = ScriptedTool("again", [down], [down], retries=1, idempotent=True)
    box = Toolbox([Shelf(quick, slow, again)], watcher)
    await box.run("order", '{"order_id": "7"}', FACTS)
    await box.run("order", "{}", FACTS)
    await box.run("slow", "{}", FACTS)
    await box.run("again", "{}", FACTS)
    await box.run("weather", "{}", FACTS)
    assert watcher.runs == [
        ("order", None, 0.2),
        ("order", Kind.ARGUMENTS, 0.0),
        ("slow", Kind.TIME, 1.0),
        ("again", Kind.OUT_OF_ORDER, 0.1),
        ("", Kind.UNKNOWN, 0.0),
    ]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await box.run("slow", "{}", FACTS)
    assert (len(watcher.runs), watcher.stopped) == (5, ["slow"])


async def test_a_tool_that_is_not_there() -> None:
    outcome = await Toolbox([]).run("weather", "{}", FACTS)
    assert outcome == ToolOutcome("The tool weather is no tool that there is.", good=False)


async def test_its_time_is_bounded_with_all_its_tries() -> None:
    tool = order([1.0, ToolFailed("x", reason="y", again=True)], [60.0], timeout=2.5, retries=5)
    tool.spec = order(timeout=2.5, retries=5, idempotent=True).spec
    outcome = await run(tool, '{"order_id": "7"}')
    assert outcome.text == "The tool order did not answer in time."
    assert now() == pytest.approx(2.5)
    assert (len(tool.given), tool.stopped) == (2, 1)


@pytest.mark.parametrize(("idempotent", "tries"), [(True, 3), (False, 1)])
async def test_only_what_does_no_harm_is_tried_again(idempotent: bool, tries: int) -> None:
    down = ToolFailed("is out of order now", reason="503", again=True)
    tool = order([down], [down], ["At last."], retries=2, idempotent=idempotent)
    outcome = await run(tool, '{"order_id": "7"}')
    assert len(tool.given) == tries
    assert outcome.good is idempotent
    if idempotent:
        assert [round(at, 2) for at in tool.began] == [0.0, 0.1, 0.3]


async def test_nor_what_will_not_do_better() -> None:
    tool = order([ToolFailed("found nothing", reason="404")], retries=2, idempotent=True)
    assert (await run(tool, '{"order_id": "7"}')).text == "The tool order found nothing."
    assert len(tool.given) == 1


async def test_a_mistake_of_ours_is_a_sentence_too(caplog: pytest.LogCaptureFixture) -> None:
    outcome = await run(order([ZeroDivisionError("secret")]), '{"order_id": "7"}')
    assert outcome == ToolOutcome("The tool order did not work.", good=False)
    assert "a tool of ours went wrong" in caplog.text


async def test_a_huge_result_is_cut() -> None:
    outcome = await run(order(["x" * 1_000_000], max_chars=50), '{"order_id": "7"}')
    assert outcome.text == "x" * 50 + " (cut: the rest is left out)"


async def test_arguments_and_results_are_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await run(order(["For Mary Brown."]), '{"order_id": "px4711q"}')
    await run(order(), '{"order_id": ["px4711q"]}')
    facts = [json.dumps(one.__dict__, default=str) for one in caplog.records]
    assert len(facts) == 2 and '"outcome": "done"' in facts[0]
    assert not [one for one in facts if "Mary" in one or "px4711q" in one]


async def test_too_many_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolbox, "MOST_AT_ONCE", 2)
    tool = ScriptedTool("slow", [1.0, "Done."])
    box = Toolbox([Shelf(tool)])
    outcomes = await asyncio.gather(*(box.run("slow", "{}", FACTS) for _ in range(3)))
    assert [one.good for one in outcomes] == [True, True, False]
    assert (await box.run("slow", "{}", FACTS)).good


# --- what the call fills in -----------------------------------------------------------------------

MINE = {
    "type": "object",
    "properties": {"number": {"type": "string"}, "month": {"type": "string"}},
    "required": ["number"],
}


def bill() -> ScriptedTool:
    return ScriptedTool("bill", ["5 euros"], parameters=MINE, from_call={"number": "caller.number"})


async def test_who_calls_is_filled_in_and_no_model_can_say_otherwise() -> None:
    tool = bill()
    assert (await run(tool, '{"number": "+1 555 9999", "month": "May"}')).good
    assert tool.given == [{"number": "+1 555 0100", "month": "May"}]


async def test_a_caller_who_is_not_known_has_no_bill() -> None:
    tool = bill()
    outcome = await run(tool, "{}", CallFacts(call_id="c1", tenant="shop"))
    assert outcome.text == "The tool bill was not run: it is not known who is calling."
    assert not tool.given


def test_a_model_does_not_see_what_the_call_fills_in() -> None:
    assert visible(bill().spec) == {
        "type": "object",
        "properties": {"month": {"type": "string"}},
    }
    assert visible(order().spec)["required"] == ["order_id"]
    assert not asks_nothing(bill().spec)
    assert asks_nothing(ScriptedTool("rates").spec)


# --- which there are ------------------------------------------------------------------------------


def test_they_are_offered_as_the_api_has_them_and_always_in_the_same_order() -> None:
    box = Toolbox([Shelf(order()), Shelf(bill(), ScriptedTool("order", ["another"]))])
    first, second = box.offered()
    assert [one["function"]["name"] for one in (first, second)] == ["bill", "order"]
    assert second["type"] == "function"
    assert second["function"]["parameters"]["required"] == ["order_id"]
    assert box.offered("bill") == (first,)


def test_names_are_found_as_routes_have_them() -> None:
    box = Toolbox([Shelf(ScriptedTool("order_status"))])
    found = [box.find(name) for name in ("order_status", "Order-Status", "order.status", "order")]
    assert [one is not None for one in found] == [True, True, False, False]


async def test_a_tool_whose_schema_is_none_is_not_run() -> None:
    tool = ScriptedTool("odd", ["x"], parameters={"type": 5})
    assert (await run(tool)).text == "The tool odd was not run: its arguments cannot be checked."
    assert not tool.given


async def test_a_schema_that_is_elsewhere_is_not_fetched() -> None:
    elsewhere = {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:1/x.json"}}}
    tool = ScriptedTool("odd", ["x"], parameters=elsewhere)
    assert (await run(tool, '{"a": 1}')).text.endswith("its arguments cannot be checked.")


async def test_a_tool_that_has_changed_is_checked_anew() -> None:
    tool, shelf = order(), Shelf()
    box = Toolbox([shelf])
    shelf.tools = [tool]
    assert not (await box.run("order", "{}", FACTS)).good
    tool.spec = ToolSpec(name="order", description="d", parameters={"type": "object"})
    assert (await box.run("order", "{}", FACTS)).good


async def test_servers_are_waited_for_but_not_for_long() -> None:
    quick, slow = Shelf(takes=0.5), Shelf(takes=60.0)
    box = Toolbox([quick, slow])
    box.start()
    await box.ready()
    assert now() == toolbox.READY_WITHIN
    await box.close()
    assert (quick.started, slow.started, quick.closed, slow.closed) == (1, 1, 1, 1)
