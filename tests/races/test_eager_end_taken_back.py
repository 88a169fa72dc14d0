"""An eager end that is taken back in the very instant in which something else happens.

Whatever the order, what was begun is taken up or dropped, never both and never neither, and nothing
of an answer to half a question is heard.
"""

from __future__ import annotations

import asyncio
from itertools import permutations
from types import SimpleNamespace

import pytest

from gateway.core.actions import (
    Action,
    AskAgent,
    FinishUtterance,
    ForgetAgent,
    PrepareAgent,
    TellSpeech,
)
from gateway.core.events import (
    DeadlinePassed,
    Decided,
    Event,
    HungUp,
    PartialHeard,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.policy import Policy
from gateway.core.turn.ending import GOES_ON, PAUSE
from gateway.ports.speech_in import Heard
from tests.support.chatting import ScriptedModel, pair
from tests.support.fakes import FakeVoice
from tests.support.house import Dialled, House, open_house
from tests.support.script import FILLERS, LINES, Script, answer, final, miss, partial, said

SKY = "why is the sky blue"
POLICY = Policy(agent=True, speculate=True)
EAGER = PartialHeard(utterance=said(SKY), eager=True)
BACK = PartialHeard(utterance=said(SKY))
MORE = partial(f"{SKY} at noon")
MISSED = Decided(turn=1, revision=1, verdict=miss())
KNOWN = Decided(turn=1, revision=1, verdict=answer())


def orders(*events: Event) -> pytest.MarkDecorator:
    found = list(permutations(events))
    ids = [" ".join(type(one).__name__ for one in row) for row in found]
    return pytest.mark.parametrize("events", found, ids=ids)


def eager(*, decided: bool) -> Script:
    """A caller's eager end at 2.0, with the cache's answer (none) or without."""
    script = Script(POLICY, lines=LINES | FILLERS, recogniser=True)
    script.at(1.0, VoiceStarted(at=0.9), ...).at(2.0, EAGER, ...)
    return script.at(2.0, MISSED, PrepareAgent) if decided else script


def run(script: Script, now: float, events: tuple[Event, ...], *, begun: bool) -> list[Action]:
    """All at that instant; what followed. ``begun``: something was before."""
    followed: list[Action] = []
    for event in events:
        script.at(now, event)
        followed += script.actions
    for action in followed:
        if isinstance(action, PrepareAgent):
            assert not begun, "one at a time"
        elif isinstance(action, ForgetAgent):
            assert begun, "it was there"
        if isinstance(action, PrepareAgent | ForgetAgent | AskAgent):
            begun = isinstance(action, PrepareAgent)
    return followed


def speculating(followed: list[Action]) -> bool:
    told = [one for one in followed if isinstance(one, PrepareAgent | ForgetAgent | AskAgent)]
    return bool(told) and isinstance(told[-1], PrepareAgent)


@orders(BACK, MISSED)
def test_the_cache_has_no_answer(events: tuple[Event, ...]) -> None:
    script = eager(decided=False)
    followed = run(script, 2.1, events, begun=False)
    assert not speculating(followed), "nobody believes in it any more"
    script.at(2.5, VoiceStopped(at=2.4), TellSpeech, FinishUtterance, PrepareAgent)


@orders(MORE, MISSED)
def test_the_caller_goes_on(events: tuple[Event, ...]) -> None:
    assert not speculating(run(eager(decided=False), 2.1, events, begun=False))


@orders(BACK, KNOWN)
def test_the_cache_has_one(events: tuple[Event, ...]) -> None:
    followed = run(eager(decided=False), 2.1, events, begun=False)
    assert not [one for one in followed if isinstance(one, PrepareAgent | AskAgent)]


@orders(BACK, EAGER)
def test_it_is_taken_back_and_believed_again(events: tuple[Event, ...]) -> None:
    followed = run(eager(decided=True), 2.1, events, begun=True)
    assert speculating(followed) is (events[-1] is EAGER)


@orders(BACK, final(SKY), DeadlinePassed())
def test_the_silence_is_long_enough(events: tuple[Event, ...]) -> None:
    script = eager(decided=True).at(2.1, VoiceStopped(at=2.0), ...)
    armed = script.call.deadline
    assert armed == pytest.approx(2.425)
    followed = run(script, 2.425, events, begun=True)
    asked = [one for one in followed if isinstance(one, AskAgent)]
    if events.index(BACK) > events.index(DeadlinePassed()) and asked:
        assert asked[0].text == SKY
    if not asked:
        turn = script.call.turn
        assert turn is not None and turn.deadline is not None, "the wait goes on"


@orders(BACK, HungUp())
def test_hanging_up(events: tuple[Event, ...]) -> None:
    script = eager(decided=True)
    followed = run(script, 2.1, events, begun=True)
    assert len([one for one in followed if isinstance(one, ForgetAgent)]) == 1
    assert script.call.receive(EAGER, 2.2) == []


# --- with the agent itself ------------------------------------------------------------------------


class Line:
    """A call with a recogniser, and an agent of one model."""

    def __init__(self, house: House, call: Dialled, model: ScriptedModel) -> None:
        self.house, self.call, self.model = house, call, model

    def hear(self, text: str, *, eager: bool = False, final: bool = False) -> None:
        assert self.call.transcription is not None
        self.call.transcription.say(Heard(text, final=final, eager=eager))

    @property
    def spoken(self) -> list[str]:
        return [one["source"] for one in self.call.wire.told("audio.start")]


@pytest.mark.anyio
@pytest.mark.parametrize("order", ["token first", "words first"])
async def test_the_agents_first_token(threads: SimpleNamespace, order: str) -> None:
    model = ScriptedModel("a", [0.2, "It", 0.05, " scatters."], [0.2, "At noon it is white."])
    agent = pair(model)
    house = open_house(policy=POLICY, agent=agent, voice=FakeVoice())
    async with house.call(stt=True) as call:
        line, loop = Line(house, call, model), asyncio.get_running_loop()
        call.runner.receive(VoiceStarted(at=loop.time()))
        line.hear(SKY, eager=True)
        await asyncio.sleep(0.003)  # matched, and asked
        await asyncio.sleep(0)
        assert len(model.requests) == 1
        nudge = 1e-6 if order == "token first" else -1e-6
        await asyncio.sleep(0.2 + nudge)
        line.hear(f"{SKY} at noon")
        await asyncio.sleep(0.1)
        assert (model.open, agent.open) == (0, 0), "dropped, and its stream is closed"
        await asyncio.sleep(0.5)
        call.runner.receive(VoiceStopped(at=loop.time()))
        line.hear(f"{SKY} at noon", final=True)
        await asyncio.sleep(3.0)
        assert line.spoken == ["agent"]
        voice = house.services.voice
        assert isinstance(voice, FakeVoice) and voice.texts == ["At noon it is white."]
    asked = [request.messages[-1]["content"] for request in model.requests]
    assert asked == [SKY, f"{SKY} at noon"]
    await agent.close()


@pytest.mark.anyio
async def test_the_final_and_the_agents_last_token(threads: SimpleNamespace) -> None:
    """All of the answer is there before the turn is over: it waits, and is heard once."""
    model = ScriptedModel("a", [0.1, "It scatters."])
    agent = pair(model)
    house = open_house(policy=POLICY, agent=agent, voice=FakeVoice(takes=0.05))
    async with house.call(stt=True) as call:
        line, loop = Line(house, call, model), asyncio.get_running_loop()
        call.runner.receive(VoiceStarted(at=loop.time()))
        line.hear(SKY, eager=True)
        await asyncio.sleep(1.0)
        assert call.wire.audio() == [] and model.open == 0
        stopped = loop.time()
        call.runner.receive(VoiceStopped(at=stopped))
        line.hear("Why is the sky blue?", final=True)
        await asyncio.sleep(3.0)
        assert line.spoken == ["agent"]
        seldom = PAUSE * GOES_ON  # that callers leave it at such words
        assert call.wire.audio()[0] == pytest.approx(stopped + 0.425 + seldom + 0.05)
    assert len(model.requests) == 1
    await agent.close()
