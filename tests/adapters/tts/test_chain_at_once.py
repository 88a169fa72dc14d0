"""Sound that is all there at once goes through a chain of voices piece by piece."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from gateway.adapters.tts.chain import VoiceChain
from gateway.ports.live_speech import SpokenPiece
from gateway.ports.sound import AudioFormat
from tests.support.fakes import FakeVoice
from tests.support.speaking import PCM16, texts

pytestmark = pytest.mark.anyio


class Hasty(FakeVoice):
    """All its sound is there."""

    made = 0

    async def speak(
        self,
        texts: AsyncIterator[str],
        audio_format: AudioFormat,
        voice: str = "",
        locale: str = "",
    ) -> AsyncGenerator[SpokenPiece, None]:
        self.texts = [text async for text in texts]
        for _ in range(10):
            self.made += 1
            yield SpokenPiece(audio=bytes(3200))
        yield SpokenPiece(finished=1)


async def test_the_first_sound_is_given_out_before_the_last_is_read() -> None:
    voice = Hasty()
    async with contextlib.aclosing(VoiceChain([voice]).speak(texts("one two"), PCM16)) as pieces:
        assert (await anext(pieces)).audio
        assert voice.made <= 3, "a turn of the loop to wake up, another to take it"
        assert len([piece async for piece in pieces if piece.audio]) == 9
