"""The answer to what the caller said before is heard over what they say now.

However the speculation, the loading and the playing of an old answer overlap with new speech,
nothing of the old generation follows its ``clear``, and what is answered last is what was said
last.
"""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.policy import Policy
from tests.support.fakes import FakeWire, threads_in_virtual_time
from tests.support.house import House, TimedMatching, open_house
from tests.support.virtual import VirtualLoop

pytestmark = pytest.mark.anyio


def late_messages(wire: FakeWire) -> list[object]:
    """What was sent of a generation after it was cleared."""
    late: list[object] = []
    on_air, dead = 0, set()
    for _, message in wire.sent:
        if isinstance(message, bytes):
            late += [on_air] if on_air in dead else []
            continue
        told = json.loads(message)
        if told["type"] == "clear":
            dead.add(told["generation"])
        elif told["type"] == "audio.start":
            on_air = told["generation"]
        mark = int(told["name"].partition(":")[0][1:]) if told["type"] == "mark" else 0
        if dead & {told.get("generation") if told["type"] != "clear" else None, mark}:
            late.append(told)
    return late


@pytest.mark.parametrize("when", [0.001, 0.005, 0.05, 0.2, 0.5, 0.9])
async def test_nothing_old_follows_the_clear(house: House, when: float) -> None:
    async with house.call(wire=FakeWire(takes=0.001)) as call:
        call.runner.final("when do you open")
        await asyncio.sleep(when)
        call.runner.partial("no the holidays")
        await asyncio.sleep(0.4)
        call.runner.final("when are holidays")
        await asyncio.sleep(2.0)
    assert late_messages(call.wire) == []
    starts = call.wire.told("audio.start")
    assert starts[-1]["text"] == "<entry:holidays 1>"
    assert len([one for one in starts if "hours" in one["text"]]) <= 1


async def test_a_final_after_a_resolved_turn_is_a_new_turn_not_the_old_ones(
    house: House, threads: SimpleNamespace
) -> None:
    threads.takes = 0.5  # the first answer is still being read from disk
    async with house.call() as call:
        call.runner.final("when do you open")
        await asyncio.sleep(0.1)
        call.runner.final("when are holidays")
        await asyncio.sleep(3.0)
    texts = [one["text"] for one in call.wire.told("audio.start")]
    assert texts == ["<entry:holidays 1>"]
    assert [one["turn"] for one in call.wire.told("decision")] == [1, 2]


WORDS = ["when do you open", "when are holidays", "tell me the times", "why is that", "uh huh"]


@given(
    said=st.lists(
        st.tuples(st.sampled_from(WORDS), st.booleans(), st.floats(0.0, 0.8)),
        min_size=1,
        max_size=12,
    ),
    disk=st.sampled_from([0.0, 0.03, 0.3, 0.8]),
    matching=st.sampled_from([0.0, 0.003, 0.1, 0.3]),
    wire=st.sampled_from([0.0, 0.002, 0.05]),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)
def test_whatever_overlaps(
    said: list[tuple[str, bool, float]], disk: float, matching: float, wire: float
) -> None:
    async def play() -> FakeWire:
        house = open_house(policy=Policy(no_input=1000.0))
        assert isinstance(house.services.matching, TimedMatching)
        house.services.matching.takes = matching
        async with house.call(wire=FakeWire(takes=wire)) as call:
            for text, final, pause in said:
                (call.runner.final if final else call.runner.partial)(text)
                await asyncio.sleep(pause)
            await asyncio.sleep(20.0)
            assert call.state == "QUIET"
            call.runner.final("when are holidays")
            await asyncio.sleep(20.0)
        return call.wire

    with (
        pytest.MonkeyPatch.context() as patch,
        threads_in_virtual_time(patch, takes=disk),
        asyncio.Runner(loop_factory=VirtualLoop) as runner,
    ):
        sent = runner.run(play())
    assert late_messages(sent) == []
    last = sent.told("audio.start")[-1]["text"]
    assert last == ("<entry:holidays 1>" if matching < 0.15 else "<line:handoff 1>")
