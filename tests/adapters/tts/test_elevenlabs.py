"""ElevenLabs' voices against the local ElevenLabs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.adapters.tts.elevenlabs import ElevenLabsSocketVoice, ElevenLabsVoice, Letters
from gateway.ports.live_speech import VoiceFailed
from tests.providers.behaviour import Behaviour, Delay
from tests.providers.elevenlabs import ElevenLabs
from tests.providers.server import Server
from tests.support.speaking import MULAW, PCM16, TEXTS, listen, slowly, texts

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]
KINDS = [ElevenLabsVoice, ElevenLabsSocketVoice]
both = pytest.mark.parametrize("kind", KINDS)
KEY = "hunter2secret"


@contextlib.asynccontextmanager
async def voice_of(
    kind: Any, key: str = KEY, speed: float = 1.0, **options: Any
) -> AsyncIterator[tuple[Server, Any]]:
    provider = ElevenLabs(key=KEY, voices=("anna", "bob"))
    async with asyncio.timeout(20), Server(provider, **options) as server:
        voice = kind(
            key=key, voice="anna", model="eleven_flash_v2_5", base_url=server.http, speed=speed
        )
        try:
            yield server, voice
        finally:
            await voice.close()


@both
async def test_whose_voice(kind: type) -> None:
    async with voice_of(kind, speed=2.0) as (server, voice):
        await listen(voice, texts("Hello."), name="bob")
        entry = server.journal[0]
    assert "/bob/" in entry.path
    settings = (entry.body or entry.texts[0])["voice_settings"]
    assert settings["speed"] == 1.2
    language = entry.body["language_code"] if entry.body else entry.query["language_code"][0]
    assert language == "en"


async def test_the_socket_speaks_while_the_reply_is_being_written() -> None:
    async with voice_of(ElevenLabsSocketVoice) as (server, voice):
        heard = await listen(voice, slowly(*TEXTS, pause=0.4))
        entry = server.journal[0]
    assert heard.first_s is not None
    assert heard.first_s < 0.3, "before the second text was there"
    assert [one["text"] for one in entry.texts] == [" ", TEXTS[0] + " ", TEXTS[1] + " ", ""]
    assert entry.query["auto_mode"] == ["true"]


async def test_a_socket_is_opened_ahead() -> None:
    slow = Behaviour(headers=Delay(0.3))
    async with voice_of(ElevenLabsSocketVoice, behaviour=slow) as (server, voice):
        cold = await listen(voice, texts("Hello."))
        await voice.prepare(PCM16, "", "en-US")
        await voice.prepare(MULAW, "", "en-US")  # another format's is not taken
        warm = await listen(voice, texts("Hello."))
        assert len(server.journal) == 3
    assert cold.first_s is not None
    assert warm.first_s is not None
    assert warm.first_s < cold.first_s - 0.25


async def test_words_have_their_times() -> None:
    async with voice_of(ElevenLabsSocketVoice) as (_, voice):
        heard = await listen(voice, texts(*TEXTS))
    assert [word.text for word in heard.words] == " ".join(TEXTS).split()
    assert all(TEXTS[word.chunk][word.at :].startswith(word.text) for word in heard.words)
    times = [time for word in heard.words for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(heard.seconds * 1000, abs=250)
    at = 0.0
    for piece in heard.pieces:
        at += len(piece.audio) / 32
        assert all(word.end_ms <= at + 20 for word in piece.words)


async def test_messages_that_cannot_be_read() -> None:
    for insert, says in [
        (b"no json", "cannot be read"),
        (b'{"audio": "%%%"}', "cannot be read"),
        (b'{"alignment": {"chars": ["a"]}}', "cannot be read"),
        (b'{"message": "x", "error": "quota_exceeded", "code": 1008}', "(quota_exceeded)"),
    ]:
        odd = Behaviour(insert={1: insert})
        async with voice_of(ElevenLabsSocketVoice, behaviour=odd) as (_, voice):
            with pytest.raises(VoiceFailed, match=says.replace("(", r"\(").replace(")", r"\)")):
                await listen(voice, texts(*TEXTS))


async def test_letters_that_are_not_ours_say_nothing() -> None:
    reading = Letters()
    reading.sent("Hi  you")
    message = '{"audio": "", "alignment": {"chars": ["H", "i", " ", "y", "o", "u", "x"], '
    message += '"charsStartTimesMs": [0, 1, 2, 3, 4, 5, 6], "charsDurationsMs": [1,1,1,1,1,1,1]}}'
    _, words, finished = reading.take(message, 100.0)
    assert [(word.text, word.at, word.start_ms, word.end_ms) for word in words] == [
        ("Hi", 0, 100.0, 102.0),
        ("you", 4, 103.0, 106.0),
    ]
    assert finished == 1
    assert reading.take('{"is_final": true}', 0.0) == (b"", (), 1)
