"""Real speech for the local synthesizers, made by espeak-ng, in the formats vendors send."""

from __future__ import annotations

import asyncio
import io
import math
import re
import struct
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

import av
import numpy as np

from gateway import audio
from gateway.adapters.tts.espeak import EspeakSynthesizer
from tests.providers.server import Piece
from tests.providers.wire import Pause

PIECE_MS = 100
"""Sound in one piece of an answer."""
_MP3_BITS = 48_000


async def speak(text: str, rate: int, form: str = "pcm") -> bytes:
    """The text in a format of ``encode``."""
    return await asyncio.to_thread(spoken, text, rate, form)


@lru_cache(maxsize=256)
def spoken(text: str, rate: int, form: str) -> bytes:
    """The same. Blocks."""
    return encode(_spoken(text, rate), rate, form)


@lru_cache(maxsize=256)
def _spoken(text: str, rate: int) -> bytes:
    parts = list(_synthesizer().stream(text, "", "en-US"))
    if not parts:
        return b""
    return audio.resample(b"".join(part.samples for part in parts), parts[0].sample_rate, rate)


@lru_cache(maxsize=1)
def _synthesizer() -> EspeakSynthesizer:
    return EspeakSynthesizer()


def encode(pcm: bytes, rate: int, form: str) -> bytes:
    """PCM16 as ``pcm``, ``mulaw``, ``alaw``, ``wav``, or compressed: ``mp3``, ``opus``, ``aac``,
    ``flac``."""
    match form:
        case "pcm":
            return pcm
        case "mulaw":
            return audio.pcm_to_mulaw(pcm)
        case "alaw":
            return _compressed(pcm, rate, "alaw", "pcm_alaw")
        case "wav":
            return _wav_head(rate) + pcm
        case "mp3":
            return _compressed(pcm, rate, "mp3", "mp3")
        case "opus":
            return _compressed(audio.resample(pcm, rate, 48_000), 48_000, "ogg", "libopus")
        case "aac":
            return _compressed(pcm, rate, "adts", "aac")
        case "flac":
            return _compressed(pcm, rate, "flac", "flac")
    raise ValueError(form)


def pieces(data: bytes, form: str, rate: int) -> Iterator[Piece]:
    """The sound in pieces of 100 ms, for a streamed answer."""
    for number, part in enumerate(cut(data, form, rate)):
        pause: Pause = "between" if number else "first"
        yield Piece(part, pause)


def cut(data: bytes, form: str, rate: int) -> Iterator[bytes]:
    size = math.ceil(bytes_per_second(form, rate) * PIECE_MS / 1000)
    for at in range(0, len(data), size):
        yield data[at : at + size]


def bytes_per_second(form: str, rate: int) -> float:
    """About, for what is compressed."""
    return {"pcm": rate * 2, "wav": rate * 2, "mulaw": rate, "alaw": rate}.get(form, _MP3_BITS / 8)


def _wav_head(rate: int) -> bytes:
    """A header of unknown length, as streams have it."""
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    endless = struct.pack("<I", 0xFFFFFFFF)
    return b"RIFF" + endless + b"WAVEfmt \x10\0\0\0" + form + b"data" + endless


def _compressed(pcm: bytes, rate: int, container: str, codec: str) -> bytes:
    out = io.BytesIO()
    plain = {"write_xing": "0", "id3v2_version": "0"} if container == "mp3" else {}
    with av.open(out, "w", format=container, options=plain) as file:
        stream: Any = file.add_stream(codec, rate=rate)
        stream.layout = "mono"
        if codec == "mp3":
            stream.bit_rate = _MP3_BITS
        samples = np.frombuffer(pcm, "<i2").reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(
            format=stream.format.name, layout="mono", rate=rate, frame_size=stream.frame_size or 0
        )
        for given in (frame, None):
            for part in resampler.resample(given):
                file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return out.getvalue()


def alignment(text: str, seconds: float) -> list[tuple[str, int, int]]:
    """When each character is heard: (character, start ms, duration ms), evenly spread."""
    if not text:
        return []
    edges = [round(seconds * 1000 * n / len(text)) for n in range(len(text) + 1)]
    return [(c, a, b - a) for c, (a, b) in zip(text, pairwise(edges), strict=True)]


def sentences(text: str) -> tuple[str, str]:
    """Whole sentences, and what is left of the text after them."""
    ends = [m.end() for m in re.finditer(r"[.!?]+\s", text)]
    end = ends[-1] if ends else 0
    return text[:end], text[end:]
