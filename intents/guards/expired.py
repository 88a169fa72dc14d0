"""The entry is outside its dates."""

from __future__ import annotations

from collections.abc import Set

from intents.decision import Objection
from intents.guards.entry.guard import Contender, Guard, Scope


def outside(entry: str, excluded: Set[str]) -> Objection | None:
    """The objection that the entry is one of those that must not be spoken now."""
    return Objection(f"{entry} may not be spoken now") if entry in excluded else None


def against(contender: Contender) -> Objection | None:
    """The same of an entry under consideration."""
    return outside(contender.entry, contender.excluded)


GUARD = Guard(
    "expired",
    against,
    Scope.CANDIDATE,
    rank=140,
    mend="change its valid_from or valid_until",
)
