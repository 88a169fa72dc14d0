"""A reply turned into sound, in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from gateway.core.events import AgentAudio, AgentDone, AgentEvent, AgentFailed, AgentText, AgentTool
from gateway.errors import ProviderFailed
from gateway.ports import AgentPiece, AgentRequest, RecordStore
from gateway.shell.asking import Asking
from gateway.shell.feeds import AHEAD
from gateway.shell.observe import Records
from tests.fakes import FakeAgent, FakeObserver, FakeVoice
from tests.house import PCM16K

pytestmark = pytest.mark.anyio

REQUEST = AgentRequest(call_id="c1", tenant="default", turn=3, text="why", history=())
Timed = list[tuple[float, AgentEvent]]


def now() -> float:
    return asyncio.get_running_loop().time()


class Desk:
    """An asking, and when what came of it."""

    def __init__(self, *pieces: Any, voice: FakeVoice | None = None) -> None:
        self.agent = FakeAgent(*pieces)
        self.voice = voice or FakeVoice()
        self.records = Records(cast(RecordStore, None), FakeObserver())
        self.events: Timed = []
        self.asking = Asking(
            *(REQUEST, self.agent, self.voice, self.records, PCM16K, 40),
            lambda event: self.events.append((now(), event)),
        )

    @property
    def kinds(self) -> list[tuple[float, str]]:
        return [(round(at, 3), type(event).__name__) for at, event in self.events]

    @property
    def chunks(self) -> list[tuple[str, float]]:
        audio = [event for _, event in self.events if isinstance(event, AgentAudio)]
        return [(event.text, round(event.length, 3)) for event in audio]

    @property
    def end(self) -> AgentEvent:
        return self.events[-1][1]


async def test_words_then_sound_then_the_end() -> None:
    desk = Desk(0.2, "We open ", "at nine. ", 0.1, "And close at five o'clock.")
    await desk.asking.run()
    assert desk.agent.asked == [REQUEST]
    assert desk.voice.texts == ["We open at nine.", "And close at five o'clock."]
    assert desk.voice.prepared == 1
    audio = "AgentAudio"
    assert desk.kinds == [
        *((0.2, "AgentText"), (0.25, audio), (0.25, audio)),
        *((0.35, audio), (0.35, audio), (0.35, "AgentDone")),
    ]
    assert desk.chunks == [
        *(("We open at nine.", 0.48), ("", 1.0)),
        *(("And close at five o'clock.", 1.48), ("", 2.0)),
    ]
    assert desk.asking.stream.over and desk.asking.stream.length == pytest.approx(2.0)


async def test_the_first_sentence_is_spoken_while_the_second_is_written() -> None:
    desk = Desk("We open at nine. ", 3.0, "On Sundays we are closed.")
    await desk.asking.run()
    assert desk.kinds[1] == (0.05, "AgentAudio")
    assert desk.kinds[-1] == (3.05, "AgentDone")


async def test_words_that_wait_for_more_are_said_after_a_while() -> None:
    desk = Desk("Let me have a look", 5.0, " at it.")
    await desk.asking.run()
    assert desk.voice.texts == ["Let me have a", "look at it."]
    assert desk.events[1][0] == pytest.approx(0.65)


async def test_numbers_are_written_out_for_the_voice_and_kept_as_they_were() -> None:
    desk = Desk("It is $5. Anything else for you?")
    await desk.asking.run()
    assert "$" not in " ".join(desk.voice.texts)
    assert "$5" in " ".join(text for text, _ in desk.chunks)


async def test_a_tool_is_told_of() -> None:
    desk = Desk(AgentPiece(tool="balance"), 1.0, "You have five.")
    await desk.asking.run()
    assert desk.events[0] == (0.0, AgentTool(turn=3, name="balance"))
    assert desk.kinds[1] == (1.0, "AgentText")


async def test_an_agent_that_speaks_for_itself() -> None:
    said = AgentPiece(audio=bytes(1280 * 5), text="Hello")
    desk = Desk(said, 0.1, AgentPiece(audio=bytes(1280 * 5)))
    await desk.asking.run()
    assert desk.chunks == [("Hello", 0.2), ("", 0.4)]
    assert isinstance(desk.end, AgentDone)
    assert desk.voice.texts == []


async def test_less_than_a_message_is_told_of_with_the_rest() -> None:
    desk = Desk(AgentPiece(audio=bytes(10), text="Hel"), AgentPiece(audio=bytes(2000), text="lo"))
    await desk.asking.run()
    assert desk.chunks == [("Hel lo", 0.04)]


async def test_an_agent_that_fails_is_told_of_after_what_it_said() -> None:
    desk = Desk("We open at nine. And on", ProviderFailed("gone"))
    await desk.asking.run()
    assert desk.end == AgentFailed(turn=3, reason="gone")
    assert " ".join(desk.voice.texts) == "We open at nine. And on"
    assert desk.asking.stream.over


async def test_a_voice_that_fails_ends_the_reply_and_stops_the_agent() -> None:
    voice = FakeVoice()
    voice.broken = ProviderFailed("hoarse")
    desk = Desk("We open at nine. ", 60.0, "Never said.", voice=voice)
    await desk.asking.run()
    assert desk.end == AgentFailed(turn=3, reason="hoarse")
    assert now() < 1.0 and desk.agent.stopped == 1


@pytest.mark.parametrize("where", ["agent", "voice"])
async def test_a_mistake_ends_the_reply_like_a_failure(where: str, caplog: Any) -> None:
    voice = FakeVoice()
    voice.broken = ZeroDivisionError() if where == "voice" else None
    desk = Desk(*(["We open at nine."] if voice.broken else [ZeroDivisionError()]), voice=voice)
    await desk.asking.run()
    assert desk.end == AgentFailed(turn=3, reason="ZeroDivisionError")
    assert "went wrong" in caplog.text


async def test_cancelled_it_stops_both_and_says_nothing() -> None:
    desk = Desk("We open at nine. ", 60.0, voice=FakeVoice())
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(desk.asking.run())
        await asyncio.sleep(1.0)
        told = len(desk.events)
        task.cancel()
    assert task.cancelled() and len(desk.events) == told
    assert (desk.agent.stopped, desk.voice.stopped) == (1, 1)


async def test_nothing_more_is_made_than_can_soon_be_heard() -> None:
    desk = Desk(*["And then we go on for long. "] * 100)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(desk.asking.run())
        await asyncio.sleep(30.0)
        assert AHEAD < desk.asking.stream.length < AHEAD + 1.1
        desk.asking.stream.heard(5.0)
        await asyncio.sleep(30.0)
        assert AHEAD + 5 < desk.asking.stream.length < AHEAD + 6.1
        task.cancel()


async def test_what_it_said_is_kept_for_the_record() -> None:
    desk = Desk("We open ", "at nine.")
    await desk.asking.run()
    assert desk.records._replies == {"c1-3": "We open at nine."}


async def test_a_reply_without_words_is_over() -> None:
    desk = Desk(" ")
    await desk.asking.run()
    assert desk.kinds == [(0.0, "AgentDone")]
    assert not any(isinstance(event, AgentText) for _, event in desk.events)
