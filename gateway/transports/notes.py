"""Notes that doors leave for a later request: of a ticket that was used, of where a call goes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

REMEMBERED = 10_000
"""Notes kept, the oldest go; a server takes far fewer calls in the minutes that a note counts."""


class Notes(Protocol):
    """Notes under keys, each written once and taken once. Must not block for long."""

    def put(self, key: str, text: str) -> bool:
        """Leave a note; False if there is one under that key, which stays."""

    def take(self, key: str) -> str | None:
        """Take a note away; None if there is none."""


class OwnNotes:
    """The notes of a process that is alone."""

    def __init__(self) -> None:
        self._notes: OrderedDict[str, str] = OrderedDict()

    def put(self, key: str, text: str) -> bool:
        """See ``Notes``."""
        if key in self._notes:
            return False
        self._notes[key] = text
        if len(self._notes) > REMEMBERED:
            self._notes.popitem(last=False)
        return True

    def take(self, key: str) -> str | None:
        """See ``Notes``."""
        return self._notes.pop(key, None)
