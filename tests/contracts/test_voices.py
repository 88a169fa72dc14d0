"""What holds of every vendor's voice, against the local vendors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import edge_tts.communicate
import pytest

from gateway.adapters.tts.deepgram import DeepgramSocketVoice, DeepgramVoice
from gateway.adapters.tts.edge import EdgeVoice
from gateway.adapters.tts.elevenlabs import ElevenLabsSocketVoice, ElevenLabsVoice
from gateway.adapters.tts.openai import OpenAIVoice
from gateway.core.race.attempts import AttemptFailure
from gateway.ports.live_speech import VoiceFailed
from gateway.ports.sound import AudioFormat
from tests.providers.behaviour import Behaviour, Delay
from tests.providers.deepgram import Deepgram
from tests.providers.edge import PATH, Edge
from tests.providers.elevenlabs import ElevenLabs
from tests.providers.openai import OpenAI
from tests.providers.server import Provider, Server
from tests.support.speaking import (
    MULAW,
    OPUS,
    PCM16,
    PCM24,
    TEXTS,
    Heard,
    listen,
    looks_like_speech,
    texts,
)

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]
KEY = "hunter2secret"


@dataclass
class Kind:
    """A vendor, one of its voices, and what is its own about it."""

    provider: Callable[[], Provider]
    voice: Callable[[Server, str], Any]
    other: str
    """Another voice's name."""
    native: dict[str, str]
    """What is asked for by format, as far as there is a choice."""


PCM = {one.name: f"pcm_{one.sample_rate}" for one in (PCM16, PCM24)}
ELEVEN = PCM | {"mulaw_8000": "ulaw_8000", "opus_48000": "pcm_48000"}
LINEAR = {one.name: f"linear16 {one.sample_rate}" for one in (PCM16, PCM24)}
AURA = LINEAR | {"mulaw_8000": "mulaw 8000", "opus_48000": "linear16 48000"}


def eleven(kind: Any) -> Callable[[Server, str], Any]:
    return lambda server, key: kind(
        key=key, voice="anna", model="eleven_flash_v2_5", base_url=server.http
    )


def aura(kind: Any) -> Callable[[Server, str], Any]:
    return lambda server, key: kind(key=key, voice="aura-2-thalia-en", base_url=server.http)


def openai(server: Server, key: str) -> OpenAIVoice:
    base = f"{server.http}/v1"
    return OpenAIVoice(key=key, voice="alloy", model="gpt-4o-mini-tts", base_url=base)


KINDS = {
    "elevenlabs http": Kind(lambda: ElevenLabs(key=KEY), eleven(ElevenLabsVoice), "bob", ELEVEN),
    "elevenlabs socket": Kind(
        lambda: ElevenLabs(key=KEY), eleven(ElevenLabsSocketVoice), "bob", ELEVEN
    ),
    "deepgram http": Kind(lambda: Deepgram(key=KEY), aura(DeepgramVoice), "aura-2-luna-en", AURA),
    "deepgram socket": Kind(
        lambda: Deepgram(key=KEY), aura(DeepgramSocketVoice), "aura-2-luna-en", AURA
    ),
    "openai": Kind(lambda: OpenAI(key=KEY), openai, "echo", {}),
    "edge": Kind(
        Edge, lambda server, key: EdgeVoice(voice="en-US-EmmaNeural"), "en-GB-RyanNeural", {}
    ),
}
every = pytest.mark.parametrize("name", KINDS)
keyed = pytest.mark.parametrize("name", [one for one in KINDS if one != "edge"])


@contextlib.asynccontextmanager
async def voice_of(name: str, key: str = KEY, **options: Any) -> AsyncIterator[tuple[Server, Any]]:
    kind = KINDS[name]
    async with asyncio.timeout(20), Server(kind.provider(), **options) as server:
        with pytest.MonkeyPatch.context() as patch:
            address = f"{server.ws}{PATH}?TrustedClientToken=x"
            patch.setattr(edge_tts.communicate, "WSS_URL", address)
            voice = kind.voice(server, key)
            try:
                yield server, voice
            finally:
                await voice.close()


@every
@pytest.mark.parametrize("wire", [MULAW, PCM16, PCM24, OPUS], ids=lambda one: one.name)
async def test_a_reply(name: str, wire: AudioFormat) -> None:
    async with voice_of(name) as (server, voice):
        heard = await listen(voice, texts(*TEXTS), wire)
        entry = server.journal[0]
    assert looks_like_speech(heard)
    assert heard.finished == 2
    query = {key: values[0] for key, values in entry.query.items()}
    aura = f"{query.get('encoding')} {query.get('sample_rate')}"
    if native := KINDS[name].native:
        assert native[wire.name] in (query.get("output_format"), aura)
    assert KEY not in str(entry)


@every
async def test_whose_voice(name: str) -> None:
    other = KINDS[name].other
    async with voice_of(name) as (server, voice):
        await listen(voice, texts("Hello."), name=other)
        assert other[-10:] in str(server.journal[0])


@every
async def test_two_replies_at_a_time(name: str) -> None:
    async with voice_of(name) as (_, voice):
        both = await asyncio.gather(
            listen(voice, texts("Hello.")), listen(voice, texts(*TEXTS), MULAW)
        )
    assert 0.2 < both[0].seconds < 1.5
    assert looks_like_speech(both[1])


@every
async def test_nothing_to_say(name: str) -> None:
    async with voice_of(name) as (_, voice):
        heard = await listen(voice, texts())
    assert (heard.sound, heard.finished) == (b"", 0)


@every
async def test_sound_comes_as_it_is_made(name: str) -> None:
    """Pieces of 50 ms or more apart: the first is there long before the last."""
    async with voice_of(name, behaviour=Behaviour(between=Delay(0.03))) as (_, voice):
        heard = await listen(voice, texts(TEXTS[1]))
    assert heard.first_s is not None
    assert heard.first_s < 0.35
    assert sum(1 for piece in heard.pieces if piece.audio) > 8


@every
async def test_what_texts_fail_with_is_passed_on(name: str) -> None:
    async def broken() -> AsyncIterator[str]:
        yield "Hello."
        raise KeyError("the model")

    async with voice_of(name) as (_, voice):
        with pytest.raises(KeyError, match="the model"):
            await listen(voice, broken())


@every
@pytest.mark.parametrize(
    ("behaviour", "reasons", "says"),
    [
        (Behaviour(status=404), [AttemptFailure.REFUSED], "(404"),
        (Behaviour(status=500), [AttemptFailure.SERVER], "fault of its own (500"),
        (Behaviour(status=429), [AttemptFailure.RATE_LIMITED], "too many requests"),
        (
            Behaviour(reset_at="headers"),
            [AttemptFailure.BROKEN, AttemptFailure.UNREACHABLE],
            "failed",
        ),
        (Behaviour(reset_at=3), [AttemptFailure.BROKEN], "broke off|closed|stopped|cut"),
        (Behaviour(close_at=3), [AttemptFailure.BROKEN], "broke off|closed|stopped|cut"),
        (Behaviour(garbage_at=2), [AttemptFailure.BROKEN], "broke off|closed|stopped|cut"),
    ],
    ids=str,
)
async def test_faults(
    name: str, behaviour: Behaviour, reasons: list[AttemptFailure], says: str
) -> None:
    async with voice_of(name, behaviour=behaviour) as (_, voice):
        with pytest.raises(VoiceFailed, match=says.replace("(", r"\(")) as caught:
            await listen(voice, texts(*TEXTS))
    assert caught.value.reason in reasons
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or not caught.value.__context__


@keyed
async def test_a_wrong_key_is_named_by_its_variable_alone(name: str) -> None:
    async with voice_of(name, key="wrong-key-1") as (_, voice):
        with pytest.raises(VoiceFailed, match="refused the key: set FRONTLINE_TTS__") as caught:
            await listen(voice, texts(*TEXTS))
    assert "wrong-key-1" not in str(caught.value)
    assert caught.value.reason is AttemptFailure.REFUSED


@keyed
async def test_when_to_come_back(name: str) -> None:
    async with voice_of(name, behaviour=Behaviour(status=429, retry_after="7")) as (_, voice):
        with pytest.raises(VoiceFailed) as caught:
            await listen(voice, texts(*TEXTS))
    assert caught.value.retry_after == 7.0


@every
async def test_nobody_there(name: str) -> None:
    async with voice_of(name) as (server, voice):
        await server.refuse()
        with pytest.raises(VoiceFailed) as caught:
            await listen(voice, texts("Hello."))
    assert caught.value.reason is AttemptFailure.UNREACHABLE


@every
@pytest.mark.parametrize("point", ["headers", "body", 4])
async def test_an_interruption_closes_at_once(name: str, point: Any) -> None:
    async with voice_of(name, behaviour=Behaviour(silent_at=point)) as (server, voice):
        heard, now = Heard(PCM16), asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as tasks:
            speaking = tasks.create_task(listen(voice, texts(*TEXTS), heard=heard))
            await server.journal.until(-1, lambda entry: entry.asked_at)
            if point == 4:
                await heard.sounds.wait()
            at = now()
            speaking.cancel()
        assert now() - at < 0.1
        entry = await server.journal.closed()
        assert entry.client_closed_at is not None
        assert entry.client_closed_at - at < 0.1


@every
async def test_an_interruption_by_closing_the_iterator(name: str) -> None:
    async with voice_of(name, behaviour=Behaviour(between=Delay(0.02))) as (server, voice):
        pieces = voice.speak(texts(*TEXTS), PCM16)
        while not (await anext(pieces)).audio:
            pass
        at = asyncio.get_running_loop().time()
        await pieces.aclose()
        assert asyncio.get_running_loop().time() - at < 0.1
        assert (await server.journal.closed()).outcome == "cancelled"
