"""The report of a seeding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from cache_seed.cells import RowError
from cache_seed.entries import Conflict


class Outcome(StrEnum):
    """The way in which a seeding ended."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    """The live catalogue says the same already."""
    REFUSED = "refused"
    """There are errors; nothing was published."""
    CHECKED = "checked"
    """A dry run without errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedReport:
    """The work done, or that a dry run would do."""

    tenant: str
    source: str
    outcome: Outcome
    catalogue: int | None
    """Number of the tenant's live catalogue afterwards; None if it has none."""
    rows: int
    """Rows of the table below its header."""
    entries: int
    questions: int
    rendered: int = 0
    """Clips made now (in a dry run: that would be made); a clip counts once, not per format."""
    reused: int = 0
    """Clips that were stored already."""
    rendered_s: float = 0.0
    """Seconds of sound made now."""
    audio_s: float = 0.0
    """Seconds of sound of the whole catalogue."""
    wall_s: float = 0.0
    x_realtime: float = 0.0
    """Seconds of sound made per second of the whole job."""
    errors: tuple[RowError, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    """Same questions (also among the errors) and near ones (to be looked at, never refused)."""
    warnings: tuple[RowError, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    """Figures of the knowledge: thresholds, expected hit rate."""

    @property
    def ok(self) -> bool:
        """Return whether the table is live, or could be."""
        return self.outcome is not Outcome.REFUSED

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON; errors are objects with line, column, reason and mend."""
        return {**asdict(self), "outcome": self.outcome.value, "summary": dict(self.summary)}
