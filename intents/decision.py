"""The answer of understanding: a decision and its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of decision about what was said."""

    ANSWER = "answer"
    """Speak the entry's cached answer."""
    CLARIFY = "clarify"
    """Ask which of two entries is meant, or whether one is."""
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


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection of a guard to an answer."""

    reason: str
    """One line for a person; never empty."""
    told: bool = False
    """True if the objection may as well come from what a caller tells along the way as from asking
    for another thing: "we are off to rome on friday and my card will not work"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Veto:
    """Why a likely answer must not be spoken."""

    guard: str
    """polarity | numbers | wording | personal | direction | counter_example | expired..."""
    entry: str
    reason: str
    """One line for a person."""
    told: bool = False
    """True as in the guard's ``Objection``: it is set aside where the texts, read together, are
    alike enough."""


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
    """0 to 1; the calibrated chance that the answer, or the first entry asked about, is right."""
    verbatim: bool = False
    """The whole text is a question of the catalogue, a command, or a reply to what was asked back:
    it is neither misheard nor unfinished."""
    score: float = 0.0
    """The score that is compared with the threshold: the best entry's score, 0 to 1; 1 for a
    question asked word for word, 0 if nothing was compared."""
    reading: float | None = None
    """Likeness of the text and the best entry's nearest questions, read together: log-odds, -6 to
    6, which count in the score. None where that could not change the decision."""
    clarify: tuple[str, ...] | None = None
    """For CLARIFY: the one or two entry ids asked about, likelier first."""
    candidates: tuple[Candidate, ...] = ()
    """Nearest entries, best first, at most five."""
    vetoes: tuple[Veto, ...] = ()
    reason: str = ""
    """One line for a person: why this and not another."""
    confirmed: bool | None = None
    """The caller's reply to a clarifying question: True: yes to an entry, False: to none of those
    offered; None if the text is no reply to one."""
    upset: bool = False
    """The caller has lost patience: no more questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The context of a text, as far as it bears on the meaning."""

    asked: tuple[str, ...] | None = None
    """The one or two entries of the clarifying question just asked; the text may answer it."""
    excluded: frozenset[str] = field(default_factory=frozenset)
    """Entries that must not be spoken now (outside their dates): a match on one is a veto."""
    before: tuple[str, ...] = ()
    """The caller's words in the last turns, canonical; a caller who says the same again is not
    asked back."""
    may_clarify: bool = True
    """False when the call has had its clarifying questions already."""


NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """A person's verdict on something a caller had said: a call as it was, to calibrate on."""

    text: str
    """The words that were heard, personal data removed."""
    entry: str
    """Entry id; empty: no entry at all."""
    right: bool
    """True if that entry is the right answer to the text."""
