"""The sound of a value fitted into that of the words around it, so that the seam is not heard."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway import audio
from gateway.errors import ProviderFailed
from gateway.ports.sound import AudioFormat, Encoding
from gateway.shell.sound.clips import OPUS_MS, LoadedClip

LEAD_MS = 5
TAIL_MS = 20
"""Silence that a value keeps before and after what is heard of it."""
JOIN_MS = 40
"""Silence that fixed words keep before a value. No less than a message of the usual length: what
does not fill one waits for the value, and must not be heard."""
FADE_MS = 3
FRAME_MS = 5
QUIET_DB = -45.0
"""Below the loudest moment; what is quieter than that at either end is silence."""
MOST_GAIN_DB = 12.0
PEAK = 0.8
"""The loudest sample of a value, of full scale."""

Samples = NDArray[np.float64]


def payload(clip: LoadedClip, form: AudioFormat) -> bytes:
    """The clip's sound, laid out as ``ClipAudio.payload``."""
    if form.encoding is not Encoding.OPUS:
        return b"".join(clip.messages)
    return b"".join(len(one).to_bytes(2, "big") + one for one in clip.messages)


def without_tail(sound: bytes, form: AudioFormat, milliseconds: int) -> bytes:
    """The payload without so much of its end; of opus, whole packets."""
    if form.encoding is Encoding.OPUS:
        packets = audio.opus_packets(sound)
        kept = packets[: len(packets) - milliseconds // OPUS_MS]
        return b"".join(len(one).to_bytes(2, "big") + one for one in kept)
    return sound[: len(sound) - milliseconds * form.bytes_per_ms]


def quiet_end_ms(pcm: bytes, rate: int) -> int:
    """Milliseconds of silence at the end of PCM16."""
    samples = _samples(pcm)
    _, end = _heard(samples, rate)
    return (len(samples) - end) * 1000 // rate


def loudness(pcm: bytes, rate: int) -> float:
    """The root mean square of what is heard of PCM16, 0 to 1."""
    samples = _samples(pcm)
    begin, end = _heard(samples, rate)
    return float(np.sqrt((samples[begin:end] ** 2).mean())) if end > begin else 0.0


def fitted(pcm: bytes, rate: int, form: AudioFormat, like: float) -> bytes:
    """A value's PCM16 as a payload: without the silence around it, as loud as ``like``. Raises
    ``ProviderFailed`` if nothing is heard in it. Takes milliseconds."""
    samples = _samples(pcm)
    begin, end = _heard(samples, rate)
    if end <= begin:
        raise ProviderFailed("the voice made no sound of a value")
    loud = float(np.sqrt((samples[begin:end] ** 2).mean()))
    gain = like / loud if like > 0 else 1.0
    most = 10 ** (MOST_GAIN_DB / 20)
    gain = min(max(gain, 1 / most), most, PEAK / float(np.abs(samples).max()))
    begin = max(0, begin - LEAD_MS * rate // 1000)
    end = min(len(samples), end + TAIL_MS * rate // 1000)
    sound = samples[begin:end] * gain
    fade = min(FADE_MS * rate // 1000, len(sound))
    sound[:fade] *= np.linspace(0, 1, fade)
    sound[len(sound) - fade :] *= np.linspace(1, 0, fade)
    whole = np.rint(sound * 32768).clip(-32768, 32767).astype("<i2").tobytes()
    return audio.encode(whole, rate, form)


def _samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm[: len(pcm) & ~1], "<i2") / 32768


def _heard(samples: Samples, rate: int) -> tuple[int, int]:
    """Return where what is heard begins and ends; (0, 0) if nothing is."""
    size = FRAME_MS * rate // 1000
    frames = -(-len(samples) // size)
    padded = np.pad(samples, (0, frames * size - len(samples)))
    loud = np.sqrt((padded.reshape(frames, size) ** 2).mean(axis=1))
    limit = max(float(loud.max(initial=0)) * 10 ** (QUIET_DB / 20), 1e-3)
    found = np.flatnonzero(loud >= limit)
    if not len(found):
        return 0, 0
    return int(found[0]) * size, min((int(found[-1]) + 1) * size, len(samples))
