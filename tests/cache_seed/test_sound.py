"""Trimming, loudness, peaks and wire formats."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cache_seed import sound
from cache_seed.sound import Samples, Treatment, clip_audio, loudness_lufs, treat, trim, true_peak
from gateway.audio import opus_packets
from gateway.errors import ProviderFailed
from gateway.ports.sound import WIRE_FORMATS, Encoding

RATE = 22_050


def tone(seconds: float, height: float = 0.1, hz: float = 440) -> Samples:
    return height * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE))


def pcm(samples: Samples) -> bytes:
    return np.rint(samples * 32767).astype("<i2").tobytes()


def floats(data: bytes) -> Samples:
    return np.frombuffer(data, "<i2") / 32768


def bursts(seconds: float, height: float) -> Samples:
    """Speech-like: a quiet tone with a sharp peak ten times a second."""
    samples = tone(seconds, 0.05)
    samples[:: RATE // 10] = height
    return samples


def ms(samples: Samples) -> float:
    return len(samples) / RATE * 1000


def test_silence_at_both_ends_is_cut() -> None:
    cut = trim(np.concatenate([silence(0.3), tone(1.0), silence(0.5)]), RATE)
    assert ms(cut) == pytest.approx(1000 + sound.LEAD_MS + sound.TAIL_MS, abs=2 * sound.FRAME_MS)


def test_silence_inside_stays() -> None:
    cut = trim(np.concatenate([tone(0.5), silence(0.7), tone(0.5)]), RATE)
    assert ms(cut) == pytest.approx(1700 + sound.TAIL_MS, abs=2 * sound.FRAME_MS)


def test_no_silence_is_added_before_sound_that_starts_at_once() -> None:
    cut = trim(tone(0.5), RATE)
    assert np.abs(cut[: RATE // 100]).max() > 0.09
    assert ms(cut) == pytest.approx(500 + sound.TAIL_MS, abs=1)


def test_a_quiet_consonant_at_the_start_is_kept_and_hiss_is_not() -> None:
    quiet, hiss = tone(0.1, 0.1 * 10 ** (-35 / 20)), tone(0.4, 0.1 * 10 ** (-55 / 20))
    cut = trim(np.concatenate([hiss, quiet, tone(0.5), hiss]), RATE)
    assert ms(cut) == pytest.approx(600 + sound.LEAD_MS + sound.TAIL_MS, abs=2 * sound.FRAME_MS)


def test_cuts_do_not_click() -> None:
    noise = np.full(RATE, 0.2)
    cut = trim(noise, RATE)
    assert cut[0] == cut[-1] == 0
    assert np.abs(np.diff(cut[: RATE // 20])).max() < 0.2 / 50


@pytest.mark.parametrize("samples", [silence(0), silence(1), tone(1.0, 1e-4)])
def test_silence_is_refused(samples: Samples) -> None:
    with pytest.raises(ProviderFailed, match="no sound was made"):
        treat(pcm(samples), RATE, Treatment())


@pytest.mark.parametrize("height", [0.01, 0.1, 0.9])
@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.39, 0.41, 3.0])
def test_every_clip_is_as_loud_as_told(height: float, seconds: float) -> None:
    treated = floats(treat(pcm(tone(seconds, height)), RATE, Treatment()))
    assert loudness_lufs(treated, RATE) == pytest.approx(-19, abs=0.5)
    # A sine of -19 LUFS at 440 Hz peaks at 0.17; a short one must not come out louder.
    assert true_peak(treated) == pytest.approx(0.17, abs=0.04)


def test_the_target_is_a_choice() -> None:
    treated = floats(treat(pcm(tone(2.0)), RATE, Treatment(loudness_lufs=-26)))
    assert loudness_lufs(treated, RATE) == pytest.approx(-26, abs=0.1)


def test_peaks_are_limited_and_the_loudness_kept() -> None:
    treated = floats(treat(pcm(bursts(2.0, 0.3)), RATE, Treatment()))
    assert 20 * np.log10(true_peak(treated)) <= sound.PEAK_DB + 0.05
    assert loudness_lufs(treated, RATE) == pytest.approx(-19, abs=0.3)


def test_a_clip_of_peaks_only_stays_quieter_rather_than_distorted() -> None:
    samples = tone(2.0, 0.005)
    samples[:: RATE // 4] = 0.9
    treated = floats(treat(pcm(samples), RATE, Treatment()))
    assert 20 * np.log10(true_peak(treated)) <= sound.PEAK_DB + 0.05
    assert loudness_lufs(treated, RATE) < -20


def test_the_peak_between_samples_counts() -> None:
    samples = np.sin(np.pi / 4 + np.pi / 2 * np.arange(4000))  # never sampled at its peak of 1
    assert np.abs(samples).max() == pytest.approx(0.7071, abs=1e-3)
    assert true_peak(samples[500:-500]) > 0.95


def test_a_clip_in_every_wire_format() -> None:
    clips = clip_audio(pcm(tone(0.5)), RATE)
    assert tuple(clips) == WIRE_FORMATS
    for wire, audio in clips.items():
        if wire.encoding is Encoding.OPUS:
            assert audio.duration_ms == len(opus_packets(audio.payload)) * 20 in range(500, 541)
        else:
            assert audio.duration_ms == 500
            assert len(audio.payload) == pytest.approx(500 * wire.bytes_per_ms, abs=4)


def test_settings_are_canonical_and_tell_all() -> None:
    treatment = Treatment()
    settings = treatment.settings('{"speed_wpm": 165}', "en-US")
    assert json.loads(settings)["synthesizer"] == {"speed_wpm": 165}
    assert settings == treatment.settings('{"speed_wpm":165}', "en-US")
    others = {
        treatment.settings('{"speed_wpm": 170}', "en-US"),
        treatment.settings('{"speed_wpm": 165}', "de-DE"),
        Treatment(loudness_lufs=-20).settings('{"speed_wpm": 165}', "en-US"),
        Treatment(peak_db=-3).settings('{"speed_wpm": 165}', "en-US"),
    }
    assert len(others | {settings}) == 5
