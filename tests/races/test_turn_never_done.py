"""A turn waits for something that never comes, and the call with it: one awaits another that awaits
the first, or a task that nobody cancels (livekit 3496).

Every part that can be waited for never returns here, one after the other. The turn must end by a
deadline, the caller must have heard why, and the next question must be answered as soon as ever.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.core.events import VoiceStarted, VoiceStopped
from gateway.core.policy import Policy
from gateway.ports.agents import AgentPiece, AgentRequest
from gateway.ports.live_speech import SpokenPiece
from gateway.ports.sound import AudioFormat
from tests.faults.centre import CACHED, QUESTION
from tests.support.fakes import FakeAgent, FakeVoice
from tests.support.house import PCM16K, Dialled, House, TimedMatching, catalogue, open_house

pytestmark = pytest.mark.anyio

NEVER = 1e6
"""Seconds."""
MATCHED = 0.003
POLICY = Policy(agent=True, no_input=NEVER)
LONGEST = POLICY.give_up_after + POLICY.agent_stall + POLICY.playback_grace + 5.0
"""Seconds after which every turn is over, whatever it waits for."""


class Hanging:
    """Waits for ever, and again when it is told to stop."""

    async def hang(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(NEVER)
        await asyncio.sleep(NEVER)


class Agent(FakeAgent, Hanging):
    async def reply(self, request: AgentRequest) -> AsyncIterator[AgentPiece]:
        async for piece in super().reply(request):
            yield piece
        await self.hang()


class Voice(FakeVoice, Hanging):
    """Speaks so many pieces first."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.left = pieces

    async def speak(
        self, texts: AsyncIterator[str], audio_format: AudioFormat, *names: str
    ) -> AsyncGenerator[SpokenPiece, None]:
        async for _ in texts:
            while self.left:
                self.left -= 1
                yield SpokenPiece(audio=bytes(32 * 500))
            await self.hang()


class Prepared(FakeVoice, Hanging):
    """Is for ever being prepared."""

    async def prepare(self, *args: Any) -> None:
        await self.hang()


TEXT = "It scatters the light. "
CASES: dict[str, dict[str, Any]] = {
    "an agent that says nothing": {"agent": Agent()},
    "an agent that runs a tool for ever": {"agent": Agent(AgentPiece(tool="balance"))},
    "an agent that does not end": {"agent": Agent(TEXT)},
    "a voice that makes no sound": {"agent": FakeAgent(TEXT), "voice": lambda: Voice(0)},
    "a voice that does not go on": {"agent": FakeAgent(TEXT, TEXT), "voice": lambda: Voice(1)},
    "a voice that is never prepared": {"agent": FakeAgent(TEXT), "voice": Prepared},
    "a match that is never made": {"agent": FakeAgent(TEXT), "matching": NEVER},
    "a clip that is never read": {"disk": NEVER},
}


async def served(case: dict[str, Any]) -> House:
    agent = case.get("agent")
    policy = POLICY if agent else Policy(no_input=NEVER)
    voice = case.get("voice", FakeVoice)()
    house = open_house(policy=policy, agent=agent, voice=voice)
    serving = house.publish(catalogue(failure=200))
    keys = [key for key in serving.catalogue.clips if "disk" not in case or key != "line:handoff"]
    await house.services.clips.get(serving.names(tuple(keys), PCM16K), PCM16K)
    return house


@contextlib.asynccontextmanager
async def dial(house: House) -> AsyncIterator[Dialled]:
    """A call whose tasks are left to the loop's end: some ignore that they are cancelled."""
    async with house.call() as call:
        yield call
        for one in house.services.background._tasks:
            one.cancel()
        house.services.background._tasks.clear()


@pytest.mark.parametrize("name", CASES)
async def test_it_ends_by_a_deadline(name: str, threads: SimpleNamespace) -> None:
    case = CASES[name]
    house = await served(case)
    matching = house.services.matching
    assert isinstance(matching, TimedMatching)
    threads.takes = case.get("disk", threads.takes)
    async with dial(house) as call:
        matching.takes = case.get("matching", MATCHED)
        call.runner.final(QUESTION)
        await asyncio.sleep(LONGEST)
        assert call.state == "QUIET"
        assert [one.turn for one in house.observer.turns[:1]] == [1], "it is accounted for"
        assert call.wire.audio(), "and not with silence"
        matching.takes = MATCHED
        await the_next_is_answered(call)


async def the_next_is_answered(call: Dialled) -> None:
    began = asyncio.get_running_loop().time()
    call.runner.final(CACHED)
    await asyncio.sleep(3.0)
    last = call.wire.told("audio.start")[-1]
    assert last["text"] == "<entry:hours 1>"
    assert last["at"] - began == pytest.approx(MATCHED)


@pytest.mark.usefixtures("threads")
async def test_a_recogniser_whose_final_never_comes() -> None:
    house = open_house(policy=Policy(no_input=NEVER))
    async with house.call(stt=True) as call:
        loop = asyncio.get_running_loop()
        call.runner.receive(VoiceStarted(at=loop.time()))
        await asyncio.sleep(1.0)
        call.runner.receive(VoiceStopped(at=loop.time()))
        await asyncio.sleep(LONGEST)
        assert call.state == "QUIET"
        [said] = call.wire.told("audio.start")
        assert said["text"] == "<line:not_understood 1>"


@pytest.mark.usefixtures("threads")
async def test_a_voice_detector_that_never_stops() -> None:
    house = open_house(policy=Policy(no_input=NEVER, max_turn=10.0))
    async with house.call(stt=True) as call:
        call.runner.receive(VoiceStarted(at=asyncio.get_running_loop().time()))
        call.runner.partial(CACHED)
        await asyncio.sleep(30.0)
        assert call.wire.told("audio.start")[0]["text"] == "<entry:hours 1>"


@pytest.mark.parametrize("echoes", [0, 1])
@pytest.mark.usefixtures("threads")
async def test_a_client_that_does_not_say_that_it_has_played(echoes: int) -> None:
    house = open_house(policy=Policy(no_input=NEVER))
    async with house.call() as call:
        call.runner.final(CACHED)
        await asyncio.sleep(0.5)
        for mark in call.wire.told("mark")[:echoes]:
            call.runner.playout.echoed(mark["name"])
        await asyncio.sleep(LONGEST)
        assert call.state == "QUIET"
        await the_next_is_answered(call)
