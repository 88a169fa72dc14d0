"""Speech of our own making, with word timings: espeak-ng in a process of its own.

The library is one global state per process and the product may use it in this one, so a child
speaks for the tests (about 0.1 s, cached).

    clip = say("what's the {300} weather like")      # 300 ms of silence inside
    clip.pcm, clip.words                              # PCM16; (("what's", 11, 180), ...)
"""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

_AUDIBLE = 250  # of 32,768: espeak-ng's own silence is exact zero, its quiet fricatives are above


@dataclass(frozen=True, slots=True)
class SpokenClip:
    """Sound and when each word is heard in it."""

    pcm: bytes
    """PCM16, mono, at ``rate``."""
    words: tuple[tuple[str, int, int], ...]
    """(word, start_ms, end_ms); the last end is the end of audible speech."""
    rate: int

    @property
    def duration_ms(self) -> float:
        return len(self.pcm) / 2 / self.rate * 1000

    @property
    def start_ms(self) -> int:
        """First audible speech."""
        return self.words[0][1]

    @property
    def end_ms(self) -> int:
        """Last audible speech."""
        return self.words[-1][2]

    def between(self, before_ms: float, after_ms: float) -> SpokenClip:
        """The clip with silence around it."""
        shift = round(before_ms)
        return SpokenClip(
            silence(before_ms, self.rate) + self.pcm + silence(after_ms, self.rate),
            tuple((word, start + shift, end + shift) for word, start, end in self.words),
            self.rate,
        )


def silence(ms: float, rate: int = 16_000) -> bytes:
    return bytes(round(ms * rate / 1000) * 2)


@lru_cache(maxsize=512)
def say(text: str, rate: int = 16_000, voice: str = "en-us", speed: int = 160) -> SpokenClip:
    """The text spoken at ``speed`` words a minute; ``{300}`` inside is 300 ms of silence."""
    job = json.dumps({"pieces": _pieces(text), "voice": voice, "speed": speed})
    child = [sys.executable, __file__]
    done = subprocess.run(child, input=job.encode(), capture_output=True, check=True)
    head, _, sound = done.stdout.partition(b"\n")
    answer = json.loads(head)
    from gateway.audio import resample

    pcm = resample(sound, answer["rate"], rate)
    return SpokenClip(pcm, tuple((word, a, b) for word, a, b in answer["words"]), rate)


def _pieces(text: str) -> list[tuple[str, int]]:
    """(words, silence after them in ms)."""
    parts = re.split(r"\{(\d+)\}", text)
    pauses = [int(ms) for ms in parts[1::2]] + [0]
    return [(words.strip(), ms) for words, ms in zip(parts[::2], pauses, strict=True)]


# --- the child ----------------------------------------------------------------------------------


class _Event(ctypes.Structure):
    """``espeak_EVENT`` of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_WORD = 1


class _Espeak:
    def __init__(self, voice: str, speed: int) -> None:
        import espeakng_loader

        self.library = lib = ctypes.CDLL(espeakng_loader.get_library_path())
        self.rate: int = lib.espeak_Initialize(2, 20, espeakng_loader.get_data_path().encode(), 0)
        if lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SystemExit(f"no voice {voice}")
        lib.espeak_SetParameter(1, speed, 0)
        lib.espeak_Synth.argtypes = [
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        ]
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
        )
        self.callback = kind(self._on_audio)  # kept alive as long as the library may call it
        lib.espeak_SetSynthCallback(self.callback)

    def _on_audio(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self.sound += ctypes.string_at(samples, count * 2)
        index = 0
        while events and events[index].type != 0:
            event = events[index]
            if event.type == _WORD:
                self.marks.append((event.text_position - 1, event.length, event.audio_position))
            index += 1
        return 0

    def speak(self, text: str) -> tuple[np.ndarray[Any, Any], list[tuple[str, int, int]]]:
        """Trimmed samples of one piece and its words."""
        self.sound = b""
        self.marks: list[tuple[int, int, int]] = []
        # breath is noise: the same text is the same sound
        self.library.espeak_ng_SetRandSeed(1)
        ctypes.CDLL(None).srand(1)
        data = text.encode()
        self.library.espeak_Synth(data, len(data) + 1, 0, 1, 0, 1, None, None)
        samples = np.frombuffer(self.sound, "<i2")
        audible = np.flatnonzero(np.abs(samples.astype(int)) > _AUDIBLE)
        samples = samples[: audible[-1] + 1]
        return samples, self._timed(text, audible, len(samples))

    def _timed(self, text: str, audible: Any, length: int) -> list[tuple[str, int, int]]:
        """Every written word with its audible span. The library marks parts of words ("don" of
        "don't") and runs words together ("of the"): parts are joined, runs share their span."""
        written = [(m.start(), m.end(), m.group()) for m in re.finditer(r"[^\s,.?!;:]+", text)]
        starts: dict[int, int] = {}  # index of the word -> sample
        for place, _, at in self.marks:
            index = max(i for i, (start, _, _) in enumerate(written) if start <= max(place, 0))
            starts.setdefault(index, round(at * self.rate / 1000))
        words: list[tuple[str, int, int]] = []
        firsts = sorted(starts)
        for first, after in zip(firsts, [*firsts[1:], len(written)], strict=True):
            until = starts.get(after, length)
            inside = audible[(audible >= starts[first]) & (audible < until)]
            edges = np.linspace(inside[0], inside[-1], after - first + 1) * 1000 / self.rate
            for index in range(first, after):
                start, end = edges[index - first], edges[index - first + 1]
                words.append((written[index][2], round(float(start)), round(float(end))))
        return words


def _child() -> None:
    job = json.load(sys.stdin)
    espeak = _Espeak(job["voice"], job["speed"])
    sound = np.zeros(0, "<i2")
    words = []
    for text, pause_ms in job["pieces"]:
        shift = round(len(sound) * 1000 / espeak.rate)
        samples, spoken = espeak.speak(text) if text else (np.zeros(0, "<i2"), [])
        words += [(word, start + shift, end + shift) for word, start, end in spoken]
        sound = np.concatenate([sound, samples, np.zeros(espeak.rate * pause_ms // 1000, "<i2")])
    sys.stdout.buffer.write(json.dumps({"rate": espeak.rate, "words": words}).encode() + b"\n")
    sys.stdout.buffer.write(sound.tobytes())


if __name__ == "__main__":
    _child()
