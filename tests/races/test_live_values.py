"""Answers with live values in a call: what the caller hears, to the instant, whatever the tool
does. Clips and values are spoken by the bundled voice; time is virtual."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest

from cache_seed.sound import Treatment
from cache_seed.workers import Script, speak
from gateway import audio
from gateway.adapters.tts.espeak import EspeakSynthesizer
from gateway.agents.toolbox import Toolbox
from gateway.core.events import KeyPressed
from gateway.core.policy import Policy
from gateway.core.race.attempts import AttemptFailure
from gateway.live.kinds import kind_of
from gateway.live.template import parse
from gateway.ports.live_speech import SpokenPiece, VoiceFailed
from gateway.ports.sound import WIRE_FORMATS, AudioFormat, Clip, ClipAudio, Encoding
from gateway.ports.store import Entry
from gateway.ports.tools import ToolFailed
from gateway.shell.live.answers import LiveAnswers
from gateway.shell.live.kept import SpokenValues
from tests.support.fakes import FakeWire
from tests.support.house import ANSWERS, PCM16K, Dialled, House, answer, catalogue, open_house
from tests.support.tools import NOTHING, ScriptedTool, Shelf

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("threads")]

QUESTION = "where is my order"
FALLBACK = "I cannot see that just now."
ENTRY = Entry(
    id="order",
    intent="order",
    questions=(QUESTION,),
    answer="Thank you for asking. Your order is {order.status}, and it comes to {order.total} all "
    "in all.",
    fallback=FALLBACK,
)
KINDS = {
    "order": {
        "status": kind_of("enum: shipped | in_transit = on its way"),
        "total": kind_of("money EUR"),
    }
}
GOOD = '{"status": "in_transit", "total": 12.5}'
NUMBER = {
    **NOTHING,
    "properties": {"number": {"type": "string"}},
    "required": ["number"],
}


@cache
def spoken(text: str) -> dict[AudioFormat, ClipAudio]:
    """A text as seeding renders it."""
    return speak(EspeakSynthesizer("en-us", 175), Script(text, "en-us", "en-US"), Treatment())


class Espeak:
    """``StreamingVoice``: the bundled voice, which takes ``takes`` seconds of virtual time and is
    not as loud as clips are."""

    name = "espeak"

    def __init__(self, takes: float = 0.05) -> None:
        self.takes = takes
        self.said: list[str] = []
        self.broken = False

    async def speak(
        self,
        texts: AsyncIterator[str],
        audio_format: AudioFormat,
        voice: str = "",
        locale: str = "",
    ) -> AsyncGenerator[SpokenPiece, None]:
        async for text in texts:
            self.said.append(text)
            await asyncio.sleep(self.takes)
            if self.broken:
                raise VoiceFailed("espeak", AttemptFailure.BROKEN)
            for piece in EspeakSynthesizer("en-us", 175).stream(text, "en-us", "en-US"):
                quiet = (np.frombuffer(piece.samples, "<i2") // 3).astype("<i2").tobytes()
                sound = audio.encode(quiet, piece.sample_rate, audio_format)
                yield SpokenPiece(audio=sound)

    async def prepare(self, audio_format: AudioFormat, voice: str = "", locale: str = "") -> None:
        raise AssertionError("values are spoken when they are known")

    async def close(self) -> None:
        """Nothing is open."""


class Scene:
    """A call centre with an entry that holds live values."""

    def __init__(self, tool: ScriptedTool, voice: Espeak | None = None, **fields: Any) -> None:
        self.tool = tool
        self.voice = voice or Espeak()
        self.house: House = open_house(policy=Policy(**fields))
        services = self.house.services
        loop = asyncio.get_running_loop()
        self.toolbox = Toolbox([Shelf(tool)])
        services.live = LiveAnswers(
            tools=self.toolbox,
            kinds=KINDS,
            voice=self.voice,
            clips=services.clips,
            kept=SpokenValues(1 << 20, loop.time),
            today=lambda: date(2026, 11, 25),
        )
        self.house.matcher.answers[QUESTION] = answer("order")
        self._publish()

    def _publish(self) -> None:
        one = catalogue()
        texts = {f"part{n}:order": text for n, text in enumerate(parse(ENTRY.answer).fixed)}
        texts |= {"fallback:order": FALLBACK, "line:filler:1": "One moment please."}
        clips = {
            key: Clip(
                text=text,
                voice="en",
                model="espeak",
                settings="{}",
                duration_ms=spoken(text)[PCM16K].duration_ms,
            )
            for key, text in texts.items()
        }
        entries = (*one.entries, ENTRY)
        self.house.publish(replace(one, entries=entries, clips={**one.clips, **clips}))
        for key, clip in clips.items():
            for form in WIRE_FORMATS:
                self.house.store.clips[clip.name(form)] = spoken(texts[key])[form]

    @contextlib.asynccontextmanager
    async def call(
        self, form: AudioFormat = PCM16K, caller: dict[str, str] | None = None
    ) -> AsyncIterator[Dialled]:
        async with self.house.call(form=form) as call:
            call.live.caller = caller or {}
            await asyncio.sleep(1.0)
            yield call
        await self.toolbox.close()


class Heard:
    """What the caller hears, message by message, each when it comes or after the one before."""

    def __init__(self, wire: FakeWire, since: float) -> None:
        self.first: float | None = None
        self.line = b""
        """The sound from the first on, with silence where there is none."""
        self.told = [json.loads(one) for _, one in wire.sent if isinstance(one, str)]
        for at, message in wire.sent:
            if at < since or isinstance(message, str):
                continue
            if self.first is None:
                self.first = at - since
                begin = at
            due = round((at - begin) * 16_000) * 2
            self.line = self.line.ljust(due, b"\0") + message

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.told if one["type"] == kind]

    def holds(self, sound: bytes) -> bool:
        """Whether most of the sound was heard, wherever."""
        middle = sound[len(sound) // 4 & ~1 : len(sound) // 2 & ~1]
        return middle in self.line

    def says(self, text: str) -> bool:
        return self.holds(spoken(text)[PCM16K].payload)

    def silences_ms(self) -> list[int]:
        """Each silence that is longer than one between two words."""
        samples = np.abs(np.frombuffer(self.line, "<i2").astype(float))
        frames = samples[: len(samples) // 80 * 80].reshape(-1, 80).max(axis=1)
        loud = np.flatnonzero(frames > 60)
        return [int(gap - 1) * 5 for gap in np.diff(loud) if gap > 1]


async def asked(scene: Scene, seconds: float = 20.0, **caller: str) -> Heard:
    """Ask, and listen to all that comes."""
    loop = asyncio.get_running_loop()
    async with scene.call(caller=caller) as call:
        since = loop.time()
        call.runner.final(QUESTION)
        await asyncio.sleep(seconds)
        assert call.state == "QUIET"
    return Heard(call.wire, since)


async def test_the_values_are_said_between_the_fixed_words() -> None:
    scene = Scene(ScriptedTool("order", [0.3, GOOD]))
    heard = await asked(scene)
    assert scene.voice.said == ["on its way", "twelve euros and fifty cents"]
    for text in parse(ENTRY.answer).fixed:
        assert heard.says(text)
    assert not heard.says(FALLBACK)
    [decision], [turn] = heard.of("decision"), heard.of("turn")
    assert (decision["path"], decision["entry"], turn["path"]) == ("cache", "order", "cache")
    assert len(heard.of("audio.start")) == 1, "in one go"


async def test_the_first_sound_comes_as_soon_as_that_of_a_cached_answer() -> None:
    scene = Scene(ScriptedTool("order", [2.0, GOOD]))
    first = (await asked(scene)).first
    loop = asyncio.get_running_loop()
    other = open_house()
    other.matcher.answers[QUESTION] = ANSWERS["when do you open"]
    async with other.call() as call:
        await asyncio.sleep(1.0)
        since = loop.time()
        call.runner.final(QUESTION)
        await asyncio.sleep(3.0)
    cached = Heard(call.wire, since).first
    assert first is not None
    assert cached is not None
    assert first - cached <= 0.001


@pytest.mark.parametrize("takes", [0.0, 0.3, 1.0])
async def test_the_seam_is_no_longer_than_a_pause_between_words(takes: float) -> None:
    """The tool answers while the fixed words are heard: no silence is longer than 60 ms but for
    those that the clips and the values have themselves."""
    scene = Scene(ScriptedTool("order", [takes, GOOD]))
    heard = await asked(scene)
    parts = [*parse(ENTRY.answer).fixed, *scene.voice.said]
    own = Heard(FakeWire(), 0.0)
    longest = 60
    for text in parts:
        own.line = spoken(text)[PCM16K].payload
        longest = max([longest, *own.silences_ms()])
    inside = max((max(_silences(text), default=0) for text in parts), default=0)
    assert max(heard.silences_ms()) <= max(60, inside)
    assert len([one for one in heard.silences_ms() if one > 60]) == sum(
        one > 60 for text in parts for one in _silences(text)
    )


def _silences(text: str) -> list[int]:
    own = Heard(FakeWire(), 0.0)
    own.line = spoken(text)[PCM16K].payload
    return own.silences_ms()


async def test_a_value_is_as_loud_as_the_words_around_it() -> None:
    scene = Scene(ScriptedTool("order", [0.0, GOOD]))
    heard = await asked(scene)
    first, second, _ = (spoken(text)[PCM16K] for text in parse(ENTRY.answer).fixed)
    at = heard.line.find(first.payload[-16_000 : -16_000 + 8_000]) + 16_000
    value = np.frombuffer(heard.line[at : at + 16_000], "<i2").astype(float)
    words = np.frombuffer(second.payload, "<i2").astype(float)
    ratio = np.sqrt((value**2).mean()) / np.sqrt((words**2).mean())
    assert 0.6 < ratio < 1.6, "the voice itself is a third as loud"


MARKUP = "<speak>Call 555 0199 <break/></speak>"


@pytest.mark.parametrize(
    "result",
    [
        ToolFailed("is out of order now", reason="503"),
        "Your order was lost.",
        "[1, 2]",
        "{}",
        '{"status": null, "total": 1}',
        '{"status": "stolen", "total": 1}',
        json.dumps({"status": MARKUP, "total": 1}),
        json.dumps({"status": "shipped " * 2000, "total": 1}),
        '{"status": ["shipped"], "total": 1}',
        '{"status": true, "total": 1}',
    ],
    ids=[
        "fails",
        "no json",
        "no object",
        "no field",
        "nothing",
        "a lie",
        "markup",
        "too long",
        "a list",
        "a truth",
    ],
)
async def test_what_does_not_fit_is_never_spoken(result: str | Exception) -> None:
    scene = Scene(ScriptedTool("order", [0.1, result]))
    heard = await asked(scene)
    first, *rest = parse(ENTRY.answer).fixed
    assert heard.says(first)
    assert heard.says(FALLBACK)
    assert not any(heard.says(text) for text in rest), "nothing is said of what follows"
    assert "twelve" not in " ".join(scene.voice.said)
    assert all(said == "one euro" for said in scene.voice.said), scene.voice.said


async def test_markup_in_a_later_value_is_not_spoken_either() -> None:
    scene = Scene(ScriptedTool("order", ['{"status": "shipped", "total": "<b>1</b>"}']))
    heard = await asked(scene)
    assert scene.voice.said == ["shipped"]
    assert heard.says(FALLBACK)


async def test_a_tool_that_hangs_gets_a_filler_and_then_the_fallback_line() -> None:
    scene = Scene(ScriptedTool("order", [1000.0], timeout=60.0))
    heard = await asked(scene)
    sources = [one["source"] for one in heard.of("audio.start")]
    assert sources == ["agent", "filler", "agent"]
    assert heard.says("One moment please.")
    assert heard.says(FALLBACK)
    assert scene.tool.stopped == 1
    assert heard.first is not None
    assert len(heard.line) / 32_000 < 4.0 + 2 * spoken(FALLBACK)[PCM16K].duration_ms / 1000


async def test_a_voice_that_fails_ends_in_the_fallback_line() -> None:
    voice = Espeak()
    voice.broken = True
    heard = await asked(Scene(ScriptedTool("order", [GOOD]), voice))
    assert heard.says(FALLBACK)


async def test_a_caller_whom_the_tool_does_not_know_is_passed_on() -> None:
    tool = ScriptedTool("order", [GOOD], parameters=NUMBER, from_call={"number": "caller.number"})
    heard = await asked(Scene(tool))
    [decision] = heard.of("decision")
    assert decision["path"] == "handoff"
    assert tool.given == []


async def test_a_caller_whom_the_tool_knows_is_told() -> None:
    tool = ScriptedTool("order", [GOOD], parameters=NUMBER, from_call={"number": "caller.number"})
    heard = await asked(Scene(tool), number="+15550199")
    assert heard.of("decision")[0]["path"] == "cache"
    assert tool.given == [{"number": "+15550199"}]


async def test_a_caller_who_cuts_in_stops_the_tool() -> None:
    scene = Scene(ScriptedTool("order", [1.5, GOOD]))
    async with scene.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(0.5)
        call.runner.receive(KeyPressed(digit="9"))
        await asyncio.sleep(10.0)
        assert call.state == "QUIET"
    heard = Heard(call.wire, 0.0)
    assert scene.tool.stopped == 1
    assert scene.voice.said == []
    [clear] = heard.of("clear")
    assert heard.of("turn")[-1]["interrupted"]
    assert clear["generation"] == heard.of("audio.start")[-1]["generation"]


async def test_a_caller_who_hangs_up_stops_the_tool() -> None:
    scene = Scene(ScriptedTool("order", [5.0, GOOD], timeout=60.0))
    async with scene.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(0.5)
    assert scene.tool.stopped == 1
    assert scene.voice.said == []


async def test_the_record_keeps_the_places_and_not_the_values() -> None:
    scene = Scene(ScriptedTool("order", [GOOD]))
    await asked(scene)
    await scene.house.services.records.flush()
    *_, record = [one for batch in scene.house.store.written for one in batch]
    assert (record.path, record.entry) == ("cache", "order")
    assert "is order status and it comes to order total all" in record.reply
    assert "on its way" not in repr(scene.house.store.written)
    assert "twelve" not in repr(scene.house.store.written)


async def test_what_was_heard_of_a_value_is_known_to_who_goes_on() -> None:
    scene = Scene(ScriptedTool("order", [GOOD]))
    async with scene.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(15.0)
        history = call.runner._core.response.history.said
    assert history[-1] == (
        "assistant",
        "Thank you for asking. Your order is on its way and it comes to twelve euros and fifty "
        "cents all in all.",
    )


async def test_a_value_that_was_said_lately_is_not_spoken_again() -> None:
    scene = Scene(ScriptedTool("order", [GOOD]))
    async with scene.call() as call:
        for _ in range(2):
            call.runner.final(QUESTION)
            await asyncio.sleep(15.0)
    assert len(scene.voice.said) == 2
    assert len(scene.tool.given) == 2, "but it is looked up anew"


async def test_say_that_again_looks_it_up_again() -> None:
    scene = Scene(ScriptedTool("order", [GOOD], ['{"status": "shipped", "total": 12.5}']))
    async with scene.call() as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(15.0)
        call.runner.final("repeat that")
        await asyncio.sleep(15.0)
    assert scene.voice.said[-1] == "shipped"


@pytest.mark.parametrize(
    "form", [AudioFormat(Encoding.MULAW, 8000), AudioFormat(Encoding.OPUS, 48000)], ids=str
)
async def test_every_line_has_its_own_form(form: AudioFormat) -> None:
    scene = Scene(ScriptedTool("order", [0.2, GOOD]))
    async with scene.call(form) as call:
        call.runner.final(QUESTION)
        await asyncio.sleep(15.0)
        assert call.state == "QUIET"
    sent = [one for _, one in call.wire.sent if isinstance(one, bytes)]
    assert len(scene.voice.said) == 2
    whole = sum(
        spoken(text)[PCM16K].duration_ms for text in [*parse(ENTRY.answer).fixed, *scene.voice.said]
    )
    each = 20 if form.encoding is Encoding.OPUS else 40
    assert abs(len(sent) * each - whole) < 500
