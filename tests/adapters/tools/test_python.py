"""Tools that are functions, in real threads."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.adapters.tools.python import ALONE, PythonTool, PythonTools, Threads, function_of
from gateway.errors import SettingsError
from gateway.ports.tools import Kind, ToolFailed, ToolSpec
from tests.adapters.tools import functions
from tests.support.tools import Counted

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


@pytest.fixture(autouse=True)
def gate() -> Iterator[None]:
    functions.GATE.clear()
    yield
    functions.GATE.set()


def made(name: str, threads: Threads | None = None, **spec: Any) -> PythonTool:
    declared = ToolSpec(name=name, description="d", parameters={}, **spec)
    return PythonTool(declared, getattr(functions, name), threads or Threads())


async def test_a_function_runs_in_a_thread_of_its_own() -> None:
    result = json.loads(await made("total").run({"prices": [1.5, 2], "currency": "USD"}))
    assert math.isclose(result["total"], 3.5) and result["currency"] == "USD"
    assert result["thread"] == "tool"


async def test_an_async_one_runs_on_the_loop() -> None:
    assert await made("rate").run({"currency": "USD"}) == "USD stands at 1.25"
    assert await made("nothing").run({}) == "Done."


async def test_its_mistake_is_a_plain_sentence_and_what_it_said_is_in_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ToolFailed) as caught:
        await made("wrong").run({"name": "Mary"})
    assert (caught.value.what, caught.value.reason) == ("did not work", "ValueError")
    [told] = [one for one in caplog.records if one.name == "frontline.tools"]
    assert told.__dict__["at"].startswith("ValueError in functions.py:")
    assert "Mary" not in caplog.text and "Hadley" not in caplog.text


@pytest.mark.parametrize("name", ["stops", "leaves", "lazy"])
async def test_whatever_it_does_ends_nothing_else(name: str) -> None:
    with pytest.raises(ToolFailed, match="did not work"):
        await made(name).run({})


async def test_one_that_hangs_holds_its_place_until_it_ends() -> None:
    threads = Threads(places=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await made("waits", threads).run({})
    with pytest.raises(ToolFailed, match="is busy now"):
        await made("total", threads).run({"prices": []})
    functions.GATE.set()
    await ended(threads)
    assert "total" in await made("total", threads).run({"prices": []})


async def ended(threads: Threads) -> None:
    """Until none runs. A thread's end is told to nobody."""
    while any(one.running for one in threads._taken.values()):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def hang(tool: PythonTool, times: int) -> None:
    """Run it until its time is up, so many times at once."""

    async def once() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await tool.run({})

    await asyncio.gather(*(once() for _ in range(times)))


async def test_one_that_never_ends_is_not_run_for_ever(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watcher = Counted()
    threads = Threads(watcher=watcher)
    bad, good = made("waits", threads), made("total", threads)
    await hang(bad, ALONE)
    assert watcher.alone == [("waits", number) for number in range(1, ALONE + 1)]
    told = [one for one in caplog.records if one.name == "frontline.tools"]
    assert [one.getMessage() for one in told] == ["a tool goes on alone"] * ALONE
    assert (told[-1].__dict__["tool"], told[-1].__dict__["threads"]) == ("waits", ALONE)
    with pytest.raises(ToolFailed, match="is out of order now") as caught:
        await bad.run({})
    assert (caught.value.kind, caught.value.again) == (Kind.STUCK, False)
    for _ in range(3):
        assert "total" in await good.run({"prices": []}), "the others do not notice"
    functions.GATE.set()
    await ended(threads)
    assert watcher.alone[-1] == ("waits", 0)
    assert await bad.run({}) == "late", "and it is run again once they have ended"


async def test_no_flood_of_one_takes_the_places_of_the_others() -> None:
    threads = Threads(places=8)
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(made("waits", threads).run({})) for _ in range(6)]
        await asyncio.sleep(0)  # each has its thread
        with pytest.raises(ToolFailed, match="is busy now"):
            await made("waits", threads).run({})
        assert "total" in await made("total", threads).run({"prices": []})
        functions.GATE.set()
    assert [one.result() for one in waiting] == ["late"] * 6
    assert threads._taken["waits"].alone == 0


async def test_an_async_one_is_cancelled() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await made("endless").run({})


async def test_they_need_no_connections() -> None:
    spec = ToolSpec(name="rate", description="d", parameters={})
    source = PythonTools([(spec, functions.rate)])
    source.start()
    await source.ready()
    assert await source.tools[0].run({"currency": "GBP"}) == "GBP stands at 1.25"
    await source.close()


def test_a_function_is_found_by_its_name() -> None:
    path = "tests.adapters.tools.functions:total"
    assert function_of(path, "x", {"prices": {}, "currency": {}}) is functions.total


@pytest.mark.parametrize(
    ("path", "parameters", "expected"),
    [
        ("tests.adapters.tools.gone:f", (), "gone cannot be imported"),
        ("tests.adapters.tools.functions:gone", (), "has no function gone"),
        ("tests.adapters.tools.functions:GATE", (), "has no function GATE"),
        ("tests.adapters.tools.functions:total", (), "does not take the parameters"),
        ("tests.adapters.tools.functions:total", ("prices", "x"), "does not take the parameters"),
    ],
)
def test_what_cannot_be_called_is_a_setting_that_is_wrong(
    path: str, parameters: tuple[str, ...], expected: str
) -> None:
    with pytest.raises(SettingsError, match=f"tools.t.function: .*{expected}"):
        function_of(path, "tools.t.function", dict.fromkeys(parameters))
