"""OpenAI's voices: what is their own; the rest is in tests/contracts/test_voices.py."""

from __future__ import annotations

import asyncio

import pytest

from gateway.adapters.tts.openai import OpenAIVoice
from gateway.core.race.attempts import AttemptFailure
from gateway.ports.live_speech import VoiceFailed
from tests.providers.behaviour import Behaviour
from tests.providers.openai import OpenAI
from tests.providers.server import Server
from tests.support.speaking import PCM16, TEXTS, listen, texts

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


def voice_of(server: Server, speed: float = 1.0) -> OpenAIVoice:
    base = f"{server.http}/v1"
    return OpenAIVoice(key="k", voice="alloy", model="m", base_url=base, speed=speed)


async def test_each_text_is_a_request() -> None:
    async with asyncio.timeout(20), Server(OpenAI()) as server:
        voice = voice_of(server, speed=9.0)
        await listen(voice, texts(*TEXTS), PCM16)
        await voice.close()
        bodies = [entry.body for entry in server.journal]
        assert len({entry.connection for entry in server.journal}) == 1, "the connection is kept"
    assert [body["input"] for body in bodies] == list(TEXTS)
    assert bodies[0]["response_format"] == "pcm"
    assert bodies[0]["speed"] == 4.0


async def test_an_answer_that_is_no_sound() -> None:
    page = Behaviour(content_type="text/html; charset=utf-8")
    async with asyncio.timeout(20), Server(OpenAI(), behaviour=page) as server:
        voice = voice_of(server)
        with pytest.raises(VoiceFailed, match="is no sound") as caught:
            await listen(voice, texts(*TEXTS))
        await voice.close()
    assert caught.value.reason is AttemptFailure.BROKEN
