"""A recogniser or client that says its last word twice gets one answer."""

from __future__ import annotations

import asyncio

import pytest

from gateway.core.events import VoiceStarted, VoiceStopped
from gateway.ports.speech_in import Heard
from tests.support.house import House, TimedMatching

pytestmark = pytest.mark.anyio


async def test_a_final_sent_twice_at_once_is_one_turn(house: House) -> None:
    async with house.call() as call:
        call.runner.final("when do you open")
        call.runner.final("when do you open")
        await asyncio.sleep(3.0)
    assert [one["turn"] for one in call.wire.told("decision")] == [1]
    assert len(call.wire.told("audio.start")) == 1


async def test_a_late_final_of_our_recogniser_is_not_an_interruption(
    house: House, matching: TimedMatching
) -> None:
    async with house.call(stt=True) as call:
        assert call.transcription is not None
        loop = asyncio.get_running_loop()
        call.runner.receive(VoiceStarted(at=loop.time()))
        call.transcription.say(Heard("when do you open", final=False))
        await asyncio.sleep(1.0)
        call.runner.receive(VoiceStopped(at=loop.time()))
        await asyncio.sleep(2.0)  # longer than the budget for the final
        assert len(call.wire.told("audio.start")) == 1
        call.transcription.say(Heard("when do you open", final=True))
        await asyncio.sleep(3.0)
    assert call.wire.told("clear") == []
    assert [one["turn"] for one in call.wire.told("decision")] == [1]


async def test_a_final_that_comes_when_the_answer_is_over_is_no_new_question(
    house: House,
) -> None:
    async with house.call(stt=True) as call:
        assert call.transcription is not None
        loop = asyncio.get_running_loop()
        call.runner.receive(VoiceStarted(at=loop.time()))
        call.transcription.say(Heard("when do you open", final=False))
        await asyncio.sleep(1.0)
        call.runner.receive(VoiceStopped(at=loop.time()))
        await asyncio.sleep(8.0)
        assert call.state == "QUIET"
        call.transcription.say(Heard("when do you open", final=True))
        await asyncio.sleep(3.0)
    assert [one["turn"] for one in call.wire.told("decision")] == [1]
    assert len(call.wire.told("audio.start")) == 1


async def test_two_finals_of_one_utterance_are_one_turn(house: House) -> None:
    async with house.call(stt=True) as call:
        assert call.transcription is not None
        loop = asyncio.get_running_loop()
        call.runner.receive(VoiceStarted(at=loop.time()))
        call.transcription.say(Heard("when do", final=True))  # cut, but the voice goes on
        await asyncio.sleep(0.3)
        call.transcription.say(Heard("you open", final=False))
        await asyncio.sleep(0.5)
        call.runner.receive(VoiceStopped(at=loop.time()))
        call.transcription.say(Heard("you open", final=True))
        await asyncio.sleep(3.0)
    [decision] = call.wire.told("decision")
    assert (decision["turn"], decision["entry"]) == (1, "hours")
