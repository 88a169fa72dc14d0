"""Happenings that other systems of the operator's are told of."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

CALL_ENDED = "call.ended"
HANDED_OFF = "call.handed_off"
FLAGGED_WRONG = "entry.flagged_wrong"
PUBLISHED = "catalogue.published"
BURNING = "error_budget.burning"

KINDS = (CALL_ENDED, HANDED_OFF, FLAGGED_WRONG, PUBLISHED, BURNING)
"""All kinds that anybody may be told of."""

ANSWERED = "bot.answered"
"""An answer given in a bot's place, which its owner alone is told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened. What callers said is in it as it is in the records: redacted, or not
    at all."""

    kind: str
    tenant: str
    at: float
    """Unix seconds."""
    data: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: f"msg_{secrets.token_hex(12)}")


class Hooks(Protocol):
    """Tells of happenings."""

    def tell(self, happening: Happening) -> None:
        """Take it over at once: it is told later, by others. Never blocks, never raises."""


class NoHooks:
    """Hooks where nobody is to be told."""

    def tell(self, happening: Happening) -> None:
        """See ``Hooks``."""
