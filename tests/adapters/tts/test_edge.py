"""Edge's voices: what is their own; the rest is in tests/contracts/test_voices.py."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import edge_tts.communicate
import numpy as np
import pytest

from gateway.adapters.tts.edge import EdgeVoice, Mp3Decoder
from gateway.errors import ProviderFailed
from tests.providers import voice as local
from tests.providers.edge import PATH, Edge
from tests.providers.server import Server
from tests.support.speaking import listen, texts

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


async def test_words_have_their_times(monkeypatch: pytest.MonkeyPatch) -> None:
    given = ("Fish & chips", "at nine, please.")
    async with asyncio.timeout(20), Server(Edge()) as server:
        address = f"{server.ws}{PATH}?TrustedClientToken=x"
        monkeypatch.setattr(edge_tts.communicate, "WSS_URL", address)
        heard = await listen(EdgeVoice(voice="en-US-EmmaNeural", speed=1.1), texts(*given))
        assert "rate='+10%'" in str(server.journal[0].texts)
    assert [word.text for word in heard.words] == " ".join(given).split()
    assert all(given[word.chunk][word.at :].startswith(word.text) for word in heard.words)
    times = [time for word in heard.words for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times)


async def test_words_that_are_not_in_the_text_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Other:
        def __init__(self, *_: Any, **__: Any) -> None:
            """Takes what ``edge_tts.Communicate`` takes."""

        async def stream(self) -> Any:
            sound = local.encode(bytes(48_000), 24_000, "mp3")
            yield {"type": "audio", "data": sound}
            for text in ("five", "euros"):
                yield {"type": "WordBoundary", "text": text, "offset": 0, "duration": 5_000_000}

    monkeypatch.setattr(edge_tts, "Communicate", Other)
    heard = await listen(EdgeVoice(voice="x"), texts("5 euros"))
    assert [(word.text, word.at, word.end_ms) for word in heard.words] == [("euros", 2, 500.0)]


def test_mp3_cut_anywhere_is_the_same_sound() -> None:
    time = np.arange(24_000) / 24_000
    pcm = (8000 * np.sin(2 * np.pi * 440 * time)).astype("<i2").tobytes()
    mp3 = local.encode(pcm, 24_000, "mp3")
    decoder = Mp3Decoder()
    parts = [decoder.feed(mp3[at : at + 101]) for at in range(0, len(mp3), 101)]
    sound = np.frombuffer(b"".join(parts) + decoder.flush(), "<i2").astype(float)
    assert len(sound) / 24_000 == pytest.approx(1.0, abs=0.1)
    assert np.argmax(np.abs(np.fft.rfft(sound))) * 24_000 / len(sound) == pytest.approx(440, abs=3)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "edge_tts", None)
    with pytest.raises(ProviderFailed, match=r"install frontline\[edge\]"):
        EdgeVoice(voice="x")
