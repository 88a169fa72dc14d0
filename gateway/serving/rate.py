"""The rate at which a peer may send: counted in windows, first slowed down, finally refused."""

from __future__ import annotations

from gateway.serving.limits import Limits

CLOSE = 0.001
"""Seconds by which a timer may be early: a window that is over but for this is over."""


class Rate:
    """The frames, or requests, and bytes of one connection. ``now`` is the time in seconds, on any
    clock; ``most`` is the limit on them in a window, ``limits.frames`` by default."""

    def __init__(self, limits: Limits, now: float, most: int = 0) -> None:
        self._limits = limits
        self._most = most or limits.frames
        self._window = now  # when it began
        self._frames = self._bytes = 0  # in it
        self._calm = now  # when the peer last kept to the rate

    def count(self, frames: int, size: int, now: float) -> float:
        """Count what was read; the seconds to wait before more is, 0 if there is no need."""
        limits = self._limits
        if now - self._window > limits.window - CLOSE:
            if not self._over:
                self._calm = now
            self._window, self._frames, self._bytes = now, 0, 0
        self._frames += frames
        self._bytes += size
        return self._window + limits.window - now if self._over else 0.0

    @property
    def _over(self) -> bool:
        return self._frames > self._most or self._bytes > self._limits.frame_bytes

    def flooding(self, now: float) -> bool:
        """Return whether the flood has lasted longer than ``limits.patience``."""
        return now - self._calm > self._limits.patience
