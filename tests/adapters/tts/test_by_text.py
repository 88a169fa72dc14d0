"""Voices that are asked text by text, in virtual time. Vendors': tests/contracts/test_voices.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from gateway.adapters.tts.by_text import ByText, LocalVoice, TextSound, expect_audio
from gateway.adapters.tts.espeak import EspeakSynthesizer
from gateway.core.race.attempts import AttemptFailure
from gateway.ports.live_speech import VoiceFailed
from gateway.ports.sound import AudioFormat, Encoding
from tests.support.speaking import MULAW, OPUS, PCM16, TEXTS, listen, looks_like_speech, texts

pytestmark = pytest.mark.anyio


@pytest.mark.real_loop
@pytest.mark.parametrize("wire", [MULAW, PCM16, OPUS], ids=lambda one: one.name)
async def test_espeak_speaks_replies_too(wire: AudioFormat) -> None:
    voice = LocalVoice("espeak", EspeakSynthesizer(), 22_050)
    await voice.prepare(wire)
    heard = await listen(voice, texts(*TEXTS), wire)
    await voice.close()
    assert looks_like_speech(heard)
    assert heard.finished == 2


@pytest.mark.real_loop
async def test_a_voice_that_is_not_there() -> None:
    voice = LocalVoice("espeak", EspeakSynthesizer(), 22_050)
    with pytest.raises(VoiceFailed, match="no voice 'nobody'") as caught:
        await listen(voice, texts("Hello."), name="nobody")
    assert caught.value.reason is AttemptFailure.REFUSED


class Silent(ByText):
    name = "silent"
    offered = (PCM16,)

    async def sound(
        self, text: str, native: AudioFormat, voice: str, locale: str
    ) -> AsyncGenerator[TextSound, None]:
        await asyncio.sleep(1)
        if text != "nothing":
            yield TextSound(b"\0\0" if text == "little" else b"")

    async def close(self) -> None:
        """Nothing is open."""


async def test_no_sound_is_a_failure() -> None:
    for text in ("nothing", "empty"):
        with pytest.raises(VoiceFailed, match="no sound") as caught:
            await listen(Silent(), texts(text))
        assert caught.value.reason is AttemptFailure.EMPTY
    assert (await listen(Silent(), texts("little"))).finished == 1


PCM24 = AudioFormat(Encoding.PCM, 24_000)


@pytest.mark.parametrize(
    "kind", ["audio/pcm", "AUDIO/L16; Rate=24000", "application/octet-stream", ""]
)
def test_what_may_be_sound(kind: str) -> None:
    expect_audio("x", kind, PCM24)


@pytest.mark.parametrize("kind", ["text/html", "application/json; charset=utf-8"])
def test_what_is_none(kind: str) -> None:
    with pytest.raises(VoiceFailed, match="no sound"):
        expect_audio("x", kind, PCM24)


def test_sound_at_another_rate() -> None:
    with pytest.raises(VoiceFailed, match="another sample rate"):
        expect_audio("x", "audio/l16;rate=16000", PCM24)


@pytest.mark.parametrize("head", [b"RIFF", b"OggS", b"fLaC", b"ID3"])
async def test_a_file_is_no_bare_sound(head: bytes) -> None:
    class Packed(Silent):
        async def sound(
            self, text: str, native: AudioFormat, voice: str, locale: str
        ) -> AsyncGenerator[TextSound, None]:
            yield TextSound(head + bytes(2000))

    with pytest.raises(VoiceFailed, match="a file, not bare samples") as caught:
        await listen(Packed(), texts("hello"))
    assert caught.value.reason is AttemptFailure.BROKEN
