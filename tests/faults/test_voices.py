"""What callers hear when voices fail: the chain of them, with a real client against a local vendor
as the first and one that never fails behind it, and a whole call around it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from gateway.adapters.tts.chain import Patience, VoiceChain
from gateway.adapters.tts.deepgram import DeepgramSocketVoice
from gateway.adapters.tts.elevenlabs import ElevenLabsSocketVoice, ElevenLabsVoice
from gateway.adapters.tts.openai import OpenAIVoice
from gateway.admin.metrics.metrics import Metrics
from gateway.core.race.attempts import AttemptFailure
from gateway.ports.live_speech import StreamingVoice, VoiceFailed
from gateway.wiring.voices import BREAKING
from tests.faults.centre import (
    CACHED,
    QUESTION,
    Caller,
    Overheard,
    answered,
    centre,
    eventually,
    quick_voice,
)
from tests.faults.rows import Hears, Row, counter, identity
from tests.providers.behaviour import Behaviour
from tests.providers.deepgram import Deepgram
from tests.providers.elevenlabs import ElevenLabs
from tests.providers.openai import OpenAI
from tests.providers.server import Provider, Server
from tests.support.fakes import FakeAgent, FakeVoice

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

CLAUSES = ("We open at nine in the morning,", "and we close at half past five on weekdays.")
"""As the chunker cuts them: the first as soon as can be, the rest by the sentence."""
WORDS = " ".join(CLAUSES).split()

Make = Callable[[Server], StreamingVoice]


def eleven(server: Server) -> StreamingVoice:
    return ElevenLabsSocketVoice(key="k", voice="v", model="m", base_url=server.http)


def eleven_http(server: Server) -> StreamingVoice:
    return ElevenLabsVoice(key="k", voice="v", model="m", base_url=server.http)


def aura(server: Server) -> StreamingVoice:
    return DeepgramSocketVoice(key="k", voice="aura-2-thalia-en", base_url=server.http)


def openai(server: Server) -> StreamingVoice:
    return OpenAIVoice(key="k", voice="alloy", model="m", base_url=f"{server.http}/v1")


VENDORS: dict[Make, Callable[[], Provider]] = {
    eleven: ElevenLabs,
    eleven_http: ElevenLabs,
    aura: Deepgram,
    openai: OpenAI,
}


def fails(
    reason: str, hears: Hears = Hears.NEXT_VOICE, *, make: Make = eleven, **behaviour: Any
) -> dict[str, Any]:
    counted = (f'frontline_tts_failures_total{{reason="{reason}"}}',)
    setting = {"make": make, "behaviour": Behaviour(**behaviour)}
    return {"hears": hears, "counted": counted, "setting": setting}


WAV = b"RIFF\xff\xff\xff\xffWAVEfmt "

ROWS = (
    Row(fault="the connection is refused", **fails("unreachable") | {"setting": {"refuse": True}}),
    Row(fault="silence before the handshake", **fails("silent", silent_at="headers")),
    Row(fault="silence before the first sound", **fails("silent", silent_at="body")),
    Row(fault="silence in mid-sentence", **fails("silent", Hears.NO_WORD_TWICE, silent_at=6)),
    Row(fault="reset in mid-sentence", **fails("broken", Hears.NO_WORD_TWICE, reset_at=6)),
    Row(fault="closed in mid-sentence", **fails("broken", Hears.NO_WORD_TWICE, close_at=6)),
    Row(fault="broken framing", **fails("broken", Hears.NO_WORD_TWICE, garbage_at=6)),
    Row(
        fault="a message that cannot be read",
        **fails("broken", Hears.NO_WORD_TWICE, insert={6: b"neither JSON nor sound"}),
    ),
    Row(
        fault="reset in mid-sentence, by a voice that does not tell words' times",
        **fails("broken", Hears.AGAIN, make=aura, reset_at=6),
    ),
    Row(fault="401, a wrong key", **fails("refused", status=401)),
    Row(fault="429", **fails("rate_limited", status=429)),
    Row(
        fault="the turn after a 429 with Retry-After",
        hears=Hears.NEXT_VOICE,
        setting={"behaviour": Behaviour(status=429, retry_after="60"), "before": 1},
    ),
    Row(fault="500", **fails("server", status=500)),
    Row(
        fault="the turn after two failures running",
        hears=Hears.NEXT_VOICE,
        setting={"behaviour": Behaviour(status=500), "before": 2},
    ),
    Row(fault="no sound for the words", **fails("empty", insert={0: b'{"isFinal": true}'})),
    Row(fault="a web page", **fails("broken", make=eleven_http, content_type="text/html")),
    Row(
        fault="sound at another rate, and it says so",
        **fails("broken", make=openai, content_type="audio/pcm;rate=16000"),
    ),
    Row(
        fault="a file in place of bare samples",
        **fails("broken", make=openai, insert={0: WAV + bytes(32)}),
    ),
    Row(
        fault="sound that is cut at odd bytes",
        hears=Hears.ANSWER,
        setting={"make": openai, "behaviour": Behaviour(split=333)},
    ),
    Row(
        fault="all voices fail at once",
        hears=Hears.HAND_OFF,
        counted=('frontline_tts_failures_total{voice="fake"}',),
        setting={"behaviour": Behaviour(status=500), "dead": True},
    ),
    Row(
        fault="all voices fail, the last in mid-answer",
        hears=Hears.FAILURE,
        counted=('frontline_tts_failures_total{voice="fake"}',),
        setting={"behaviour": Behaviour(status=500), "dead_after": 1},
    ),
)


class Dying(FakeVoice):
    """Fails at the text of that number."""

    def __init__(self, after: int) -> None:
        super().__init__(takes=0.0, lasts=0.5, pieces=1)
        self._after = after

    async def speak(self, *args: Any, **more: Any) -> Any:
        async for piece in super().speak(*args, **more):
            if piece.finished >= self._after:
                break
            yield piece
        raise VoiceFailed(self.name, AttemptFailure.BROKEN)


@dataclass
class Stage:
    """The vendor, the voices, and what was heard of them."""

    server: Server
    chain: Overheard
    last: FakeVoice
    metrics: Metrics

    @property
    def first_said(self) -> list[str]:
        """Words that the first voice is known to have said whole."""
        return [word.text for piece in self.chain.pieces for word in piece.words]


@contextlib.asynccontextmanager
async def stage(**given: Any) -> AsyncIterator[Stage]:
    make, behaviour = given.get("make", eleven), given.get("behaviour", Behaviour())
    metrics = Metrics()
    last = quick_voice()
    if "dead" in given or "dead_after" in given:
        last = Dying(given.get("dead_after", 0))
    async with Server(VENDORS[make](), behaviour=behaviour) as server:
        if "refuse" in given:
            await server.refuse()
        # only those that fail by silence are to be hurried
        first = 0.3 if behaviour.silent_at in ("headers", "body") else 20.0
        voice = make(server)
        patience = Patience(first_s=first, between_s=0.3 if behaviour.silent_at else 20.0)
        chain = VoiceChain([voice, last], patience, BREAKING, metrics.voice_failed)
        try:
            yield Stage(server, Overheard(chain), last, metrics)
        finally:
            await chain.close()


def check(row: Row, of: Stage, caller: Caller) -> None:
    """Against what the row says."""
    lines, by_last = caller.texts(), " ".join(of.last.texts).split()
    match row.hears:
        case Hears.HAND_OFF:
            assert (caller.sources(), lines) == (["system"], ["<line:handoff 1>"])
            return
        case Hears.FAILURE:
            assert (caller.sources(), lines) == (["agent", "system"], ["<line:failure 1>"])
            return
        case Hears.ANSWER:
            assert (by_last, of.chain.pieces[-1].finished) == ([], len(CLAUSES))
        case Hears.NEXT_VOICE:
            assert (of.first_said, by_last) == ([], WORDS)
        case Hears.NO_WORD_TWICE:
            assert of.first_said and by_last
            assert [*of.first_said, *by_last] == WORDS
        case Hears.AGAIN:
            assert by_last in (WORDS, CLAUSES[1].split())
            assert [piece for piece in of.chain.pieces if piece.audio]
    assert (caller.sources(), lines) == (["agent"], [])


@pytest.mark.parametrize("row", ROWS, ids=identity)
async def test_what_the_caller_hears(row: Row) -> None:
    given = dict(row.setting)
    async with stage(**given) as of:
        value = counter(of.metrics.registry)
        agent = FakeAgent(CLAUSES[0], " ", CLAUSES[1])
        house = await centre(agent, of.chain, give_up_after=60.0, agent_stall=60.0)
        async with house.call(wire=(caller := Caller())) as call:
            caller.played = call.runner.playout.echoed
            for _ in range(given.get("before", 0)):
                await answered(call, house, QUESTION)
                caller.sent.clear()
                of.last.texts.clear()
            if "before" in given:
                # a reply is prepared for by whoever would speak
                await eventually(lambda: len(house.services.background) == 0)
                of.server.journal.entries.clear()
            await answered(call, house, QUESTION)
            check(row, of, caller)
            assert {one for one in row.counted if not value(one)} == set()
            if "before" in given:
                assert len(of.server.journal) == 0, "it is left alone"
            await answered(call, house, CACHED)
            assert caller.texts()[-1] == "<entry:hours 1>"
        caller.one_voice()
        await of.chain.close()  # what was opened ahead
        await eventually(lambda: of.server.connections == 0)


async def test_cut_at_odd_bytes_it_is_the_same_sound() -> None:
    sounds = []
    for split in (0, 333):
        async with stage(make=openai, behaviour=Behaviour(split=split)) as of:
            house = await centre(FakeAgent(*CLAUSES), of.chain)
            async with house.call(wire=(caller := Caller())) as call:
                caller.played = call.runner.playout.echoed
                await answered(call, house, QUESTION)
            sounds.append(b"".join(one for _, one in caller.sent if isinstance(one, bytes)))
    assert sounds[0] == sounds[1] != b""
