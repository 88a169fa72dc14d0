"""A turn passed to an agent: what the caller hears, to the instant."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.core.actions import AskAgent, Play, Source
from gateway.core.events import AgentDone, AgentEvent, VoiceStarted, VoiceStopped
from gateway.core.policy import Policy
from gateway.errors import ProviderFailed
from gateway.ports.agents import AgentPiece
from tests.support.fakes import FakeAgent, FakeVoice
from tests.support.house import PCM16K, Dialled, House, catalogue, open_house
from tests.support.stage import Stage

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("threads")]

QUESTION = "why is the sky blue"
MATCHED = 0.003
"""Seconds a match takes in the house."""
LINES = {"filler:1": 400, "filler:2": 440, "bridge:1": 800, "tool:balance": 360}


async def served(*pieces: Any, voice: FakeVoice | None = None, **policy: Any) -> House:
    """A house with an agent that says that, its clips in memory."""
    house = open_house(
        policy=Policy(agent=True, **policy),
        agent=FakeAgent(*pieces),
        voice=voice or FakeVoice(),
    )
    one = catalogue()
    lines = {
        f"line:{name}": replace(one.clips["line:handoff"], text=f"<{name}>", duration_ms=length)
        for name, length in LINES.items()
    }
    serving = house.publish(replace(one, clips={**one.clips, **lines}))
    keys = tuple(serving.catalogue.clips)
    await house.services.clips.get(serving.names(keys, PCM16K), PCM16K)
    return house


def agent_of(house: House) -> FakeAgent:
    assert isinstance(house.services.agent, FakeAgent)
    return house.services.agent


def ask(call: Dialled) -> float:
    """Ask what the cache has no answer to; when."""
    call.runner.final(QUESTION)
    return asyncio.get_running_loop().time()


def sources(call: Dialled) -> list[str]:
    return [one["source"] for one in call.wire.told("audio.start")]


def timelines(call: Dialled) -> list[dict[str, float]]:
    return [one["timeline"] for one in call.wire.told("turn")]


def never_two_voices(call: Dialled) -> None:
    """Generations come one after another, and nothing of one that was cleared comes later."""
    on_air, cleared = 0, set[int]()
    for _, message in call.wire.sent:
        if isinstance(message, bytes):
            assert on_air and on_air not in cleared
            continue
        one = json.loads(message)
        match one["type"]:
            case "audio.start":
                assert one["generation"] > on_air
                on_air = one["generation"]
            case "clear":
                cleared.add(one["generation"])
            case "audio.end" | "mark":
                generation = one.get("generation") or int(one["name"][1:].partition(":")[0])
                assert generation not in cleared


async def test_the_answer_is_heard_as_soon_as_it_can_be_spoken() -> None:
    house = await served(0.1, "It scatters the light. ", 0.2, "Red goes straight.")
    async with house.call() as call:
        began = ask(call)
        await asyncio.sleep(10.0)
        assert call.state == "QUIET"
    decision, start = call.wire.told("decision")[0], call.wire.told("audio.start")[0]
    assert decision["path"] == "agent"
    assert start["source"] == "agent" and "text" not in start
    assert call.wire.audio()[0] == pytest.approx(began + MATCHED + 0.15)
    [timeline] = timelines(call)
    assert timeline["ttfa_ms"] == pytest.approx(153)
    parts = {key: value for key, value in timeline.items() if key != "ttfa_ms" and value}
    assert parts == pytest.approx({"match_ms": 3.0, "agent_ms": 100.0, "tts_ms": 50.0})
    assert sum(parts.values()) == pytest.approx(timeline["ttfa_ms"], abs=1)
    sound = b"".join(one for _, one in call.wire.sent if isinstance(one, bytes))
    assert sound == b"\1" * 32000 + b"\2" * 32000
    assert agent_of(house).asked[0].text == QUESTION


async def test_a_filler_first_if_it_takes_long_and_no_gap_after_it() -> None:
    house = await served(0.5, "It scatters the light.")
    async with house.call() as call:
        began = ask(call)
        await asyncio.sleep(10.0)
    assert sources(call) == ["filler", "agent"]
    starts = [one["at"] for one in call.wire.told("audio.start")]
    assert starts[0] == pytest.approx(began + MATCHED + 0.3)
    assert call.wire.told("audio.start")[0]["text"] == "<filler:1>"
    # 400 ms of filler were sent at once; the answer is there 250 ms later and follows
    assert starts[1] == pytest.approx(began + MATCHED + 0.55)
    audio = call.wire.audio()
    gaps = [later - one for one, later in pairwise(audio)]
    assert max(gaps[10:]) < 0.041 and gaps[9] < 0.4
    [timeline] = timelines(call)
    assert timeline["ttfa_ms"] == pytest.approx(553)
    never_two_voices(call)


async def test_a_tools_filler_a_bridge_and_the_hand_off() -> None:
    house = await served(0.1, AgentPiece(tool="Balance"), 60.0, "Never.")
    async with house.call() as call:
        began = ask(call)
        await asyncio.sleep(20.0)
    told = [one["text"] for one in call.wire.told("audio.start")]
    fillers = ["<filler:1>", "<filler:2>"]
    assert told[:6] == ["<tool:balance>", *fillers, *fillers[:1], "<bridge:1>", "<filler:2>"]
    assert told[-1] == "<line:handoff 1>"
    assert all(one != other for one, other in pairwise(told))
    assert [one["path"] for one in call.wire.told("decision")] == ["agent", "handoff"]
    assert call.wire.told("audio.start")[-1]["at"] == pytest.approx(began + MATCHED + 8.1)
    assert [one["path"] for one in call.wire.told("turn")] == ["handoff"]
    assert agent_of(house).stopped == 1
    never_two_voices(call)


@pytest.mark.parametrize("pieces", [(ProviderFailed("down"),), (), (0.4, ProviderFailed("down"))])
async def test_an_agent_that_says_nothing_is_replaced_by_the_hand_off_line(pieces: Any) -> None:
    house = await served(*pieces)
    async with house.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(10.0)
    assert call.wire.told("audio.start")[-1]["text"] == "<line:handoff 1>"
    assert [one.path for one in house.observer.turns] == ["handoff"]


async def test_an_agent_that_breaks_off_is_heard_and_apologised_for() -> None:
    house = await served("It scatters the light. And", ProviderFailed("down"))
    async with house.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(10.0)
        assert call.state == "QUIET"
    assert sources(call) == ["agent", "system"]
    assert call.wire.told("audio.start")[-1]["text"] == "<line:failure 1>"


async def test_the_agent_is_told_what_was_heard_and_no_more() -> None:
    house = await served("One two three four. ", "Five six seven eight. ")
    async with house.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(1.2)
        for mark in call.wire.told("mark"):  # all that came was played, the lead too
            call.runner.playout.echoed(mark["name"])
        call.runner.final("and red")
        await asyncio.sleep(5.0)
    history = agent_of(house).asked[1].history
    assert history == (("user", QUESTION), ("assistant", "One two three four. Five"))
    cut = call.wire.told("turn")[1]
    assert cut["interrupted"] and cut["timeline"]["heard_ms"] == pytest.approx(1400)
    never_two_voices(call)


async def test_the_whole_reply_is_kept_in_the_record() -> None:
    house = await served("It scatters the light.")
    async with house.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(5.0)
        await house.services.records.flush()
    written = [turn for batch in house.store.written for turn in batch]
    assert written[-1].path == "agent" and written[-1].reply == "It scatters the light."


async def test_a_cough_does_not_lose_the_answer() -> None:
    house = await served("It scatters the light. ", "Red goes straight.")
    async with house.call(stt=True) as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(0.5)
        loop = asyncio.get_running_loop()
        call.runner.receive(VoiceStarted(at=loop.time()))
        await asyncio.sleep(0.8)
        call.runner.receive(VoiceStopped(at=loop.time()))
        await asyncio.sleep(10.0)
        assert call.state == "QUIET"
    assert sources(call) == ["agent", "agent"]
    assert len(agent_of(house).asked) == 1
    never_two_voices(call)


async def test_without_a_voice_or_an_agent_it_is_handed_off() -> None:
    house = await served("It scatters the light.")
    house.services.voice = None
    async with house.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(5.0)
    assert sources(call) == ["system"]
    assert agent_of(house).asked == []


async def test_hung_up_on_it_is_stopped() -> None:
    house = await served("It scatters the light. ", 60.0, "Never.")
    async with house.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(0.5)
        call.runner.hang_up()
        await asyncio.sleep(0.5)
        assert agent_of(house).stopped == 1
        assert len(house.services.background) == 0


async def test_a_filler_that_is_read_too_slowly_is_not_said_over_the_answer(
    threads: SimpleNamespace,
) -> None:
    house = await served(0.5, "It scatters the light.")
    house.services.clips._loaded.clear()
    threads.takes = 0.7
    async with house.call() as call:
        ask(call)
        await asyncio.sleep(10.0)
    assert sources(call) == ["agent"]


async def test_a_reply_that_was_dropped_cannot_be_played() -> None:
    stage = Stage()
    await stage.do(Play(turn=1, generation=1, source=Source.AGENT, clips=()))
    assert [failure.generation for failure in stage.failures] == [1]


async def test_a_new_question_drops_the_reply_to_the_last_one() -> None:
    house = await served(5.0, "Late.")
    stage = Stage()
    stage.services.agent, stage.services.voice = house.services.agent, house.services.voice
    question = AskAgent(turn=1, text="why", history=())
    await stage.do(question, replace(question, turn=2), wait=20.0)
    told = {event.turn for event in stage.events if isinstance(event, AgentEvent)}
    assert told == {2} and agent_of(house).stopped == len(agent_of(house).asked)
    await stage.do(question)
    stage.performer.close()
    told_before = len(stage.events)
    await stage.do(wait=20.0)
    assert len(stage.events) == told_before


async def test_without_a_catalogue_there_are_no_fillers_and_still_an_answer() -> None:
    stage = Stage()
    stage.services.agent, stage.services.voice = FakeAgent("Yes, we do."), FakeVoice()
    stage.services.tenants._serving.clear()
    await stage.do(AskAgent(turn=1, text="why", history=()), wait=5.0)
    assert isinstance(stage.events[-1], AgentDone)
