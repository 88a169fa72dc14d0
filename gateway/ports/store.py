"""The store: catalogues, clips, records of turns, modes, people and claims on work. Methods block;
the shell calls them in threads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.ports.people import PeopleStore
from gateway.ports.records import PurgeQuery, TurnQuery, TurnRecord
from gateway.ports.sound import Clip, ClipAudio
from gateway.ports.work import WorkStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One answer with its questions: a line of the operator's CSV."""

    id: str
    intent: str
    questions: tuple[str, ...]
    answer: str
    counter_examples: tuple[str, ...] = ()
    """Questions that must not get this answer."""
    locale: str = "en-US"
    voice: str = ""
    """Voice name; empty means the tenant's default."""
    tags: tuple[str, ...] = ()
    valid_from: str = ""
    """ISO date, first day on which the answer may be spoken; empty: always."""
    valid_until: str = ""
    """ISO date (YYYY-MM-DD), last day on which the answer may be spoken; empty: for ever."""
    action: str = ""
    """Empty for a cached answer, else where the intent goes (``transfer``, ``agent:fast``...)."""
    fallback: str = ""
    """The line that is said where a live value of the answer (``{order.status}``) cannot be; empty
    for an answer without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A catalogue before it has a number."""

    tenant: str
    entries: tuple[Entry, ...]
    clips: Mapping[str, Clip]
    """Keys: ``entry:<id>`` (the answer; of one with live values ``part0:<id>``, ``part1:<id>``...
    and ``fallback:<id>``), ``label:<id>`` (what a clarifying question calls it),
    ``line:<name>`` (system lines: greeting, handoff, clarify, clarify_or, ...)."""
    knowledge: bytes
    """``intents.learning.knowledge.Knowledge`` in its own serialisation."""
    summary: Mapping[str, Any] = field(default_factory=dict)
    """Figures of the build for people: entries, questions, thresholds, what was kept."""
    source: str = ""
    """The origin: a file name, ``admin``, ``rollback of 3``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """An immutable, numbered snapshot of a tenant's entries, clips and knowledge."""

    tenant: str
    number: int
    created: str
    """UTC, ISO 8601."""
    entries: tuple[Entry, ...]
    clips: Mapping[str, Clip]
    knowledge: bytes
    summary: Mapping[str, Any]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueInfo:
    """A catalogue in a list: all but its weight."""

    tenant: str
    number: int
    created: str
    source: str
    entries: int
    live: bool
    summary: Mapping[str, Any]


class CatalogueStore(Protocol):
    """Numbered catalogues. ``publish`` and ``activate`` are atomic: a reader sees the old or
    the new, and a process killed half-way leaves the old."""

    def tenants(self) -> list[str]:
        """Tenants with a live catalogue."""

    def live_number(self, tenant: str) -> int | None:
        """Number of the live catalogue; None if the tenant has none. Cheap: polled."""

    def load(self, tenant: str, number: int | None = None) -> Catalogue:
        """The live catalogue, or that number. Raises ``gateway.errors.NotFound``."""

    def publish(self, draft: Draft, over: int | None = None) -> int:
        """Give the draft the next number and make it live. Every clip it names must be stored.
        ``over``: the number that must be live until then, 0 for none; else raises ``Overtaken``."""

    def history(self, tenant: str) -> list[CatalogueInfo]:
        """All catalogues of the tenant, newest first."""

    def activate(self, tenant: str, number: int, over: int | None = None) -> None:
        """Make an earlier one live again; ``over`` as in ``publish``. Raises ``NotFound``."""


class ClipStore(Protocol):
    """Clips by content name. A clip once put never changes."""

    def has(self, names: Sequence[str]) -> set[str]:
        """The names that are stored whole."""

    def get(self, name: str) -> ClipAudio | None:
        """The clip; None if absent **or damaged** (its checksum is verified): never noise."""

    def put(self, name: str, audio: ClipAudio) -> None:
        """Store durably; putting the same name twice is harmless."""


class CollectsClips(Protocol):
    """A store that lets go of clips which nobody needs any more."""

    def collect(self, older_than: float | None = None) -> int:
        """Delete clips that no catalogue names, whether it is live or may be made so again, and
        that nobody has asked for or put for that many seconds (the store's own number if None);
        how many went, or will. A seed that is running loses nothing."""


class RecordStore(Protocol):
    """The records of turns. Writes come in batches from one background task."""

    def write(self, turns: Sequence[TurnRecord], known: Collection[str] = ()) -> None:
        """Append turns; of one id the later is kept, with the reply of the earlier if it has none.
        ``known``: ids that were written before. One that is gone was purged, and stays away."""

    def turns(self, query: TurnQuery) -> list[TurnRecord]:
        """Newest first."""

    def stats(self, tenant: str, since: float) -> dict[str, Any]:
        """Counts by path, intent and entry: ``{"turns", "paths": {path: n}, "intents":
        {intent: {path: n}}, "entries": {entry: {"hits", "wrong", "right"}}, "flagged":
        {"right", "wrong"}, "decided_early", "shadow": {"turns", "answer", "clarify", "route",
        "miss", "right", "wrong"}}``.

        ``turns`` and ``flagged`` are of all turns. Those of mode ``shadow`` are counted by what
        would have been done, under ``shadow``, and in nothing else.
        """

    def course(self, tenant: str, since: float, piece: float) -> dict[int, dict[str, int]]:
        """Counts of the turns since then, by piece of so many seconds, numbered from 0: ``{piece:
        {path: n, "wrong": n}}``, where ``wrong`` are hits marked so. Pieces without turns are left
        out, as are turns of mode ``shadow``; an empty tenant means all."""

    def flag(self, turn_id: str, verdict: str, meant: str = "") -> None:
        """Mark what was decided ``right`` or ``wrong``, and name the entry that was meant.
        Marking again replaces the mark. Raises ``NotFound``, ``UsageError``."""

    def purge(self, tenant: str, before: float) -> int:
        """Delete the tenant's turns older than that; how many."""

    def remove(self, query: PurgeQuery) -> int:
        """Delete the turns that are all of what the query says; how many. Raises ``UsageError`` for
        a query that says nothing."""

    def timelines(
        self, tenant: str, since: float, limit: int
    ) -> list[tuple[str, dict[str, float]]]:
        """(path, timeline) of the newest turns since then, at most so many; of all tenants if
        empty. Turns of mode ``shadow`` are left out."""


class ModeStore(Protocol):
    """Per-tenant mode: ``live``, ``shadow`` or ``off``."""

    def mode(self, tenant: str) -> str:
        """The tenant's mode; ``live`` if never set."""

    def set_mode(self, tenant: str, mode: str) -> None:
        """Set it durably."""


class Store(
    CatalogueStore,
    ClipStore,
    CollectsClips,
    RecordStore,
    ModeStore,
    PeopleStore,
    WorkStore,
    Protocol,
):
    """All of it, in one place."""

    def close(self) -> None:
        """Release files; the store is not used afterwards."""
