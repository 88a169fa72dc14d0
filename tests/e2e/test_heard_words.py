"""What a caller heard, word for word, and what is said again: the real program, with a local
OpenAI for the agent and a local ElevenLabs, which tells its letters' times, for its voice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.providers import voice
from tests.providers.chat import Reply
from tests.providers.elevenlabs import ElevenLabs
from tests.providers.openai import OpenAI
from tests.providers.server import Server
from tests.support.house_server import TENANT, Gateway, House
from tests.support.line import Line

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

QUESTIONS = (
    "can you recommend a book about gardening",
    "what do you think about the opera in vienna",
    "tell me something about whales in winter",
    "how do i bake a cake for twenty children",
)
SAID = (
    ("The roses book is here.", "The roses book is here."),
    ("It is $5.50 in the shop.", "It is 5 dollars and 50 cents in the shop."),
    ("Then there is one on tulips.", "Then there is one on tulips."),
    ("The last one is on trees.", "The last one is on trees."),
)
"""A reply's sentences as they are written and as they are spoken."""
SPOKEN_FOR = {"$5.50": 5}
"""Words that a written one is spoken with, if they are more."""
MORE = "Is there anything else I can help you with?"


@dataclass
class Centre:
    """The program, and the providers it asks."""

    gateway: Gateway
    model: Server
    voice: Server

    def dial(self, **more: Any) -> Any:
        return Line.dial(self.gateway.address, tenant=TENANT, stt="client", **more)

    @property
    def spoken(self) -> list[list[str]]:
        """What the voice was given, of each connection that was given something."""
        given = [
            [one["text"].strip() for one in entry.texts if one.get("flush")]
            for entry in self.voice.journal
        ]
        return [texts for texts in given if texts]

    @property
    def history(self) -> list[str]:
        """What the model was told last, without how to speak."""
        asked = [one.body["messages"] for one in self.model.journal if one.body]
        return [one["content"] for one in asked[-1] if one["role"] != "system"]


@contextlib.asynccontextmanager
async def centre(house: House, folder: Path, reply: str, **settings: str) -> AsyncIterator[Centre]:
    async with (
        Server(OpenAI(Reply(reply), key="k")) as model,
        Server(ElevenLabs(key="k")) as speaker,
    ):
        every = {
            "FRONTLINE_LLM__PRIMARY_PROVIDER": "openai",
            "FRONTLINE_LLM__PRIMARY_BASE_URL": f"{model.http}/v1",
            "FRONTLINE_LLM__PRIMARY_KEY": "k",
            "FRONTLINE_TTS__PROVIDER": "elevenlabs",
            "FRONTLINE_TTS__ELEVENLABS_BASE_URL": speaker.http,
            "FRONTLINE_TTS__ELEVENLABS_KEY": "k",
            # a busy machine is no reason to change the voice
            "FRONTLINE_TTS__FIRST_SOUND_S": "20",
            "FRONTLINE_TTS__STALL_S": "20",
        }
        gateway = Gateway(house.copy(folder / "store"), every | settings)
        await asyncio.to_thread(gateway.__enter__)
        try:
            yield Centre(gateway, model, speaker)
        finally:
            await asyncio.to_thread(gateway.__exit__, None, None, None)


async def generation(line: Line, turn: int) -> int:
    """Of the agent's answer, whatever is said before."""
    while (start := await line.expect("audio.start", turn=turn))["source"] != "agent":
        assert start["source"] == "filler"
    number: int = start["generation"]
    return number


async def word_ends() -> list[float]:
    """When each spoken word of the reply ends, in ms, as the local ElevenLabs tells it."""
    ends: list[float] = []
    begun = 0.0
    for _, spoken in SAID:
        text = f"{spoken} "
        data = await voice.speak(text, 16_000)
        parts = list(voice.cut(data, "pcm", 16_000))
        at = 0
        for number, part in enumerate(parts):
            until = len(text) * (number + 1) // len(parts)
            for place, (letter, start, lasts) in enumerate(
                voice.alignment(text[at:until], len(part) / 32_000), at
            ):
                if not letter.isspace() and text[place + 1].isspace():
                    ends.append(begun + start + lasts)
            at = until
            begun += len(part) / 32
    return ends


def heard_by(ms: float, ends: list[float]) -> str:
    """The written words that are over by then."""
    heard: list[str] = []
    spoken = sum(end <= ms for end in ends)
    for word in " ".join(written for written, _ in SAID).split():
        spoken -= SPOKEN_FOR.get(word, 1)
        if spoken < 0:
            break
        heard.append(word)
    return " ".join(heard)


@pytest.mark.parametrize("messages", [12, 60])
async def test_who_cuts_in_has_heard_just_the_words_that_were_over(
    house: House, tmp_path: Path, messages: int
) -> None:
    """After about half a second, and in the second sentence."""
    reply = " ".join(written for written, _ in SAID)
    async with centre(house, tmp_path, reply) as there, there.dial(locale="en-GB") as line:
        await line.say(QUESTIONS[0])
        await line.some_sound(await generation(line, 1), messages)
        await line.say(QUESTIONS[1])
        cut = await line.expect("turn", interrupted=True)
        await generation(line, 2)
        ends = await word_ends()
        position = cut["timeline"]["heard_ms"]
        asked, heard, again = there.history
        assert (asked, again) == QUESTIONS[:2]
        assert heard in {heard_by(position + off, ends) for off in (-2, 0, 2)}
        assert heard and reply.startswith(heard) and heard != reply
        assert there.voice.journal[0].query["language_code"] == ["en"]


async def test_what_repeats_is_made_once_and_sounds_the_same(house: House, tmp_path: Path) -> None:
    reply = f"It is number 7 again. {MORE}"
    settings = {"FRONTLINE_TTS__REPEATS_AFTER": "2"}
    sounds: list[bytes] = []
    async with centre(house, tmp_path, reply, **settings) as there:
        async with there.dial(locale="xx-YY") as line:
            for turn, question in enumerate(QUESTIONS[:3], 1):
                await line.say(question)
                number = await line.heard_out(turn=turn, generation=await generation(line, turn))
                sounds.append(line.sound(number))
                await line.played_out()
        alone = ["It is number 7 again."]
        assert there.spoken == [["It is number 7 again.", MORE], alone, [MORE], alone]
        assert sounds[2] == sounds[1], "no gap, no overlap, and as loud"
        assert abs(len(sounds[1]) - len(sounds[0])) < 32 * 40
        assert "language_code" not in there.voice.journal[0].query, "a language nobody here knows"
        for outcome, count in (("kept", 1), ("used", 1), ("personal", 1)):
            name = f'frontline_tts_repeats_total{{outcome="{outcome}"}}'
            assert await asyncio.to_thread(there.gateway.sample, name) == count
        saved = "frontline_tts_repeats_saved_seconds_total"
        assert await asyncio.to_thread(there.gateway.sample, saved) > 1


async def test_of_an_answer_that_was_cut_short_nothing_is_kept(
    house: House, tmp_path: Path
) -> None:
    settings = {"FRONTLINE_TTS__REPEATS_AFTER": "1"}
    async with (
        centre(house, tmp_path, f"{MORE} {MORE}", **settings) as there,
        there.dial(echo="never") as line,
    ):
        await line.say(QUESTIONS[0])
        await line.some_sound(await generation(line, 1))
        await line.say(QUESTIONS[1])
        await line.expect("turn", interrupted=True)
        await line.some_sound(await generation(line, 2))
        sample = there.gateway.sample
        assert await asyncio.to_thread(sample, 'frontline_tts_repeats_total{outcome="used"}') == 0
        assert await asyncio.to_thread(sample, 'frontline_tts_repeats_total{outcome="kept"}') == 0
