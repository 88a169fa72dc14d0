"""A call's dealings with its agent, with a pair of models that say what they are told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from gateway.core.actions import AskAgent, PrepareAgent
from gateway.core.events import (
    AgentAudio,
    AgentDone,
    AgentEvent,
    AgentFailed,
    AgentText,
    AgentTool,
)
from gateway.ports.agents import AgentPiece
from gateway.shell.call.observe import LiveCall
from gateway.shell.reply.agent_line import SOONEST, Replies, Timing, speculative
from gateway.shell.reply.first_sounds import ENOUGH, FirstSounds
from tests.support.chatting import ScriptedModel, pair
from tests.support.fakes import FakeAgent, FakeVoice
from tests.support.house import PCM16K, House, open_house

pytestmark = pytest.mark.anyio

SKY = "why is the sky blue"


class Desk:
    """Replies of a call, the model they come from, and what was told of them."""

    def __init__(self, model: ScriptedModel, speculate: float = 0.25) -> None:
        self.model = model
        self.agent = pair(model, speculate=speculate)
        self.voice = FakeVoice()
        self.house: House = open_house(agent=self.agent, voice=self.voice)
        self.told: list[AgentEvent] = []
        live = LiveCall("c1", "default", "native", 0.0)
        self.replies = Replies(self.house.services, live, PCM16K, self.told.append)

    async def close(self) -> None:
        self.replies.cancel()
        await self.house.services.background.close()
        await self.agent.close()


def prepare(text: str = SKY) -> PrepareAgent:
    return PrepareAgent(turn=1, text=text, history=())


def ask(text: str = SKY, **fields: str) -> AskAgent:
    return AskAgent(turn=1, text=text, history=(), **fields)


async def test_what_was_prepared_is_taken_up(threads: SimpleNamespace) -> None:
    desk = Desk(ScriptedModel("a", [0.4, "It scatters."]))
    desk.replies.prepare(prepare())
    await asyncio.sleep(0.3)
    assert desk.told == [], "nothing of it is told before it is wanted"
    assert desk.voice.prepared == 1, "but the voice connects"
    desk.replies.ask(ask(intent="sky"))
    await asyncio.sleep(0.09)
    assert desk.told == []
    await asyncio.sleep(0.02)
    assert desk.told == [AgentText(turn=1)], "0.4 s after it was begun, not after it was asked"
    await asyncio.sleep(3.0)
    assert desk.told[-1] == AgentDone(turn=1)
    assert len(desk.model.requests) == 1
    await desk.close()


async def test_what_is_not_wanted_is_closed_at_once(threads: SimpleNamespace) -> None:
    desk = Desk(ScriptedModel("a", [60.0]))
    desk.replies.prepare(prepare())
    await asyncio.sleep(0.3)
    assert desk.model.open == 1
    desk.replies.forget()
    await asyncio.sleep(0.1)
    assert (desk.model.open, desk.agent.open) == (0, 0)
    await desk.close()


async def test_the_voice_connects_once_a_turn(threads: SimpleNamespace) -> None:
    desk = Desk(ScriptedModel("a", [60.0]))
    for text in ("why is the sky", SKY, "why"):
        desk.replies.prepare(prepare(text))
        await asyncio.sleep(0.1)
        desk.replies.forget()
    assert desk.voice.prepared == 1
    desk.replies.prepare(replace(prepare(), turn=2))
    await asyncio.sleep(0.1)
    assert desk.voice.prepared == 2
    await desk.close()


async def test_other_words_are_asked_anew(threads: SimpleNamespace) -> None:
    desk = Desk(ScriptedModel("a", [0.1, "It scatters."]))
    desk.replies.prepare(prepare("why is the sky"))
    await asyncio.sleep(0.01)
    desk.replies.ask(ask())
    await asyncio.sleep(3.0)
    asked = [request.messages[-1]["content"] for request in desk.model.requests]
    assert asked == ["why is the sky", SKY]
    assert desk.model.open == 0
    await desk.close()


async def test_cancelled_before_it_could_take_up_what_was_prepared(
    threads: SimpleNamespace,
) -> None:
    """The reply's task has not run yet: nobody but us knows of what was begun."""
    desk = Desk(ScriptedModel("a", [60.0]))
    desk.replies.prepare(prepare())
    await asyncio.sleep(0.1)
    desk.replies.ask(ask())
    desk.replies.cancel()
    await asyncio.sleep(0.2)
    assert (desk.model.open, desk.agent.open) == (0, 0)
    assert desk.replies.stream(1) is None
    await desk.close()


async def test_what_may_not_be_spent_is_not_begun(threads: SimpleNamespace) -> None:
    desk = Desk(ScriptedModel("a", [0.1, "It scatters."]), speculate=0.0)
    desk.replies.prepare(prepare())
    await asyncio.sleep(0.3)
    assert desk.model.requests == [] and desk.voice.prepared == 0
    desk.replies.ask(ask())
    assert desk.replies.stream(1) is not None and desk.replies.stream(2) is None
    await asyncio.sleep(3.0)
    assert desk.told[-1] == AgentDone(turn=1)
    await desk.close()


async def test_an_agent_that_cannot_begin_early(threads: SimpleNamespace) -> None:
    agent = FakeAgent("It scatters.")
    assert speculative(agent) is None and speculative(None) is None
    house = open_house(agent=agent, voice=FakeVoice())
    live = LiveCall("c1", "default", "native", 0.0)
    told: list[AgentEvent] = []
    replies = Replies(house.services, live, PCM16K, told.append)
    replies.prepare(prepare())
    replies.forget()
    assert agent.asked == []
    replies.ask(ask())
    await asyncio.sleep(3.0)
    assert told[-1] == AgentDone(turn=1)
    await house.services.background.close()


async def test_without_an_agent_it_fails_at_once(threads: SimpleNamespace) -> None:
    house = open_house()
    told: list[AgentEvent] = []
    live = LiveCall("c1", "default", "native", 0.0)
    Replies(house.services, live, PCM16K, told.append).ask(ask())
    assert told == [AgentFailed(turn=1, reason="no agent is connected")]


def told(timing: Timing, asked: float, *, words: float, sound: float) -> None:
    timing.ask(ask(), asked)
    timing.take(AgentText(turn=1), asked + words)
    timing.take(AgentAudio(turn=1, length=0.1, text="It"), asked + words + sound)
    timing.take(AgentText(turn=1), asked + 9)
    timing.take(AgentAudio(turn=1, length=0.2), asked + 9)


async def test_the_next_answer_is_foretold_from_the_last() -> None:
    timing = Timing(FirstSounds())
    assert timing.expects(ask(), 0.0) is None
    for turn in range(ENOUGH):
        told(timing, 10.0 * turn, words=0.3, sound=0.1)
    assert timing.expects(ask(), 50.0) == pytest.approx(0.4)
    timing.prepare(prepare(), 50.0)
    timing.prepare(prepare(), 50.1)
    assert timing.expects(ask(), 50.2) == pytest.approx(0.2)
    timing.forget()
    assert timing.expects(ask(), 50.2) == pytest.approx(0.4)


async def test_of_an_answer_that_is_not_begun_it_is_known_that_it_takes_a_while() -> None:
    poor, rich = (Desk(ScriptedModel("a", [0.4, "No."]), share) for share in (0.0, 0.25))
    for desk, expected in ((poor, SOONEST), (rich, None)):
        desk.replies.prepare(prepare())
        assert desk.replies.expects(ask()) == expected
        await desk.close()


async def test_what_was_begun_early_and_tools_measure_no_agent() -> None:
    known = FirstSounds()
    timing = Timing(known)
    for _ in range(ENOUGH):
        timing.prepare(prepare(), 0.0)
        told(timing, 1.0, words=0.001, sound=0.1)
    for _ in range(ENOUGH):
        timing.ask(ask(), 0.0)
        timing.take(AgentTool(turn=1, name="balance"), 0.1)
        timing.take(AgentText(turn=1), 5.0)
        timing.take(AgentAudio(turn=1, length=0.1), 6.0)
    assert timing.expects(ask(), 9.0) is None
    for _ in range(ENOUGH):
        known.worded("", 0.3)
    assert timing.expects(ask(), 9.0) == pytest.approx(0.4)


class SpeakingFake(FakeAgent):
    """An agent with a voice of its own; ``told`` is what it was told of what was heard."""

    def __init__(self, *pieces: AgentPiece | float) -> None:
        super().__init__(*pieces)
        self.told: list[tuple[str, int, float]] = []

    def heard(self, call_id: str, turn: int, seconds: float) -> None:
        self.told.append((call_id, turn, seconds))


async def test_an_agent_that_speaks_itself_is_told_what_was_heard(
    threads: SimpleNamespace,
) -> None:
    desk = Desk(ScriptedModel("a", ["Never asked."]))
    speaking = SpeakingFake(AgentPiece(audio=bytes(32_000), text="One second"), 5.0)
    desk.house.services.agent = speaking
    live = LiveCall("c1", "default", "native", 0.0)
    replies = Replies(desk.house.services, live, PCM16K, desk.told.append)
    replies.ask(ask())
    await asyncio.sleep(0.1)
    stream = replies.stream(1)
    assert stream is not None
    stream.heard(0.4)
    replies.cancel()
    assert speaking.told == [("c1", 1, 0.4)]
    assert speaking.asked[0].sound == PCM16K
    assert desk.voice.prepared == 0, "no other voice connects for it"
    await desk.close()
