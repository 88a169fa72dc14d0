"""Where a clip may be ended, found from its sound."""

from __future__ import annotations

import numpy as np
import pytest

from gateway import audio
from gateway.ports.sound import AudioFormat, Encoding
from gateway.shell.sound.pauses import pauses

PCM = AudioFormat(Encoding.PCM, 16000)
MULAW = AudioFormat(Encoding.MULAW, 8000)


def sound(form: AudioFormat, *parts: tuple[int, float]) -> bytes:
    """Parts of so many ms at that share of full scale."""
    rng = np.random.default_rng(1)
    rate = form.sample_rate
    noise = [rng.normal(0, 0.2 * level, rate * ms // 1000) for ms, level in parts]
    pcm = (np.concatenate(noise).clip(-1, 1) * 32767).astype("<i2").tobytes()
    return audio.pcm_to_mulaw(pcm) if form.encoding is Encoding.MULAW else pcm


@pytest.mark.parametrize("form", [PCM, MULAW])
def test_a_pause_is_found_between_phrases_and_at_the_end(form: AudioFormat) -> None:
    speech = sound(form, (400, 1.0), (160, 0.0), (400, 0.8), (120, 0.0))
    assert pauses(speech, form, 40) == frozenset({10, 11, 12, 13, 24, 25, 26})


def test_a_hiss_far_below_the_voice_is_quiet() -> None:
    assert pauses(sound(PCM, (400, 1.0), (120, 0.005)), PCM, 40) == frozenset({10, 11, 12})


def test_the_closure_within_a_word_is_no_pause() -> None:
    assert pauses(sound(PCM, (400, 1.0), (80, 0.0), (400, 1.0)), PCM, 40) == frozenset()


@pytest.mark.parametrize("payload", [b"", bytes(100)])
def test_what_is_shorter_than_a_message_has_none(payload: bytes) -> None:
    assert pauses(payload, PCM, 40) == frozenset()


def test_silence_alone_is_not_told_from_speech() -> None:
    assert pauses(bytes(16000), PCM, 40) == frozenset()


def test_opus_is_only_ended_at_its_end() -> None:
    assert pauses(b"\0\3abc", AudioFormat(Encoding.OPUS, 48000), 20) == frozenset()
