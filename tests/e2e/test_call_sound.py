"""Calls by voice: speech over the raw socket, the real recogniser, clips back in every format."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import wave
from collections import deque
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.server import ServerProcess
from gateway.audio import WireDecoder, encode, slice_messages
from gateway.core.policy import Policy
from gateway.ports.sound import WIRE_FORMATS, AudioFormat
from tests.support.data import needs_data
from tests.support.house_server import PCM, TENANT, Gateway, House
from tests.support.line import Line
from tests.support.speech import say, silence

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

SETTINGS = {"FRONTLINE_STT__DECODERS": "3", "FRONTLINE_PLAYOUT__LEAD_MS": "10000"}
"""Answers come at once, as to a carrier that buffers: in real time these tests took a minute."""

FRAME_MS = 20
STT_BUDGET_MS = Policy().stt_budget * 1000
CALLS = 6
"""How often a question is asked until the recogniser keeps up."""
SLOWEST = 40.0
"""Seconds in which a spoken question must be answered, on a machine busy with other tests."""


def dial(gateway: Gateway, form: AudioFormat = PCM, **more: Any) -> Any:
    """A call that the gateway listens to."""
    return Line.dial(gateway.address, form=form, tenant=TENANT, stt="server", **more)


def frames(pcm: bytes, form: AudioFormat = PCM) -> list[bytes]:
    """PCM16 at 16 kHz as wire messages of 20 ms."""
    return slice_messages(encode(pcm, 16_000, form), form, FRAME_MS)


def decoded(messages: list[bytes], form: AudioFormat) -> Any:
    """Wire messages as samples at 16 kHz."""
    decoder = WireDecoder(form)
    pcm = b"".join(map(decoder.feed, messages))
    return np.frombuffer(pcm, "<i2").astype(float)


async def answered(
    gateway: Gateway, pcm: bytes, form: AudioFormat = PCM
) -> tuple[Line, dict[str, Any]]:
    """A call that asks one thing aloud, and the decision.

    Where the machine is so busy that the recogniser's last word came too late to be waited for,
    it calls again: what follows then was decided on half a sentence, or after a filler, as it
    should be.
    """
    for _ in range(CALLS):
        async with dial(gateway, form) as line:
            async with microphone(line, form) as voice:
                await voice.say(silence(400) + pcm)
                decision = await line.expect("decision", within=SLOWEST)
                await line.heard_out(turn=decision["turn"])
            turn = await line.expect("turn", turn=decision["turn"])
        sources = {message["source"] for message in line.of("audio.start")}
        if turn["timeline"].get("stt_ms", 0) < STT_BUDGET_MS and "filler" not in sources:
            break
    return line, decision


@pytest.mark.parametrize("form", [PCM, WIRE_FORMATS[0]], ids=lambda form: form.name)
async def test_a_recorded_question_over_the_socket(gateway: Gateway, form: AudioFormat) -> None:
    with wave.open(str(needs_data("audio", "whats-the-weather-like.wav"))) as file:
        assert file.getframerate() == 16_000
        pcm = file.readframes(file.getnframes())
    line, decision = await answered(gateway, pcm, form)
    assert (decision["path"], decision.get("entry")) == ("cache", "weather"), line
    assert line.sound(1) == gateway.house.clip("weather", form.name)
    assert [message["state"] for message in line.of("speech")] == ["started", "stopped"]
    timeline = line.of("turn")[0]["timeline"]
    assert timeline["ttfa_ms"] >= 200  # the silence that ended the turn is in it
    assert timeline["endpointing_ms"] > 0


async def test_the_same_question_in_our_own_voice(gateway: Gateway) -> None:
    line, decision = await answered(gateway, say("what's the weather like").pcm)
    assert (decision["path"], decision.get("entry")) == ("cache", "weather"), line
    finals = [message["text"] for message in line.of("transcript") if message["final"]]
    assert finals == ["what's the weather like"]
    assert any(not message["final"] for message in line.of("transcript"))
    assert line.sound(1) == gateway.house.clip("weather")


@pytest.mark.parametrize("pair", [WIRE_FORMATS[:2], WIRE_FORMATS[2:4], WIRE_FORMATS[4:]])
async def test_every_wire_format_both_ways(
    gateway: Gateway, pair: tuple[AudioFormat, AudioFormat]
) -> None:
    async with asyncio.TaskGroup() as tasks:  # two at a time: the answers are as long as they are
        for form in pair:
            tasks.create_task(in_format(gateway, form), name=form.name)


async def in_format(gateway: Gateway, form: AudioFormat) -> None:
    """Ask and hear in one format; the answer has the clip's length, loudness and shape."""
    line, decision = await answered(gateway, say("what's the weather like").pcm, form)
    if form.sample_rate > 8000:
        assert decision.get("entry") == "weather", f"{form.name}\n{line}"
    # at telephone rate the local recogniser makes nothing of this voice; whatever it heard is
    # answered, if only by asking again, and what is said has its clip
    start = line.of("audio.start")[0]
    assert any(message["final"] for message in line.of("transcript")), f"{form.name}\n{line}"
    if start["source"] == "clarify":  # several clips with pauses between: their own test compares
        assert form.sample_rate == 8000
        assert rms(decoded(line.audio[1], form)) > 100
        return
    clips = gateway.house.catalogue.clips.items()
    spoken = next(key for key, clip in clips if clip.text == start["text"])
    assert line.sound(1) == gateway.house.said(spoken, form), form.name
    heard = decoded(line.audio[1], form)
    clip = np.frombuffer(gateway.house.said(spoken), "<i2").astype(float)
    assert abs(len(heard) - len(clip)) <= 0.03 * 16_000  # opus pads to whole packets
    assert rms(heard) == pytest.approx(rms(clip), rel=0.1)
    both = min(len(heard), len(clip))
    assert np.corrcoef(envelope(heard[:both]), envelope(clip[:both]))[0, 1] > 0.95


def rms(samples: Any) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def envelope(samples: Any) -> Any:
    """Loudness of each 20 ms."""
    whole = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    return np.sqrt(np.mean(whole**2, axis=1))


# --- while we speak ------------------------------------------------------------------------------


async def test_a_second_question_spoken_into_the_answer_silences_it(gateway: Gateway) -> None:
    question = say("what's the weather like").pcm
    async with dial(gateway, echo="when played") as line, microphone(line) as voice:
        await voice.say(silence(400) + question)
        first = await line.expect("audio.start", within=SLOWEST, source="cache")
        await voice.say(silence(1000) + question)
        await line.expect("clear", within=SLOWEST, generation=first["generation"])
        cut = await line.expect("turn", within=SLOWEST, interrupted=True)
        second = await line.expect("audio.start", within=SLOWEST, source="cache")
        await line.heard_out(within=SLOWEST, generation=second["generation"])
    clip = gateway.house.clip("weather")
    assert 0 < cut["timeline"]["heard_ms"] < len(clip) / 32
    assert line.sound(second["generation"]) == clip
    assert line.late == 0


async def test_a_bang_does_not_stop_the_answer(gateway: Gateway) -> None:
    bang = np.random.default_rng(3).normal(0, 8000, 12_800).clip(-32768, 32767).astype("<i2")
    async with dial(gateway, echo="when played") as line, microphone(line) as voice:
        await voice.say(silence(400) + say("what's the weather like").pcm)
        first = await line.expect("audio.start", within=SLOWEST, source="cache")
        await voice.say(bang.tobytes() + silence(800))
        assert line.sound(first["generation"]) == gateway.house.clip("weather")
        assert not line.of("clear")


async def test_after_a_voice_without_words_the_answer_goes_on_where_it_was_left(
    house: House, tmp_path: Path
) -> None:
    question = say("what's the weather like")
    words = [(word, 400.0 + end) for word, _, end in question.words]
    copy = house.copy(tmp_path / "store")
    # this recogniser knows the first question and makes no words of anything after it
    with ServerProcess({**copy.environment, **SETTINGS}, [words]) as server:
        async with (
            Line.dial(server.address, tenant=TENANT, echo="when played") as line,
            microphone(line) as voice,
        ):
            await voice.say(silence(400) + question.pcm)
            first = await line.expect("audio.start", within=SLOWEST, source="cache")
            await line.some_sound(first["generation"], messages=20)
            await voice.say(say("somebody behind the caller is talking").pcm)
            await line.expect("clear", within=SLOWEST, generation=first["generation"])
            resumed = await line.expect("audio.start", within=SLOWEST, source="cache")
            await line.heard_out(within=SLOWEST, generation=resumed["generation"])
    clip, rest = house.clip("weather"), line.sound(resumed["generation"])
    assert resumed["turn"] == first["turn"]
    assert clip.endswith(rest)
    assert 0 < len(rest) < len(clip)
    assert len(clip) - len(rest) <= len(line.sound(first["generation"]))  # nothing was left out
    assert [decision["turn"] for decision in line.of("decision")] == [first["turn"]]


class Microphone:
    """What a caller's microphone sends: what is said, else silence, 20 ms at a time."""

    def __init__(self, line: Line, form: AudioFormat) -> None:
        self._line = line
        self._form = form
        self._quiet = itertools.cycle(frames(silence(1000), form))
        self._frames: deque[bytes] = deque()
        self._empty = asyncio.Event()

    def _next(self) -> Iterator[bytes]:
        while True:
            if not self._frames:
                self._empty.set()
            yield self._frames.popleft() if self._frames else next(self._quiet)

    async def run(self) -> None:
        """Send for ever."""
        await self._line.speak(self._next())

    async def say(self, pcm: bytes) -> None:
        """Until it has been said."""
        self._empty.clear()
        self._frames.extend(frames(pcm, self._form))
        async with asyncio.timeout(SLOWEST):
            await self._empty.wait()


@contextlib.asynccontextmanager
async def microphone(line: Line, form: AudioFormat = PCM) -> AsyncIterator[Microphone]:
    """A microphone that is on for as long as the ``with`` lasts."""
    on = Microphone(line, form)
    running = asyncio.get_running_loop().create_task(on.run())
    try:
        yield on
    finally:
        running.cancel()
        await asyncio.wait([running])
