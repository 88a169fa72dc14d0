"""A decision that is made after the caller has gone on is not acted on."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.house import House, TimedMatching

pytestmark = pytest.mark.anyio


async def test_a_decision_on_an_older_text_starts_nothing(
    house: House, matching: TimedMatching
) -> None:
    matching.takes = 0.1
    async with house.call() as call:
        call.runner.partial("when do you open")
        await asyncio.sleep(0.05)
        call.runner.final("when are holidays")  # while the first is being matched
        await asyncio.sleep(2.0)
    [start] = call.wire.told("audio.start")
    assert start["text"] == "<entry:holidays 1>"


async def test_a_decision_on_the_turn_before_is_dropped(
    house: House, matching: TimedMatching
) -> None:
    async with house.call() as call:
        call.runner.final("when do you open")
        await asyncio.sleep(0.3)
        matching.takes = 0.14
        call.runner.partial("when are holidays")  # cuts in: turn 2
        await asyncio.sleep(0.13)
        matching.takes = 0.0
        call.runner.final("why is the sky blue")
        await asyncio.sleep(3.0)
    assert [one["path"] for one in call.wire.told("decision")] == ["cache", "handoff"]
    assert call.wire.told("audio.start")[-1]["text"] == "<line:handoff 1>"


async def test_a_late_decision_is_not_taken_for_that_of_the_next_turn(
    house: House, matching: TimedMatching
) -> None:
    """Both are the first question of their turn."""
    async with house.call() as call:
        matching.takes = 0.3
        call.runner.final("when do you open")  # given up after 0.15 s, answered after 0.3 s
        await asyncio.sleep(0.25)
        matching.takes = 0.1
        call.runner.final("why is the sky blue")  # answered after 0.35 s
        await asyncio.sleep(3.0)
    assert [one["path"] for one in call.wire.told("decision")] == ["handoff", "handoff"]
    assert "entry" not in call.wire.told("decision")[1]


async def test_a_decision_over_its_budget_does_not_come_back(
    house: House, matching: TimedMatching
) -> None:
    matching.takes = 0.2
    async with house.call() as call:
        call.runner.final("when do you open")
        await asyncio.sleep(5.0)
    assert [one["path"] for one in call.wire.told("decision")] == ["handoff"]
    assert len(call.wire.told("audio.start")) == 1
