"""What a caller says in a call of these tests: speech, and what the recogniser makes of it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.audio import pcm_to_mulaw, resample
from tests.support.speech import say, silence

RATE = 16_000


@dataclass
class Talk:
    """Words, silences and keys in the order in which they come."""

    pieces: list[bytes | str] = field(default_factory=list)
    """Sound, PCM16 at ``RATE``, and keys."""
    words: list[tuple[str, float]] = field(default_factory=list)
    """Words and the millisecond at which each is over, for the recogniser of ``bench.server``."""
    starts: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @classmethod
    def of(cls, *steps: str | float) -> Talk:
        """``"key 1"`` is a key, other words are said, a number is so many seconds of silence."""
        talk = cls()
        for step in steps:
            if isinstance(step, float):
                talk._add(silence(step * 1000, RATE))
            elif step.startswith("key "):
                talk.pieces.append(step.removeprefix("key "))
            else:
                clip, at = say(step, RATE), talk.seconds
                for word, start, _ in clip.words:
                    talk.starts.setdefault(word, at + start / 1000)
                talk.words += [(word, at * 1000 + end) for word, _, end in clip.words]
                talk._add(clip.pcm)
        return talk

    def _add(self, pcm: bytes) -> None:
        self.pieces.append(pcm)
        self.seconds += len(pcm) / 2 / RATE

    def begins(self, word: str) -> float:
        """The second at which it is first said."""
        return self.starts[word]

    def pressed(self, key: str) -> float:
        """The second at which that key is pressed."""
        at = 0.0
        for piece in self.pieces:
            if piece == key:
                return at
            at += len(piece) / 2 / RATE if isinstance(piece, bytes) else 0.0
        raise AssertionError(f"{key} is not pressed")

    def steps(self, rate: int, key: dict[str, Any], path: Sequence[str]) -> list[dict[str, Any]]:
        """For a script of this folder; a key is that message with the digit under ``path``."""
        steps: list[dict[str, Any]] = []
        for piece in self.pieces:
            if isinstance(piece, bytes):
                pcm = resample(piece, RATE, rate)
                steps.append({"pcm": base64.b64encode(pcm).decode()})
            else:
                steps.append({"message": _filled(key, path, piece)})
        return steps

    def mulaw(self) -> list[bytes | str]:
        """The same at 8000 Hz, for the emulator of a carrier."""
        return [
            pcm_to_mulaw(resample(piece, RATE, 8000)) if isinstance(piece, bytes) else piece
            for piece in self.pieces
        ]


def _filled(message: dict[str, Any], path: Sequence[str], digit: str) -> dict[str, Any]:
    first, rest = path[0], path[1:]
    return {**message, first: _filled(message[first], rest, digit) if rest else digit}
