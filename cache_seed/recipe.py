"""The recipe of a catalogue: everything that it is made with but its entries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from cache_seed.render import Voicing
from intents.learning.calibration import NEAR_SHARE, Aim


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The settings of a tenant's catalogue. The same recipe and the same entries make the same
    catalogue."""

    tenant: str
    voicing: Voicing
    """The voice that renders clips."""
    lines: Mapping[str, str]
    """The text of each system line by its name; an empty text is not spoken."""
    max_wrong_rate: float
    """The share of spoken cached answers that may be wrong, 0 to 1."""
    near_share: float = NEAR_SHARE
    """The share of what callers ask that resembles an entry and is none, 0 to 1."""
    adapt: bool = False
    """True to train the encoder on the questions, if that pays."""
    behind: bool = False
    """True to publish it untrained, to be trained afterwards (``cache_seed.training``)."""
    values: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The fields of each tool that answers may say (``{order.status}``)."""
    locale: str = "en-US"
    """The locale of the system lines, and of entries that name none."""

    @property
    def aim(self) -> Aim:
        """The aim of calibration."""
        return Aim(self.max_wrong_rate, self.near_share)
