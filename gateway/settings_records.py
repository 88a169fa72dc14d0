"""The settings of what is kept of calls."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.sections import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsSettings:
    """What is kept of calls (docs/privacy.md)."""

    text: str = setting("redacted", choices=("redacted", "none"))
    """What callers and agents say, as it is kept in turns: with personal data masked, or not at
    all. With "none" there are no misses to list, to group or to learn from."""
