"""A lookup that hangs, or is never answered, holds up neither its own turn nor the next."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.house import House, TimedMatching

pytestmark = pytest.mark.anyio


async def test_a_lookup_that_never_answers(house: House, matching: TimedMatching) -> None:
    matching.takes = 1e6
    async with house.call() as call:
        began = asyncio.get_running_loop().time()
        call.runner.partial("when do you open")
        await asyncio.sleep(0.5)
        call.runner.final("when do you open")
        await asyncio.sleep(2.0)
        matching.takes = 0.003
        call.runner.final("when are holidays")
        await asyncio.sleep(2.0)
    first, second = call.wire.told("decision")
    assert first["path"] == "handoff"
    assert first["at"] - began == pytest.approx(0.5 + 0.15)
    assert (second["turn"], second["entry"]) == (2, "holidays")
    assert second["at"] - began == pytest.approx(2.5 + 0.003)


async def test_a_lookup_that_was_dropped_for_a_newer_one(
    house: House, matching: TimedMatching
) -> None:
    """The matching thread drops a partial not yet begun: its text may come again as the final."""
    async with house.call() as call:
        ask = matching.ask
        dropped: list[str] = []
        matching.ask = lambda question: dropped.append(question.text)  # type: ignore[method-assign]
        call.runner.partial("when do you open")
        await asyncio.sleep(0.1)
        matching.ask = ask  # type: ignore[method-assign]
        call.runner.partial("when do you open it")
        await asyncio.sleep(0.1)
        call.runner.final("when do you open")
        await asyncio.sleep(1.0)
    assert dropped == ["when do you open"]
    assert call.wire.told("decision")[0]["entry"] == "hours"


async def test_many_speculations_leave_nothing_waiting(house: House) -> None:
    async with house.call() as call:
        for turn in range(20):
            for words in ("when", "when do", "when do you", "when do you open"):
                call.runner.partial(words)
                await asyncio.sleep(0.03)
            call.runner.final("when do you open")
            await asyncio.sleep(3.0)
            assert call.runner._core.turn is None, turn
    assert [one["entry"] for one in call.wire.told("decision")] == ["hours"] * 20
    assert len(house.services.background) == 0
