"""Vendors' voices for clips."""

from __future__ import annotations

import asyncio
import pickle
from functools import partial

import pytest

from cache_seed.sound import Treatment
from cache_seed.workers import Script, speak
from gateway.adapters.tts.elevenlabs import ElevenLabsVoice
from gateway.adapters.tts.seeding import TRIES, VendorSynthesizer
from gateway.core.race.attempts import AttemptFailure
from gateway.ports.live_speech import VoiceFailed
from gateway.ports.sound import WIRE_FORMATS
from tests.providers.behaviour import Behaviour
from tests.providers.elevenlabs import ElevenLabs
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


def synthesizer(server: Server, pauses: list[float] | None = None) -> VendorSynthesizer:
    make = partial(ElevenLabsVoice, key="k", voice="anna", model="m", base_url=server.http)
    pause = (pauses if pauses is not None else []).append
    return VendorSynthesizer(make, "elevenlabs/m", '{"speed": 1.0}', pause)


def seconds_of(made: VendorSynthesizer, text: str = "We open at nine.") -> float:
    return sum(len(one.samples) / one.sample_rate / 2 for one in made.stream(text, "", "en-US"))


async def test_a_clip_in_every_format() -> None:
    async with asyncio.timeout(50), Server(ElevenLabs()) as server:
        made = synthesizer(server)
        script = Script("We open at nine.", "bob", "en-US")
        sound = await asyncio.to_thread(speak, made, script, Treatment())
        assert "/bob/" in server.journal[0].path
        await server.journal.closed()
    assert set(sound) == set(WIRE_FORMATS)
    assert all(600 < clip.duration_ms < 2500 for clip in sound.values())
    assert (made.model, made.settings) == ("elevenlabs/m", '{"speed": 1.0}')


def test_it_can_go_to_a_worker() -> None:
    make = partial(ElevenLabsVoice, key="k", voice="anna", model="m")
    made = pickle.loads(pickle.dumps(VendorSynthesizer(make, "elevenlabs/m", "{}")))
    assert made.model == "elevenlabs/m"


async def test_what_may_pass_is_tried_again() -> None:
    async with asyncio.timeout(50), Server(ElevenLabs()) as server:
        limits = [Behaviour(status=429, retry_after="7"), Behaviour(status=503)]
        server.next(*limits, Behaviour(reset_at="headers"))
        pauses: list[float] = []
        assert 0.5 < await asyncio.to_thread(seconds_of, synthesizer(server, pauses)) < 2.5
    assert pauses == [7.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("behaviour", "reason", "tries"),
    [
        (Behaviour(status=401), AttemptFailure.REFUSED, 1),
        (Behaviour(status=429, retry_after="999"), AttemptFailure.RATE_LIMITED, TRIES),
        (Behaviour(reset_at=3), AttemptFailure.BROKEN, 1),
    ],
    ids=str,
)
async def test_what_will_not_pass_is_told(
    behaviour: Behaviour, reason: AttemptFailure, tries: int
) -> None:
    async with asyncio.timeout(50), Server(ElevenLabs(), behaviour=behaviour) as server:
        pauses: list[float] = []
        with pytest.raises(VoiceFailed) as caught:
            await asyncio.to_thread(seconds_of, synthesizer(server, pauses))
        assert len(server.journal) == tries
    assert caught.value.reason is reason
    assert pauses == [30.0] * (tries - 1)


async def test_half_a_clip_can_be_left() -> None:
    def half(made: VendorSynthesizer) -> None:
        pieces = made.stream("We open at nine.", "", "en-US")
        assert next(pieces).samples
        pieces.close()  # type: ignore[attr-defined]

    async with (
        asyncio.timeout(50),
        Server(ElevenLabs(), behaviour=Behaviour(silent_at=3)) as server,
    ):
        await asyncio.to_thread(half, synthesizer(server))
        assert (await server.journal.closed()).outcome == "cancelled"
