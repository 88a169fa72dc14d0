"""Work that is done once, however many processes could do it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol


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


TRAINING = "training"
"""The key of a catalogue's summary under which its training has a name, if that is to come."""

MOST_BEGUN = 3
"""Times that a training may be begun and end without a word, or fail, before it is given up."""


def training_of(tenant: str, summary: Mapping[str, Any]) -> str:
    """The work that a catalogue waits for: its encoder, to be trained on it; empty if it does
    not. Catalogues that differ by small edits wait for the same."""
    name = summary.get(TRAINING)
    return f"train/{tenant}/{name}" if name else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """The course of a training, as it is told with the claim."""

    catalogue: int
    """The number that it began with."""
    state: str = "waiting"
    """``waiting``; ``running``; ``published``; ``did not pay``; ``overtaken``: another catalogue is
    live, and nothing came of it; ``failed``, to be tried again; ``given up``."""
    done: int = 0
    of: int = 0
    """Steps."""
    begun: int = 0
    """Times it was begun and did not come to an end."""
    live: int = 0
    """The number it was published as."""
    before: float = 0.0
    after: float = 0.0
    """The shares of unseen questions that were answered rightly on trial, untrained and trained."""
    why: str = ""

    @property
    def over(self) -> bool:
        """True if nobody need begin again."""
        return self.state in ("published", "did not pay", "given up")

    def as_json(self) -> str:
        """The course as it is told."""
        return json.dumps(asdict(self))

    @staticmethod
    def of_work(work: Work | None, catalogue: int) -> Training:
        """The course that was told last; one that waits, of that catalogue, if there is none. One
        that says it runs, and is nobody's, does not."""
        try:
            course = Training(**json.loads(work.told)) if work is not None else None
        except (ValueError, TypeError):  # of another version: begun again
            course = None
        if work is None or course is None:
            return Training(catalogue=catalogue)
        if course.state == "running" and not work.left:
            ended = "failed" if course.begun < MOST_BEGUN else "given up"
            why = "whoever trained it was ended in the middle"
            return replace(course, state=ended, why=why, done=0, of=0)
        return course
