"""Calls whose answers are begun before the caller has finished: the real program, with a local Flux
for its ears and a local OpenAI for the agent. The sound is only for the detector: what is heard,
and when, is the script's."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.providers.behaviour import GOOD, Behaviour
from tests.providers.chat import Reply
from tests.providers.deepgram import Deepgram
from tests.providers.hearing import Script, Word
from tests.providers.journal import Entry
from tests.providers.openai import OpenAI
from tests.providers.server import Server
from tests.support.house_server import TENANT, Gateway, House, eventually
from tests.support.line import PATIENCE, Line
from tests.support.speech import say, silence

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

QUESTION = "can you recommend a book about gardening"
ANSWER = "Try the one by Mary Brown."
VOICED = (
    "now we are all running along a winding lane in the warm morning rain while many lemons roll"
)
"""Without a pause, for 5 s."""
FRAME = 640
"""Bytes of 20 ms."""


def told(*words: tuple[str, float]) -> Script:
    """Words of 0.3 s and when each is over."""
    return Script(tuple(Word(text, round(end - 0.3, 3), end) for text, end in words))


AT_ONCE = told(*((word, 0.6 + 0.3 * place) for place, word in enumerate(QUESTION.split())))
"""Over at 2.4 s: Flux believes so from 2.66 s on, and is sure at 3.0 s."""
IN_TWO = told(
    *((word, 0.6 + 0.3 * place) for place, word in enumerate(QUESTION.split()[:5])),
    *(("about", 2.6), ("gardening", 2.9)),
)
"""A pause from 1.8 to 2.3 s: Flux believes from 2.06 s on that it is over, and takes that back."""


@dataclass
class World:
    """The call, who listens and who answers."""

    gateway: Gateway
    line: Line
    ears: Server
    model: Server
    sound: bytes

    async def speak(self, seconds: float) -> None:
        """So much more of the voice, as fast as the line takes it."""
        size = round(seconds / 0.02) * FRAME
        spoken, self.sound = self.sound[:size], self.sound[size:]
        assert len(spoken) == size, "the voice is longer than that"
        await self.send(spoken)

    async def send(self, pcm: bytes) -> None:
        await self.line.speak(
            (pcm[start : start + FRAME] for start in range(0, len(pcm), FRAME)), every=0.001
        )

    async def fall_silent(self) -> None:
        await self.send(silence(1500))

    def asked(self) -> list[str]:
        """What the model was told the caller said, each time."""
        return [one.body["messages"][-1]["content"] for one in self.model.journal if one.body]

    @property
    def finals(self) -> list[str]:
        return [one["text"] for one in self.line.of("transcript") if one["final"] and one["text"]]

    async def asked_for(self, number: int, holds: Callable[[Entry], object]) -> Entry:
        """That question to the model, once something holds of it; its connection is also touched
        now and then, which is no question."""
        journal = self.model.journal
        async with asyncio.timeout(PATIENCE):
            for place in itertools.count():
                entry = await journal.until(place, lambda entry: True)
                number -= bool(entry.body)
                if number < 0:
                    return await journal.until(place, holds)
        raise AssertionError("journals have no end")

    async def answered(self) -> None:
        """The reply has been sent whole."""
        assert (await self.line.expect("decision"))["path"] == "agent"
        start = await self.line.expect("audio.start", source="agent")
        await self.line.heard_out(generation=start["generation"])


@contextlib.asynccontextmanager
async def calling(house: House, folder: Path, script: Script) -> AsyncIterator[World]:
    async with (
        Server(Deepgram(script, key="good")) as ears,
        Server(OpenAI(Reply(ANSWER), key="k")) as model,
    ):
        settings = {
            "FRONTLINE_STT__PROVIDER": "deepgram-flux",
            "FRONTLINE_STT__API_KEY": "good",
            "FRONTLINE_STT__BASE_URL": ears.http,
            "FRONTLINE_LLM__PRIMARY_PROVIDER": "openai",
            "FRONTLINE_LLM__PRIMARY_BASE_URL": f"{model.http}/v1",
            "FRONTLINE_LLM__PRIMARY_KEY": "k",
        }
        gateway = Gateway(house.copy(folder / "store"), settings)
        await asyncio.to_thread(gateway.__enter__)
        try:
            async with Line.dial(gateway.address, tenant=TENANT, stt="server") as line:
                yield World(gateway, line, ears, model, say(VOICED).pcm)
        finally:
            await asyncio.to_thread(gateway.__exit__, None, None, None)


async def test_the_model_is_asked_before_the_last_word_is_certain(
    house: House, tmp_path: Path
) -> None:
    async with calling(house, tmp_path, AT_ONCE) as world:
        await world.speak(2.8)
        entry = await world.asked_for(0, lambda entry: entry.ended_at is not None)
        assert world.finals == [], "nothing is final yet"
        assert world.line.of("decision") == []
        await world.fall_silent()
        await world.answered()
        assert world.finals == [QUESTION]
        assert world.asked() == [QUESTION], "once: what was begun is what is heard"
        assert entry.outcome == "complete"
        assert (await world.line.expect("turn", path="agent"))["timeline"]["agent_ms"] >= 0


async def test_what_is_taken_back_is_dropped_and_its_connection_closed(
    house: House, tmp_path: Path
) -> None:
    async with calling(house, tmp_path, IN_TWO) as world:
        world.model.behaviour = Behaviour(silent_at=1)
        await world.speak(2.2)
        await world.asked_for(0, lambda entry: entry.pieces)
        world.model.behaviour = GOOD
        await world.speak(0.9)
        dropped = await world.asked_for(0, lambda entry: entry.client_closed_at is not None)
        assert dropped.outcome == "cancelled"
        assert world.finals == []
        await world.fall_silent()
        await world.answered()
        assert world.finals == [QUESTION]
        asked = world.asked()
        assert asked[0] == "can you recommend a book" and asked[-1] == QUESTION
        assert [one["source"] for one in world.line.of("audio.start")][-1] == "agent"


async def test_a_recogniser_that_is_gone_for_a_while_hears_all_of_it(
    house: House, tmp_path: Path
) -> None:
    """Its adapter gives up after some seconds, and the call has it opened again."""
    async with calling(house, tmp_path, AT_ONCE) as world:
        await world.speak(1.2)
        await world.line.expect("transcript")
        connected = len(world.ears.journal)
        await world.ears.refuse()
        await world.speak(1.6)
        await eventually(lambda: "lost its recogniser" in world.gateway.output)
        await world.ears.listen()
        async with asyncio.timeout(PATIENCE):
            await world.ears.journal.until(connected, lambda entry: entry.audio_bytes > 80_000)
        await world.fall_silent()
        await world.answered()
        assert world.finals[-1] == QUESTION


async def test_a_recogniser_that_is_gone_for_good_ends_the_call_with_a_word(
    house: House, tmp_path: Path
) -> None:
    async with calling(house, tmp_path, AT_ONCE) as world:
        await world.speak(1.2)
        await world.line.expect("transcript")
        await world.ears.refuse()
        assert (await world.line.expect("error"))["code"] == "stt_failed"
        generation = await world.line.heard_out(turn=0)
        assert world.line.sound(generation) == house.said("line:handoff")
        code, reason = await world.line.closed()
        assert (code, reason) == (1000, "the recogniser failed")
