"""A call's last seconds of sound, by position: what is still to be sent, and what may have to be
sent again.

Positions are samples since the call began. Bounded: what is oldest is forgotten first.
"""

from __future__ import annotations

RATE = 16_000
"""Samples per second, of two bytes."""


class Tape:
    """Sound from ``begin`` to ``end``; never more than ``seconds`` of it (32 KB each)."""

    def __init__(self, seconds: float) -> None:
        self._most = round(seconds * RATE)
        self._sound = bytearray()
        self.begin = 0

    @property
    def end(self) -> int:
        """Position after the newest sample."""
        return self.begin + len(self._sound) // 2

    def append(self, pcm: bytes) -> None:
        """PCM16, whole samples."""
        self._sound += pcm
        self.forget(self.end - self._most)

    def read(self, at: int, samples: int) -> bytes:
        """Read at most that many samples from a position that is kept."""
        first = (at - self.begin) * 2
        return bytes(self._sound[first : first + samples * 2])

    def forget(self, until: int) -> None:
        """Nothing before that position is needed any more."""
        until = min(until, self.end)
        if until > self.begin:
            del self._sound[: (until - self.begin) * 2]
            self.begin = until
