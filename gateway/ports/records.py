"""The record of a turn, and queries for it. Everybody takes these from ``ports``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class FirstPiece:
    """The beginning of a model's answer or of a voice's sound, and its delay."""

    by: str
    """``provider/model``, or the provider alone where it has one."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """One finished turn, as the admin pages and ``stats`` read it."""

    id: str
    """``<call id>-<turn>``."""
    call_id: str
    tenant: str
    turn: int
    at: float
    """Unix seconds at the end of the caller's turn."""
    path: str
    """cache | clarify | agent | route | handoff | none."""
    text: str
    """The words that were heard, personal data removed."""
    entry: str = ""
    intent: str = ""
    question: str = ""
    confidence: float = 0.0
    decided_on: str = ""
    """partial | final."""
    catalogue: int = 0
    interrupted: bool = False
    shadow: bool = False
    """True if the decision was only recorded, not spoken (mode ``shadow``)."""
    reply: str = ""
    """The agent's words, personal data removed, at most ``MAX_REPLY`` characters."""
    timeline: Mapping[str, float] = field(default_factory=dict)
    """Contributions in ms that sum to ``ttfa_ms``, and other marks of the turn."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """Candidates, vetoes and reason of the decision; its ``kind``; in mode ``shadow`` under
    ``says`` what would have been said."""
    flag: str = ""
    """right | wrong, as ``RecordStore.flag`` was told; writing the turn does not change it."""
    meant: str = ""
    """The entry it should have been, as ``RecordStore.flag`` was told."""
    caller: str = ""
    """A keyed digest of the caller's number, where one is kept (``records.caller_key``): it finds
    a caller's turns for who has the number and the key, and tells nobody else anything."""

    @property
    def answered(self) -> str:
        """The entry that was spoken, or in mode ``shadow`` would have been; empty if none."""
        hit = self.path == "cache" or (self.shadow and self.evidence.get("kind") == "answer")
        return self.entry if hit else ""


MAX_REPLY = 1000
"""Characters kept of an agent's reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnQuery:
    """Which turns; empty fields do not filter."""

    tenant: str = ""
    call_id: str = ""
    paths: tuple[str, ...] = ()
    """Any of these."""
    entry: str = ""
    shadow: bool | None = None
    """Only turns decided in mode ``shadow``, or only the others."""
    flagged: bool = False
    """Only turns that carry a flag."""
    since: float = 0.0
    until: float = 0.0
    before: str = ""
    """Page on: only turns older than the one with this id."""
    limit: int = 100


MISSED = ("agent", "handoff", "clarify", "none")
"""Paths of turns that the cache did not answer. ``none``: the caller was gone or went on before it
was."""

Kept = Literal["", "answered", "missed", "flagged"]
"""A kind of turn that is kept for a time of its own: ``flagged`` carries a flag; of the others
those on a path of ``MISSED`` are ``missed``, the rest ``answered``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeQuery:
    """Which turns are deleted: those that are all of this. Empty fields do not filter."""

    tenant: str = ""
    before: float = 0.0
    """Unix seconds; 0: of any time."""
    call_id: str = ""
    caller: str = ""
    kind: Kept = ""

    @property
    def everything(self) -> bool:
        """True if nothing filters: never meant."""
        return self == PurgeQuery()
