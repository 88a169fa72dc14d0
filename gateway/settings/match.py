"""The section ``[match]``: when a cached answer is spoken."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.settings.schema.reading import MS, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSettings:
    """Settings of matching: when a cached answer is spoken."""

    max_wrong_rate: float = setting(0.01, unit="parts of one", low=0, high=0.5)
    """Share of spoken cached answers that may be wrong; seeding calibrates thresholds to it."""
    near_share: float | str = setting("auto", low=0, high=0.5)
    """Share of what callers ask that resembles an entry and is none of them; the more of it, the
    more careful the thresholds. Estimated from the newest turns, or pinned by a number."""
    train: str = setting("behind", choices=("behind", "first", "never"))
    """The time at which the encoder is trained on the catalogue's questions, if that pays: behind
    the calls (it is published untrained at once, and again when it is trained), first, before it
    is published, or never. Two minutes for 150 entries of 10 questions, on two cores. Needs torch;
    an edit of a few questions does without."""
    # A match takes 2 to 10 ms; at 150 ms something is wrong, and the caller begins to notice.
    budget_ms: int = setting(150, unit=MS, low=5, high=2000)
    """A match that takes longer is given up and the turn passed on."""
    clarify: bool = setting(True)
    """Ask "do you mean ... or ...?" when two entries are close; otherwise pass the turn on."""
    max_clarify_per_call: int = setting(2, low=0, high=20)
    """Callers lose patience with being asked back; afterwards doubtful turns are passed on."""
