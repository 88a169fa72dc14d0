"""What is decided on unfinished words only prepares: words that turn out otherwise discard it."""

from __future__ import annotations

import asyncio

import pytest

from gateway.core.events import VoiceStarted, VoiceStopped
from tests.support.house import Dialled, House, TimedMatching, answer

pytestmark = pytest.mark.anyio

CORRECTED = "when do you open no sorry i mean when are holidays"


async def heard(call: Dialled, *partials: str, final: str, apart: float = 0.1) -> None:
    """The words as a recogniser revises them, and the time to answer."""
    for text in partials:
        call.runner.partial(text)
        await asyncio.sleep(apart)
    call.runner.final(final)
    await asyncio.sleep(4.0)


def spoken(call: Dialled) -> list[str]:
    return [one["text"] for one in call.wire.told("audio.start")]


@pytest.mark.parametrize(
    ("partials", "final", "line"),
    [
        (("when do you open",), "when are holidays", "entry:holidays"),
        (("when do you open", "when are holidays"), "when are holidays", "entry:holidays"),
        (("when do you open", "when are holidays"), "when do you open", "entry:hours"),
        (("when do you open",), "when do you open the vault", "line:handoff"),
        (("when do you open", "when do you open a"), "when do you", "line:handoff"),
        (("when do you open the vault",), "when do you open", "entry:hours"),
        (("when do you open", "when do you open no sorry"), CORRECTED, "entry:holidays"),
    ],
    ids=[
        "the final says something else",
        "a partial says something else",
        "there and back again",
        "the final is a miss",
        "the final is the beginning",
        "the final is shorter and sure",
        "the caller corrects themselves",
    ],
)
async def test_only_the_last_words_are_answered(
    house: House, partials: tuple[str, ...], final: str, line: str
) -> None:
    house.matcher.answers[CORRECTED] = answer("holidays")
    async with house.call() as call:
        await heard(call, *partials, final=final)
        assert spoken(call) == [f"<{line} 1>"]
        [decision] = call.wire.told("decision")
        assert decision.get("entry", "handoff") == line.partition(":")[2]


async def test_words_that_are_taken_back_altogether_are_not_answered(house: House) -> None:
    async with house.call() as call:
        await heard(call, "when do you open", final="")
        assert spoken(call) == []
        assert call.wire.told("decision") == []
        await heard(call, final="when do you open")
        assert spoken(call) == ["<entry:hours 1>"]


@pytest.mark.parametrize("takes", [0.02, 0.09, 0.14])
async def test_a_decision_on_older_words_that_comes_late_decides_nothing(
    house: House, matching: TimedMatching, takes: float
) -> None:
    matching.takes = takes
    async with house.call() as call:
        await heard(call, "when do you open", final="when are holidays", apart=0.01)
    assert [one["entry"] for one in call.wire.told("decision")] == ["holidays"]
    assert spoken(call) == ["<entry:holidays 1>"]


async def test_a_yes_that_goes_on_is_no_yes(house: House) -> None:
    house.matcher.answers["yes"] = answer("hours", confirmed=True)
    async with house.call() as call:
        await heard(call, final="tell me the times")
        await heard(call, "yes", "yes but", final="yes but on the moon")
    assert [one["path"] for one in call.wire.told("decision")] == ["clarify", "handoff"]
    assert spoken(call)[1:] == ["<line:handoff 1>"]


async def test_with_a_recogniser_nothing_prepared_is_heard_of_revised_words(house: House) -> None:
    async with house.call(stt=True) as call:
        now = asyncio.get_running_loop().time
        call.runner.receive(VoiceStarted(at=now()))
        call.runner.partial("when do you open")
        await asyncio.sleep(0.3)
        call.runner.receive(VoiceStopped(at=now()))
        await asyncio.sleep(0.1)
        call.runner.final("when do you open the vault")
        await asyncio.sleep(4.0)
        assert spoken(call) == ["<line:handoff 1>"]
