"""A chain of real voices goes on whatever happens to the first of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.adapters.tts.by_text import LocalVoice
from gateway.adapters.tts.chain import Patience, VoiceChain
from gateway.adapters.tts.deepgram import DeepgramSocketVoice
from gateway.adapters.tts.elevenlabs import ElevenLabsSocketVoice
from gateway.adapters.tts.espeak import EspeakSynthesizer
from tests.providers.behaviour import Behaviour
from tests.providers.deepgram import Deepgram
from tests.providers.elevenlabs import ElevenLabs
from tests.providers.server import Server
from tests.support.speaking import PCM16, TEXTS, Heard, listen, looks_like_speech, texts

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


def espeak() -> LocalVoice:
    return LocalVoice("espeak", EspeakSynthesizer(), 22_050)


REAL_FAULTS = [
    Behaviour(silent_at="headers"),
    Behaviour(silent_at=6),
    Behaviour(reset_at=6),
    Behaviour(status=429),
    Behaviour(status=401),
    Behaviour(garbage_at=6),
]


@pytest.mark.parametrize("fault", REAL_FAULTS, ids=repr)
async def test_real_voices_go_on_for_each_other(fault: Behaviour) -> None:
    async with (
        asyncio.timeout(20),
        Server(ElevenLabs(), behaviour=fault) as server,
        Server(Deepgram(), behaviour=Behaviour(reset_at="body")) as other,
    ):
        links = (
            ElevenLabsSocketVoice(key="k", voice="v", model="m", base_url=server.http),
            DeepgramSocketVoice(key="k", voice="aura-2-thalia-en", base_url=other.http),
            espeak(),
        )
        chain = VoiceChain(links, Patience(first_s=0.4, between_s=0.4))
        heard = await listen(chain, texts(*TEXTS))
        await chain.close()
        assert len(other.journal) == 1
    assert looks_like_speech(heard)
    assert heard.finished == 2
    told = " ".join(word.text for word in heard.words)
    assert " ".join(TEXTS).startswith(told), "no word twice"
    assert bool(told) == (fault.status == 0 and fault.silent_at != "headers")


@pytest.mark.parametrize("point", ["headers", 3])
async def test_an_interruption_closes_the_real_connection_at_once(point: Any) -> None:
    async with (
        asyncio.timeout(20),
        Server(ElevenLabs(), behaviour=Behaviour(silent_at=point)) as server,
    ):
        voice = ElevenLabsSocketVoice(key="k", voice="v", model="m", base_url=server.http)
        heard, now = Heard(PCM16), asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as tasks:
            chain = VoiceChain([voice, espeak()], Patience(first_s=9, between_s=9))
            speaking = tasks.create_task(listen(chain, texts(*TEXTS), heard=heard))
            await server.journal.until(-1, lambda entry: entry.asked_at)
            if point == 3:
                await heard.sounds.wait()
            at = now()
            speaking.cancel()
        assert now() - at < 0.1
        entry = await server.journal.closed()
        assert entry.client_closed_at is not None
        assert entry.client_closed_at - at < 0.1
