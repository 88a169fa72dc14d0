"""From a synthesizer's sound to clips: silence trimmed, loudness levelled, every wire format.

Speech is cut to at most ``LEAD_MS`` before and to ``TAIL_MS`` after what is heard, because each
millisecond of silence at the start is latency to the caller, and synthesizers add up to 300 of
them. Short fades keep the cuts from clicking.

Loudness is the integrated loudness of ITU-R BS.1770-4 (gated, K-weighted, in LUFS), so that the
clips of different voices and lengths sound equally loud. The peak, measured between samples too
(4x oversampled, as that recommendation measures true peaks), stays under ``PEAK_DB``: single
peaks are turned down by at most ``MOST_LIMITING_DB`` over a few milliseconds, and where that is
not enough the whole clip stays quieter rather than distorted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.audio import duration_ms, encode
from gateway.errors import ProviderFailed
from gateway.ports.sound import WIRE_FORMATS, AudioFormat, ClipAudio

LEAD_MS = 10
TAIL_MS = 60
FADE_IN_MS = 3
FADE_OUT_MS = 20
QUIET_DB = -45.0
"""Below the loudest moment; what is quieter than that at either end is silence. The weakest
consonants of espeak-ng (f, th) stand about 35 dB below its vowels."""
FLOOR_DB = -60.0
"""dBFS; quieter sound is silence whatever stands beside it."""
FRAME_MS = 5
"""Silence is found in steps of this."""
LOUDNESS_LUFS = -19.0
"""Default target: as loud in one channel as -16 LUFS in two, the usual level of spoken word."""
PEAK_DB = -2.0
"""dBFS of the true peak. Mu-law and opus overshoot a little when they are decoded."""
MOST_LIMITING_DB = 6.0
LIMITER_MS = 3
"""A quarter of the time over which the limiter turns down and up again: 12 ms in all, longer than
a period of a man's voice, so that the wave keeps its shape."""
BLOCK_S = 0.4
"""Seconds of the shortest sound that BS.1770-4 can measure."""
VERSION = 1
"""Raised when the treatment changes, so that clips are rendered anew."""

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Treatment:
    """The treatment of clips, which is part of their names."""

    loudness_lufs: float = LOUDNESS_LUFS
    peak_db: float = PEAK_DB

    def settings(self, synthesizer: str, locale: str) -> str:
        """``Clip.settings``: canonical JSON of all that changes the sound but text, voice and
        model. ``synthesizer`` is ``Synthesizer.settings``."""
        parts = {
            "locale": locale,
            "loudness_lufs": self.loudness_lufs,
            "peak_db": self.peak_db,
            "sound": VERSION,
            "synthesizer": json.loads(synthesizer),
        }
        return json.dumps(parts, sort_keys=True, separators=(",", ":"))


def treat(pcm: bytes, rate: int, treatment: Treatment) -> bytes:
    """PCM16 trimmed and levelled. Raises ``ProviderFailed`` if nothing is heard in it."""
    samples = np.frombuffer(pcm[: len(pcm) & ~1], "<i2") / 32768
    samples = level(trim(samples, rate), rate, treatment)
    return np.rint(samples * 32768).clip(-32768, 32767).astype("<i2").tobytes()


def trim(samples: Samples, rate: int) -> Samples:
    """The part that is heard, with its lead and tail. Raises ``ProviderFailed`` if there is
    none."""
    begin, end = _heard(samples, rate)
    lead, tail = rate * LEAD_MS // 1000, rate * TAIL_MS // 1000
    kept = samples[max(begin - lead, 0) : end + tail]
    cut = np.zeros(len(kept) + max(0, tail - (len(samples) - end)))
    cut[: len(kept)] = kept
    fade_in, fade_out = rate * FADE_IN_MS // 1000, rate * FADE_OUT_MS // 1000
    cut[:fade_in] *= np.linspace(0, 1, fade_in)
    cut[-fade_out:] *= np.linspace(1, 0, fade_out)
    return cut


def _heard(samples: Samples, rate: int) -> tuple[int, int]:
    """The samples at which the audible part begins and ends. Raises ``ProviderFailed`` if there is
    none.
    """
    size = rate * FRAME_MS // 1000
    frames = -(-len(samples) // size)
    padded = np.zeros(frames * size)
    padded[: len(samples)] = samples
    loudness = np.sqrt((padded.reshape(frames, size) ** 2).mean(axis=1))
    limit = max(loudness.max(initial=0) * _ratio(QUIET_DB), _ratio(FLOOR_DB))
    heard = np.flatnonzero(loudness >= limit)
    if not len(heard):
        raise ProviderFailed("no sound was made")
    begin = int(heard[0]) * size
    end = min((int(heard[-1]) + 1) * size, len(samples))
    return begin, end


def level(samples: Samples, rate: int, treatment: Treatment) -> Samples:
    """The samples at the target loudness, or as near to it as the peak allows."""
    limit = _ratio(treatment.peak_db)
    most = limit * _ratio(MOST_LIMITING_DB)
    peak = true_peak(samples)
    for _ in range(2):  # limiting takes a little loudness away, which the second round gives back
        gain = min(_ratio(treatment.loudness_lufs - loudness_lufs(samples, rate)), most / peak)
        samples, peak = samples * gain, peak * gain
        if peak <= limit:
            return samples
        samples = _limited(samples, rate, limit)
        peak = true_peak(samples)
    return samples * min(1.0, limit / peak)


def _limited(samples: Samples, rate: int, limit: float) -> Samples:
    """The samples with the surroundings of each peak turned down smoothly to the limit."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d  # only rendering needs it

    gain = np.minimum(1.0, limit / np.maximum(np.abs(samples), 1e-9))
    reach = rate * LIMITER_MS // 1000
    # The lowest gain within reach, then its mean within reach, twice: never above the gain.
    lowest = minimum_filter1d(gain, 4 * reach + 1)
    smooth: Samples = uniform_filter1d(uniform_filter1d(lowest, 2 * reach + 1), 2 * reach + 1)
    return samples * smooth


def loudness_lufs(samples: Samples, rate: int) -> float:
    """Integrated loudness. A clip too short to measure is measured as if said over and over.

    Raises ``ProviderFailed`` if it is silent."""
    import pyloudnorm  # brings scipy: only rendering needs it

    least = round(BLOCK_S * rate) + 1
    if len(samples) < least:
        begin, end = _heard(samples, rate)
        samples = samples[begin:end]
        samples = np.tile(samples, -(-least // len(samples)))
    found = float(pyloudnorm.Meter(rate).integrated_loudness(samples))
    if not np.isfinite(found):
        raise ProviderFailed("no sound was made")
    return found


def true_peak(samples: Samples) -> float:
    """Highest absolute value, between the samples too."""
    import soxr

    between = soxr.resample(samples, 1, 4, quality="HQ")
    return float(max(np.abs(between).max(), np.abs(samples).max(), 1e-9))


def clip_audio(pcm: bytes, rate: int) -> dict[AudioFormat, ClipAudio]:
    """Treated sound in every wire format."""
    encoded = ((wire, encode(pcm, rate, wire)) for wire in WIRE_FORMATS)
    return {wire: ClipAudio(payload, duration_ms(payload, wire)) for wire, payload in encoded}


def _ratio(decibels: float) -> float:
    return float(10 ** (decibels / 20))
