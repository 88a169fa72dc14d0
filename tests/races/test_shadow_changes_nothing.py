"""Mode ``shadow``: the caller hears what they would hear without a cache, to the instant, and what
the cache would have said is recorded beside it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.core.events import VoiceStarted, VoiceStopped
from gateway.core.policy import Policy
from gateway.ports import AgentRequest, Catalogue
from gateway.shell.routing import Routing
from tests.fakes import FakeAgent, FakeVoice
from tests.house import ANSWERS, TimedMatching, answer, catalogue, open_house

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("threads")]

SAID: list[tuple[str, float]] = [
    ("when do you open", 1.0),
    ("tell me the times", 1.0),
    ("the first one", 1.0),
    ("my balance", 1.0),
    ("repeat that", 1.0),
    ("stop", 1.0),
    ("okay", 1.0),
    ("when are holidays", 0.2),
    ("this is useless when do you open", 1.0),
    ("why is the sky blue", 1.0),
    ("goodbye", 1.0),
]
"""What the cache would answer, ask back, route, obey and miss; and how sure the recogniser is."""

UPSET = {"this is useless when do you open": answer("hours", upset=True)}


def with_fillers() -> Catalogue:
    one = catalogue()
    lines = {
        f"line:{name}": replace(one.clips["line:handoff"], text=f"<{name}>", duration_ms=400)
        for name in ("filler:1", "filler:2", "bridge:1")
    }
    return replace(one, clips={**one.clips, **lines})


class Heard:
    """A whole call in that mode: all that went over the wire, with its time, and to the agent."""

    def __init__(self, mode: str, *, agent: bool, takes: float = 0.003, **policy: Any) -> None:
        self.agent = FakeAgent(0.9, "It scatters the light. ", "Shall I go on?") if agent else None
        self.house = open_house(
            policy=Policy(agent=agent, **policy),
            agent=self.agent,
            voice=FakeVoice() if agent else None,
            routing=Routing.of({"account": "transfer"}, {"opening": "Speak of the hours."}),
        )
        self.house.publish(with_fillers())
        self.house.matcher.answers = {**ANSWERS, **UPSET}
        self.house.services.modes["default"] = mode
        self.matching = self.house.services.matching
        assert isinstance(self.matching, TimedMatching)
        self.matching.takes = takes
        self.wire: list[tuple[float, str | bytes]] = []

    async def client_speaks(self) -> Heard:
        """A client with words of its own says all of it, and hangs up on the last answer."""
        began = asyncio.get_running_loop().time()
        async with self.house.call() as call:
            for text, confidence in SAID:
                words = text.split()
                for count in range(1, len(words)):
                    call.runner.partial(" ".join(words[:count]))
                    await asyncio.sleep(0.1)
                call.runner.final(text, confidence)
                await asyncio.sleep(0.05 if text == "goodbye" else 4.0)
            self.wire = [(round(at - began, 6), sent) for at, sent in call.wire.sent]
        await asyncio.sleep(3.0)
        return self

    async def we_recognise(self) -> Heard:
        """With our recogniser and voice detector; the caller also cuts in."""
        began = asyncio.get_running_loop().time()
        async with self.house.call(stt=True) as call:
            for number, (text, confidence) in enumerate(SAID):
                at = asyncio.get_running_loop().time
                call.runner.receive(VoiceStarted(at=at()))
                call.runner.partial(text)
                await asyncio.sleep(0.411)  # so that nothing falls on the instant of a deadline
                call.runner.receive(VoiceStopped(at=at()))
                await asyncio.sleep(0.1)
                call.runner.final(text, confidence)
                await asyncio.sleep(1.537 if number % 3 else 4.013)
            self.wire = [(round(one - began, 6), sent) for one, sent in call.wire.sent]
        await asyncio.sleep(3.0)
        return self

    @property
    def asked(self) -> list[AgentRequest]:
        return self.agent.asked if self.agent is not None else []

    @property
    def turns(self) -> dict[int, Any]:
        """Turn -> its newest record."""
        return {record.turn: record for record in self.house.observer.turns}


@pytest.mark.parametrize("takes", [0.0, 0.003, 1.0])
@pytest.mark.parametrize("agent", [False, True])
async def test_the_caller_hears_what_they_would_without_a_cache(agent: bool, takes: float) -> None:
    off = await Heard("off", agent=agent).client_speaks()
    shadow = await Heard("shadow", agent=agent, takes=takes).client_speaks()
    assert len(off.wire) > 50
    assert shadow.wire == off.wire
    assert shadow.asked == off.asked
    assert bool(off.asked) is agent
    assert off.house.matcher.asked == []


@pytest.mark.parametrize("speculate", [False, True])
async def test_so_does_a_caller_whom_we_recognise(speculate: bool) -> None:
    off = await Heard("off", agent=True, speculate=speculate).we_recognise()
    shadow = await Heard("shadow", agent=True, speculate=speculate, takes=0.2).we_recognise()
    assert len(off.wire) > 50
    assert shadow.wire == off.wire
    assert shadow.asked == off.asked


async def test_it_would_be_another_call_with_the_cache() -> None:
    """The comparison can fail."""
    off = await Heard("off", agent=True).client_speaks()
    live = await Heard("live", agent=True).client_speaks()
    assert live.wire != off.wire


@pytest.mark.parametrize("takes", [0.003, 1.0])
@pytest.mark.parametrize("agent", [False, True])
async def test_what_would_have_been_said_is_recorded(agent: bool, takes: float) -> None:
    """Also of the last turn, whose caller is gone before it is decided on."""
    heard = await Heard("shadow", agent=agent, takes=takes).client_speaks()
    turns = heard.turns
    assert len(turns) == len(SAID)
    assert all(record.shadow and record.catalogue == 1 for record in turns.values())
    kinds = [record.evidence["kind"] for record in turns.values()]
    assert kinds == [
        *("answer", "clarify", "answer", "route", "route", "route"),
        *("miss", "answer", "answer", "miss", "route"),
    ]
    first = turns[1]
    assert (first.entry, first.confidence) == ("hours", 0.95)
    assert first.evidence["says"] == "<entry:hours 1>"
    assert first.path == ("agent" if agent else "handoff")
    assert turns[4].evidence["action"] == "transfer"
    assert turns[11].evidence["action"] == "control:goodbye"


async def test_off_is_not_even_decided() -> None:
    off = await Heard("off", agent=False).client_speaks()
    assert all(not record.shadow and not record.entry for record in off.turns.values())
    assert {record.evidence["reason"] for record in off.turns.values()} == {"matching is off"}


async def test_only_whole_turns_are_looked_up() -> None:
    heard = await Heard("shadow", agent=False).client_speaks()
    assert all(final for _, final, _ in heard.house.matcher.asked)
    assert len(heard.house.matcher.asked) == len(SAID)
