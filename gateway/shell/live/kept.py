"""The sound of values that were spoken lately: in memory alone, for a while, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

KEPT_FOR = 600.0
"""Seconds that a value's sound is kept."""


class ValueKey(NamedTuple):
    """All that a value's sound follows from."""

    text: str
    voice: str
    locale: str
    form: str
    loudness: float


class SpokenValues:
    """One process's. Used from the event loop. Never on disk: values are about people."""

    def __init__(self, limit_bytes: int, clock: Callable[[], float]) -> None:
        self._limit = limit_bytes
        self._clock = clock
        self._kept: OrderedDict[ValueKey, tuple[bytes, float]] = OrderedDict()
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes of sound that are kept."""
        return self._size

    def find(self, key: ValueKey) -> bytes | None:
        """The sound, if it is kept."""
        self._expire()
        found = self._kept.get(key)
        return found[0] if found is not None else None

    def keep(self, key: ValueKey, sound: bytes) -> None:
        """Keep it; what was made first goes when there is no room."""
        if len(sound) > self._limit or key in self._kept:
            return
        self._kept[key] = sound, self._clock() + KEPT_FOR
        self._size += len(sound)
        while self._size > self._limit:
            self._drop()

    def clear(self) -> None:
        """Forget all of it."""
        self._kept.clear()
        self._size = 0

    def _expire(self) -> None:
        now = self._clock()
        while self._kept and next(iter(self._kept.values()))[1] <= now:
            self._drop()

    def _drop(self) -> None:
        _, (sound, _) = self._kept.popitem(last=False)
        self._size -= len(sound)
