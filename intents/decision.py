"""What understanding answers with: a decision and its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What to do with what was said."""

    ANSWER = "answer"
    """Speak the entry's cached answer."""
    CLARIFY = "clarify"
    """Ask which of two entries is meant."""
    ROUTE = "route"
    """Do what ``Decision.action`` says: an entry's action, or a built-in ``control:*``."""
    MISS = "miss"
    """Not sure, or not ours: pass the turn on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An entry that was considered."""

    id: str
    intent: str
    question: str
    """The seeded question nearest to what was said."""
    similarity: float
    """Cosine of the embeddings, -1 to 1."""
    probability: float
    """The classifier's probability of the entry, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Veto:
    """Why a likely answer must not be spoken."""

    guard: str
    """polarity | numbers | personal | elliptic | direction | counter_example | expired..."""
    entry: str
    reason: str
    """One line for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The decision with its evidence."""

    kind: Kind
    entry: str = ""
    """Entry id for ANSWER, and for ROUTE by an entry's action."""
    action: str = ""
    """For ROUTE: ``transfer``, ``agent:fast``..., or ``control:repeat|stop|person|goodbye``."""
    question: str = ""
    confidence: float = 0.0
    """0 to 1; for ANSWER the calibrated chance that it is right."""
    clarify: tuple[str, str] | None = None
    """For CLARIFY: the two entry ids, likelier first."""
    candidates: tuple[Candidate, ...] = ()
    """Nearest entries, best first, at most five."""
    vetoes: tuple[Veto, ...] = ()
    reason: str = ""
    """One line for a person: why this and not another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What came before, as far as it bears on the meaning."""

    asked: tuple[str, str] | None = None
    """The two entries of the clarifying question just asked; the text may be its answer."""
    last_entry: str = ""
    """Entry whose answer was spoken last."""
    excluded: frozenset[str] = field(default_factory=frozenset)
    """Entries that must not be spoken now (outside their dates): a match on one is a veto."""
    may_clarify: bool = True
    """False when the call has had its clarifying questions already."""


NO_CONTEXT = Context()
