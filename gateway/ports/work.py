"""Work that is done once, however many processes could do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A piece of work as it stands."""

    owner: str
    """The process that is at it, or was last."""
    left: float
    """Seconds for which it is the owner's still; 0: anybody may take it."""
    told: str
    """The owner's last word on how it stands."""


class WorkStore(Protocol):
    """Claims on work, by its name. A claim ends by itself, so that whoever is killed keeps nobody
    from beginning again; what was told last stays."""

    def claim(self, work: str, owner: str, seconds: float, told: str) -> bool:
        """Take the work for so many seconds, or keep what is one's own, and tell how it stands;
        False, and nothing is changed, while it is another's. 0 seconds: told, and given back."""

    def work(self, work: str) -> Work | None:
        """The work as it stands; None if nobody ever took it."""
