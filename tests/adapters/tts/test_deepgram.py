"""Deepgram's voices: what is their own; the rest is in tests/contracts/test_voices.py."""

from __future__ import annotations

import asyncio
import json

import pytest

from gateway.adapters.tts.deepgram import FLUSHES, MINUTE, DeepgramSocketVoice, Flushes
from gateway.ports.live_speech import VoiceFailed
from tests.providers.deepgram import Deepgram
from tests.providers.server import Server
from tests.support.speaking import PCM16, TEXTS, listen, slowly, texts

pytestmark = pytest.mark.anyio


def voice_of(server: Server) -> DeepgramSocketVoice:
    return DeepgramSocketVoice(key="k", voice="aura-2-thalia-en", base_url=server.http)


@pytest.mark.real_loop
async def test_each_text_is_spoken_at_once() -> None:
    async with asyncio.timeout(20), Server(Deepgram()) as server:
        heard = await listen(voice_of(server), slowly(*TEXTS, pause=0.4))
        entry = await server.journal.closed()
    assert heard.first_s is not None
    assert heard.first_s < 0.3, "before the second text was there"
    assert [one["type"] for one in entry.texts] == ["Speak", "Flush", "Speak", "Flush"]
    assert entry.close_code == 1000


@pytest.mark.real_loop
async def test_a_reply_that_ends_after_its_last_sound() -> None:
    async def late() -> object:
        async for one in slowly("Hello.", "", pause=0.3):
            if one:
                yield one

    async with asyncio.timeout(20), Server(Deepgram()) as server:
        heard = await listen(voice_of(server), late())  # type: ignore[arg-type]
    assert heard.finished == 1


@pytest.mark.real_loop
async def test_a_long_replys_later_texts_share_their_flushes() -> None:
    async with asyncio.timeout(30), Server(Deepgram()) as server:
        heard = await listen(voice_of(server), texts(*["Yes."] * 43))
        entry = await server.journal.closed()
    assert heard.finished == 43
    kinds = [one["type"] for one in entry.texts]
    assert kinds.count("Flush") == 19 <= FLUSHES
    assert kinds[-1] == "Flush"


async def test_the_last_flush_waits_for_its_turn() -> None:
    reading = Flushes()
    for number in range(FLUSHES):
        reading.sent("a")
        reading.flushed(float(number))
    assert reading.until_free(20.0) == MINUTE - 20
    assert not reading.may_flush(20.0)
    assert reading.until_free(MINUTE) == 0.0
    assert reading.may_flush(MINUTE + 15)
    assert reading.waiting == 0


@pytest.mark.parametrize("kind", ["Warning", "Error"])
async def test_a_refused_flush_is_a_failure(kind: str) -> None:
    reading = Flushes()
    with pytest.raises(VoiceFailed, match="EXCESSIVE_FLUSH"):
        reading.take(json.dumps({"type": kind, "code": "EXCESSIVE_FLUSH"}), 0.0)
    assert reading.take(json.dumps({"type": "Metadata"}), 0.0) == (b"", (), 0)
    assert PCM16.sample_rate == 16_000
