"""Verdicts on past turns, in the form in which calibration takes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from gateway.ports.records import TurnQuery, TurnRecord
from gateway.ports.store import RecordStore
from gateway.privacy.redactor import wording
from intents.decision import Flagged

MOST = 5000
"""Flagged turns that count: the newest."""


def flagged(records: RecordStore, tenant: str) -> list[Flagged]:
    """The tenant's flags, newest turn first: what was spoken (or in mode ``shadow`` would have
    been) with the verdict on it, and what was meant instead. A turn that was rightly passed on
    comes with no entry. Entries may be gone by now."""
    turns = records.turns(TurnQuery(tenant=tenant, flagged=True, limit=MOST))
    return [flag for turn in turns for flag in _of(turn)]


def digest(flags: Iterable[Flagged]) -> str:
    """The same for the same flags, in any order."""
    lines = sorted(f"{flag.text}\0{flag.entry}\0{flag.right}" for flag in flags)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _of(turn: TurnRecord) -> Iterator[Flagged]:
    text = wording(turn.text)
    if not text:  # nothing of it was kept
        return
    if turn.answered:
        yield Flagged(text=text, entry=turn.answered, right=turn.flag == "right")
    elif turn.flag == "right" and turn.evidence.get("kind") == "miss":
        yield Flagged(text=text, entry="", right=True)
    if turn.meant:
        yield Flagged(text=text, entry=turn.meant, right=True)
