"""Sound turned from the format a vendor sends into the one the caller takes, as it comes."""

from __future__ import annotations

from collections.abc import Sequence

from gateway import audio
from gateway.ports.sound import AudioFormat, Encoding


def nearest(wanted: AudioFormat, offered: Sequence[AudioFormat]) -> AudioFormat:
    """The format to ask a vendor for: the caller's own if it is offered, else the PCM that loses
    least: the lowest rate that is not below the wanted one, else the highest."""
    if wanted in offered:
        return wanted
    pcm = sorted(
        (one for one in offered if one.encoding is Encoding.PCM), key=lambda one: one.sample_rate
    )
    enough = [one for one in pcm if one.sample_rate >= wanted.sample_rate]
    return enough[0] if enough else pcm[-1]


class Converter:
    """One reply's sound."""

    def __init__(self, native: AudioFormat, wanted: AudioFormat) -> None:
        """``native`` is ``wanted``, or PCM."""
        self._wanted = wanted
        is_same = native == wanted and native.encoding is Encoding.MULAW
        self._encoder = None if is_same else audio.WireEncoder(native.sample_rate, wanted)
        self._per_ms = native.bytes_per_ms
        self._taken = 0

    @property
    def ms(self) -> float:
        """Sound taken so far."""
        return self._taken / self._per_ms

    def feed(self, data: bytes) -> bytes:
        """The vendor's bytes, cut anywhere, in the caller's format."""
        self._taken += len(data)
        return data if self._encoder is None else self._encoder.feed(data)

    def flush(self) -> bytes:
        """The end of the sound."""
        return b"" if self._encoder is None else self._encoder.flush()


def sound_ms(payload: bytes, audio_format: AudioFormat) -> float:
    """The playing time of a piece in ms."""
    if audio_format.encoding is Encoding.OPUS:
        return audio.duration_ms(payload, audio_format)
    return len(payload) / audio_format.bytes_per_ms
