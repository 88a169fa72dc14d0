"""The sound of a value, fitted."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.errors import ProviderFailed
from gateway.ports.sound import AudioFormat, Encoding
from gateway.shell.live import sound
from gateway.shell.sound.clips import LoadedClip

RATE = 24_000
PCM = AudioFormat(Encoding.PCM, RATE)
OPUS = AudioFormat(Encoding.OPUS, 48_000)


def voiced(before_ms: int, ms: int, after_ms: int, peak: float = 0.2) -> bytes:
    tone = np.sin(np.arange(ms * RATE // 1000) / 20) * peak
    quiet = [np.zeros(one * RATE // 1000) for one in (before_ms, after_ms)]
    return (np.concatenate([quiet[0], tone, quiet[1]]) * 32767).astype("<i2").tobytes()


def test_silence_around_a_value_is_cut() -> None:
    made = sound.fitted(voiced(300, 500, 400), RATE, PCM, 0.1)
    whole = len(made) // PCM.bytes_per_ms
    assert abs(whole - (sound.LEAD_MS + 500 + sound.TAIL_MS)) <= 2 * sound.FRAME_MS
    assert sound.quiet_end_ms(made, RATE) <= sound.TAIL_MS + sound.FRAME_MS


@pytest.mark.parametrize("peak", [0.05, 0.2, 0.7])
def test_a_value_is_made_as_loud_as_the_words(peak: float) -> None:
    made = sound.fitted(voiced(10, 500, 10, peak), RATE, PCM, 0.12)
    assert sound.loudness(made, RATE) == pytest.approx(0.12, rel=0.05)


def test_noise_is_not_made_as_loud_as_speech() -> None:
    made = sound.fitted(voiced(10, 500, 10, 0.004), RATE, PCM, 0.12)
    assert sound.loudness(made, RATE) < 0.02


def test_a_value_never_clips() -> None:
    made = sound.fitted(voiced(10, 500, 10, 0.3), RATE, PCM, 0.9)
    assert np.abs(np.frombuffer(made, "<i2")).max() <= sound.PEAK * 32768 + 1


def test_silence_is_no_value() -> None:
    with pytest.raises(ProviderFailed):
        sound.fitted(bytes(RATE), RATE, PCM, 0.1)
    with pytest.raises(ProviderFailed):
        sound.fitted(b"", RATE, PCM, 0.1)


def test_silence_at_an_end_is_measured_and_cut() -> None:
    words = voiced(10, 200, 60)
    assert sound.quiet_end_ms(words, RATE) == pytest.approx(60, abs=5)
    cut = sound.without_tail(words, PCM, 20)
    assert sound.quiet_end_ms(cut, RATE) == pytest.approx(40, abs=5)


def test_of_opus_whole_packets_are_cut() -> None:
    clip = LoadedClip((b"one", b"two", b"three"), 20, 60, 11)
    payload = sound.payload(clip, OPUS)
    assert payload == b"\x00\x03one\x00\x03two\x00\x05three"
    assert sound.without_tail(payload, OPUS, 25) == b"\x00\x03one\x00\x03two"
    assert sound.without_tail(payload, OPUS, 19) == payload
