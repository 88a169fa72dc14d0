"""The first phrase of an answer, spoken before it is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.core.actions import AskAgent, PrepareAgent
from gateway.core.events import AgentAudio, AgentDone, AgentEvent, AgentFailed, AgentText
from gateway.ports.live_speech import SpokenPiece
from gateway.shell.call.observe import LiveCall
from gateway.shell.process.background import Background
from gateway.shell.reply.agent_line import Replies
from gateway.shell.reply.early_voice import WITHIN, EarlyVoice
from gateway.shell.reply.voice_style import VoiceStyle
from tests.support.chatting import ScriptedModel, pair, tool
from tests.support.fakes import FakeVoice
from tests.support.house import PCM16K, open_house

pytestmark = pytest.mark.anyio

SKY = "why is the sky blue"
ANSWER = "It scatters the light. Blue light most of all."


async def texts(*all_of_them: str) -> AsyncIterator[str]:
    for one in all_of_them:
        yield one


class Early:
    """An early voice of its own, and what it is told that the agent has said."""

    def __init__(self, said: str = "", **voice: float) -> None:
        self.said = said
        self.voice = FakeVoice(pieces=2, **voice)
        self.background = Background()
        self.early = EarlyVoice(
            *(lambda: self.said, self.voice, PCM16K, VoiceStyle(), self.background),
            known=lambda phrase: phrase == "Kept as sound.",
        )

    async def taken(self, *all_of_them: str) -> list[SpokenPiece]:
        return [one async for one in self.early.taken(texts(*all_of_them))]


async def test_a_phrase_is_spoken_once_it_is_whole() -> None:
    one = Early("It scat")
    await asyncio.sleep(0.2)
    assert one.early.phrase == "" and one.voice.texts == []
    one.said = ANSWER
    await asyncio.sleep(0.1)
    assert one.early.phrase == "It scatters the light."
    assert one.voice.texts == ["It scatters the light."]
    pieces = await one.taken("It scatters the light.", "Blue light most of all.")
    assert one.voice.texts == ["It scatters the light.", "Blue light most of all."]
    assert sum(bool(piece.audio) for piece in pieces) == 4
    assert pieces[-1].finished == 2
    assert one.voice.stopped == 1, "all in one run of the voice"
    await one.background.close()


async def test_what_is_dropped_stops_the_voice() -> None:
    one = Early(ANSWER)
    await asyncio.sleep(0.2)
    one.early.drop()
    await asyncio.sleep(0.01)
    assert one.voice.stopped == 1
    await one.background.close()


async def test_who_stops_listening_stops_the_voice() -> None:
    one = Early(ANSWER)
    await asyncio.sleep(0.2)
    sound = one.early.taken(texts("It scatters the light."))
    await anext(sound)
    await sound.aclose()
    assert one.voice.stopped == 1
    await one.background.close()


async def test_no_phrase_in_time_and_none_that_is_kept_as_sound() -> None:
    late, kept = Early("It scat"), Early("Kept as sound. And more.")
    await asyncio.sleep(WITHIN + 0.1)
    late.said = ANSWER
    await asyncio.sleep(0.1)
    assert late.early.phrase == kept.early.phrase == ""
    assert late.voice.texts == kept.voice.texts == []
    await late.background.close()
    await kept.background.close()


async def test_a_voice_that_fails_early_fails_the_reply_that_takes_it() -> None:
    one = Early(ANSWER)
    one.voice.broken = RuntimeError("broken")
    await asyncio.sleep(0.2)
    with pytest.raises(RuntimeError):
        await one.taken("It scatters the light.")
    await one.background.close()


class Line:
    """Replies of a call."""

    def __init__(self, *steps: object) -> None:
        self.agent = pair(ScriptedModel("a", [*steps]))  # type: ignore[list-item]
        self.voice = FakeVoice(takes=0.09)
        self.house = open_house(agent=self.agent, voice=self.voice)
        self.told: list[tuple[float, AgentEvent]] = []
        live = LiveCall("c1", "default", "native", 0.0)
        self.replies = Replies(self.house.services, live, PCM16K, self._tell)

    def _tell(self, event: AgentEvent) -> None:
        self.told.append((asyncio.get_running_loop().time(), event))

    @property
    def events(self) -> list[AgentEvent]:
        return [event for _, event in self.told]

    def prepare(self, turn: int = 1, text: str = SKY) -> None:
        self.replies.prepare(PrepareAgent(turn=turn, text=text, history=()))

    def ask(self, turn: int = 1, text: str = SKY) -> None:
        self.replies.ask(AskAgent(turn=turn, text=text, history=()))

    async def close(self) -> None:
        self.replies.cancel()
        await self.house.services.background.close()
        await self.agent.close()


async def test_the_sound_of_what_was_begun_early_is_there_when_it_is_wanted() -> None:
    line = Line(0.3, ANSWER)
    line.prepare()
    await asyncio.sleep(0.5)
    assert line.told == [], "nothing of it is told before it is wanted"
    assert line.voice.texts == ["It scatters the light."]
    line.ask()
    await asyncio.sleep(0.005)
    assert isinstance(line.events[0], AgentText)
    assert any(isinstance(one, AgentAudio) for one in line.events), "and not 90 ms later"
    await asyncio.sleep(5.0)
    assert line.events[-1] == AgentDone(turn=1)
    said = " ".join(one.text for one in line.events if isinstance(one, AgentAudio)).split()
    assert " ".join(said) == ANSWER
    assert line.voice.texts == ["It scatters the light.", "Blue light most of all."]
    await line.close()


async def test_what_is_not_wanted_is_never_heard() -> None:
    line = Line(0.3, ANSWER)
    line.prepare()
    await asyncio.sleep(0.5)
    line.replies.forget()
    await asyncio.sleep(0.1)
    assert line.voice.stopped == 1 and line.told == []
    line.ask(2, "why is the sea green")
    await asyncio.sleep(5.0)
    assert line.events[-1] == AgentDone(turn=2)
    assert line.voice.texts.count("It scatters the light.") == 2, "spoken anew"
    await line.close()


async def test_a_tool_that_is_wanted_first_leaves_nothing_to_be_said_early() -> None:
    line = Line(0.1, tool("balance"), ANSWER)
    line.prepare()
    await asyncio.sleep(0.5)
    assert line.voice.texts == []
    await line.close()


async def test_a_voice_that_broke_early_is_told_as_ever() -> None:
    line = Line(0.1, ANSWER)
    line.voice.broken = RuntimeError("broken")
    line.prepare()
    await asyncio.sleep(0.4)
    line.ask()
    await asyncio.sleep(1.0)
    assert isinstance(line.events[-1], AgentFailed)
    await line.close()
