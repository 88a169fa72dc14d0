"""A reply turned into sound, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from gateway.core.events import AgentAudio, AgentDone, AgentFailed, AgentText, AgentTool
from gateway.core.speech.chunking import Chunking
from gateway.errors import ProviderFailed
from gateway.ports.agents import AgentPiece, AgentRequest
from gateway.ports.live_speech import SpokenPiece
from gateway.shell.reply.voice_style import VoiceStyle
from gateway.shell.sound.sources import AHEAD
from tests.support.desk import REQUEST, Desk, Speaker, now, reply, runs, said
from tests.support.fakes import FakeAgent, FakeVoice
from tests.support.shelf import TEXT as MORE
from tests.support.shelf import Shelf

pytestmark = pytest.mark.anyio


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


async def test_the_first_sound_is_on_its_way_before_the_last_is_taken() -> None:
    desk = Desk("We open at nine.", voice=FakeVoice(pieces=20))
    some = asyncio.Event()
    desk.asking.stream.woken = some.set
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(desk.asking.run())
        await some.wait()
        assert 0 < desk.asking.stream.length < 0.3
    assert desk.asking.stream.length == pytest.approx(1.0)


async def test_the_agent_is_asked_before_the_voice_connects() -> None:
    asked: list[int] = []

    class Voice(FakeVoice):
        async def prepare(self, *_: Any, **__: Any) -> None:
            self.prepared = len(asked)

    class Agent(FakeAgent):
        async def reply(self, request: AgentRequest) -> AsyncGenerator[AgentPiece, None]:
            for turn in range(6):  # of the loop: a task, a connection of the pool, head and body
                await asyncio.sleep(0)
                asked.append(turn)
            async for piece in super().reply(request):
                yield piece

    desk = Desk(voice=Voice())
    desk.asking._agent = Agent("We open at nine.")
    await desk.asking.run()
    assert desk.voice.prepared == 6
    assert desk.voice.texts == ["We open at nine."]


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
    assert desk.records._replies == {"c1-3": ("We open at nine.", "")}


async def test_a_reply_without_words_is_over() -> None:
    desk = Desk(" ")
    await desk.asking.run()
    assert desk.kinds == [(0.0, "AgentDone")]
    assert not any(isinstance(event, AgentText) for _, event in desk.events)


# --- who speaks, and how ----------------------------------------------------------------------


async def test_the_call_has_its_voice_its_language_and_its_chunks() -> None:
    voice = Speaker()
    manner = VoiceStyle(voice="hanna", locale="de-AT", chunking=Chunking(later_words=1))
    desk = Desk("So. Ja. Nein.", voice=voice, manner=manner)
    await desk.asking.run()
    assert voice.asked == [("hanna", "de-AT")] * 2
    assert voice.runs == [["So.", "Ja.", "Nein."]]


async def test_a_voice_that_takes_no_text_is_not_asked_for_ever() -> None:
    class Deaf(FakeVoice):
        async def speak(self, *args: Any, **more: Any) -> AsyncGenerator[SpokenPiece, None]:
            self.stopped += 1
            for nothing in list[SpokenPiece]():
                yield nothing

    voice = Deaf()
    desk = Desk("One is here now.", voice=voice)
    await desk.asking.run()
    assert desk.end == AgentFailed(turn=3, reason="the voice fake failed: it took no text")
    assert voice.stopped == 1


# --- what repeats -----------------------------------------------------------------------------


async def test_what_was_said_often_enough_is_not_made_again() -> None:
    shelf = Shelf(after=3)
    desks = [await reply(shelf, f"We open at nine. {MORE}") for _ in range(4)]
    both = [["We open at nine.", MORE]]
    alone = [["We open at nine."], [MORE]]
    assert [runs(desk) for desk in desks] == [both, both, alone, [["We open at nine."]]]
    assert shelf.watched.told == [("personal", 0.0), ("kept", 1.0), ("used", 1.0)]
    last, before = desks[-1], desks[-2]
    assert last.chunks[0][0] == "We open at nine." and last.chunks[-1] == (MORE, 2.0)
    assert said(last) == said(before), "its words are known too"


async def test_it_is_played_in_its_place_with_the_rest_around_it() -> None:
    shelf = Shelf(after=1)
    await reply(shelf, f"That is 8. It is 9 now. {MORE}", voice=Speaker(lasts=2.0))
    manner = VoiceStyle(repeats=shelf)
    desk = Desk(f"That is 5. {MORE} I have 7 more of them.", voice=Speaker(), manner=manner)
    await desk.asking.run()
    assert runs(desk) == [["That is 5."], ["I have 7 more of them."]]
    sound = b"".join(desk.asking.stream._messages)
    assert sound == b"\1" * 32000 + b"\3" * 64000 + b"\2" * 32000, "no gap, no overlap"
    assert [text for text, _ in desk.chunks if text] == [
        *("That is 5.", MORE, "I have 7 more of them."),
    ]
    assert desk.asking.stream.length == pytest.approx(4.0)
    times = {text: at for at, text in said(desk)}
    assert times["That is 5."] == pytest.approx(1.0)
    assert times[f"That is 5. {MORE}"] == pytest.approx(3.0)
    assert max(times.values()) == pytest.approx(4.0)


async def test_it_is_there_before_any_voice_has_spoken() -> None:
    shelf = Shelf(after=1)
    await reply(shelf, MORE)
    desk = await reply(shelf, f"{MORE} Or is it 5?")
    begun = next(at for at, event in desk.events if isinstance(event, AgentAudio))
    assert begun == desk.events[0][0], "with the first words"
    assert runs(desk) == [["Or is it 5?"]]


async def test_it_is_said_alone_so_that_nothing_else_is_in_it() -> None:
    shelf = Shelf(after=1)
    desk = await reply(shelf, f"Sure, we do. {MORE} Goodbye.")
    assert runs(desk) == [["Sure, we do."], [MORE], ["Goodbye."]]
    assert desk.voice.prepared == 3, "a connection for each"
    assert shelf.watched.outcomes == ["kept", "kept", "kept"]


@pytest.mark.parametrize("heard", [0.0, 0.9])
async def test_of_a_reply_that_was_not_heard_to_its_end_nothing_is_kept(heard: float) -> None:
    shelf = Shelf(after=1)
    await reply(shelf, MORE, heard=heard)
    assert shelf.watched.outcomes == ["unfit"]


async def test_nor_of_one_that_was_cut_short() -> None:
    shelf = Shelf(after=1)
    desk = Desk(f"{MORE} ", 60.0, "Never.", voice=Speaker(), manner=VoiceStyle(repeats=shelf))
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(desk.asking.run())
        await asyncio.sleep(5.0)
        task.cancel()
    desk.asking.stream.heard(1.0)
    desk.asking.close()
    assert shelf.watched.outcomes == ["unfit"]


async def test_nor_of_one_that_failed() -> None:
    shelf = Shelf(after=1)
    await reply(shelf, f"{MORE} ", 1.0, ProviderFailed("gone"))
    assert shelf.watched.outcomes == ["unfit"]


async def test_nor_of_one_in_which_another_voice_had_to_speak() -> None:
    shelf = Shelf(after=1)

    class Relieved(Speaker):
        """Another one speaks every second run."""

        async def speak(self, *args: Any, **more: Any) -> AsyncGenerator[SpokenPiece, None]:
            self.by = "other" if len(self.runs) % 2 else "fake"
            async with aclosing(super().speak(*args, **more)) as pieces:
                async for piece in pieces:
                    yield piece

    await reply(shelf, f"Sure, we do. {MORE}", voice=Relieved())
    assert shelf.watched.outcomes == ["unfit", "unfit"]


async def test_what_is_too_long_is_not_gathered() -> None:
    shelf = Shelf(after=1, limit_bytes=80_000)
    desk = await reply(shelf, MORE, voice=Speaker(pieces=10))
    assert shelf.watched.outcomes == ["unfit"]
    assert desk.asking._made == []


async def test_it_is_looked_for_in_the_calls_own_manner() -> None:
    shelf = Shelf(after=1)
    await reply(shelf, MORE, voice=Speaker())
    for other in (VoiceStyle(voice="hanna"), VoiceStyle(locale="de")):
        assert runs(await reply(shelf, MORE, manner=other)) == [[MORE]]
    assert runs(await reply(shelf, MORE)) == []


async def test_it_is_closed_once() -> None:
    shelf = Shelf(after=1)
    desk = await reply(shelf, MORE)
    desk.asking.close()
    assert shelf.watched.outcomes == ["kept"]
