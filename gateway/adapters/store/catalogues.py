"""Numbered catalogues in the database, beside the folder of clips they name."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from gateway.adapters.store import codec
from gateway.adapters.store.clips import ClipFolder
from gateway.adapters.store.codec import storable
from gateway.adapters.store.database import Database
from gateway.errors import NotFound, Overtaken, StoreFailed
from gateway.ports.sound import WIRE_FORMATS, Clip
from gateway.ports.store import Catalogue, CatalogueInfo, Draft

_LOAD = """
    SELECT number, created, source, summary, digest, entries, clips, knowledge FROM catalogue
    WHERE tenant = :tenant
      AND number = coalesce(:number, (SELECT number FROM live WHERE tenant = :tenant))
"""
_HISTORY = """
    SELECT c.number, c.created, c.source, c.entry_count, l.number IS NOT NULL, c.summary
    FROM catalogue AS c LEFT JOIN live AS l ON l.tenant = c.tenant AND l.number = c.number
    WHERE c.tenant = ? ORDER BY c.number DESC
"""
_SET_LIVE = """
    INSERT INTO live VALUES (?, ?) ON CONFLICT (tenant) DO UPDATE SET number = excluded.number
"""


COLLECT_AFTER = 3600.0
"""Seconds a clip that no catalogue names is kept: longer than a seed renders between two looks
at the same clip, so collecting while one runs takes nothing from it."""


class CatalogueTables:
    """``gateway.ports.store.CatalogueStore``. Catalogues are never deleted: any can be made
    live."""

    def __init__(self, database: Database, clips: ClipFolder) -> None:
        self._database = database
        self._clips = clips

    def tenants(self) -> list[str]:
        """Tenants with a live catalogue, in order of name."""
        with self._database.reading() as connection:
            return [row[0] for row in connection.execute("SELECT tenant FROM live ORDER BY 1")]

    def live_number(self, tenant: str) -> int | None:
        """Number of the live catalogue: a look-up by key."""
        with self._database.reading() as connection:
            return _live(connection, storable(tenant))

    def load(self, tenant: str, number: int | None = None) -> Catalogue:
        """The live catalogue or that number, its checksum verified."""
        with self._database.reading() as connection:
            key = {"tenant": storable(tenant), "number": number}
            row = connection.execute(_LOAD, key).fetchone()
        if row is None:
            raise not_found(tenant, number)
        found, created, source, summary, digest, entries, clips, knowledge = row
        if digest_of(entries, clips, knowledge) != digest:
            raise StoreFailed(
                f"catalogue {found} of tenant {tenant!r} is damaged: "
                "make another one live (frontline catalogue rollback) or seed again"
            )
        return Catalogue(
            tenant=tenant,
            number=found,
            created=created,
            entries=codec.entries_from_json(entries),
            clips=codec.clips_from_json(clips),
            knowledge=knowledge,
            summary=json.loads(summary),
            source=source,
        )

    def publish(self, draft: Draft, over: int | None = None) -> int:
        """One transaction: the next number, the catalogue, and the pointer that makes it live."""
        tenant = storable(draft.tenant)
        entries, clips = codec.entries_to_json(draft.entries), codec.clips_to_json(draft.clips)
        summary = codec.to_json(draft.summary)
        digest = digest_of(entries, clips, draft.knowledge)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        source = storable(draft.source)
        following = "SELECT coalesce(max(number), 0) + 1 FROM catalogue WHERE tenant = ?"
        self._clips.settle(self._checked(draft.clips))  # slow: before the lock is taken
        with self._database.writing(durable=True) as connection:
            _still_live(connection, tenant, over)
            self._checked(draft.clips)  # again: inside the transaction ``collect`` is kept out
            number = int(connection.execute(following, (tenant,)).fetchone()[0])
            row = (tenant, number, created, source, len(draft.entries), summary, digest)
            connection.execute(
                "INSERT INTO catalogue VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, entries, clips, draft.knowledge),
            )
            connection.execute(_SET_LIVE, (tenant, number))
        return number

    def history(self, tenant: str) -> list[CatalogueInfo]:
        """All catalogues, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(_HISTORY, (storable(tenant),)).fetchall()
        return [
            CatalogueInfo(
                tenant=tenant,
                number=number,
                created=created,
                source=source,
                entries=entries,
                live=bool(live),
                summary=json.loads(summary),
            )
            for number, created, source, entries, live, summary in rows
        ]

    def activate(self, tenant: str, number: int, over: int | None = None) -> None:
        """Make an earlier one live again."""
        there = "SELECT 1 FROM catalogue WHERE tenant = ? AND number = ?"
        key = (storable(tenant), number)
        with self._database.writing(durable=True) as connection:
            if connection.execute(there, key).fetchone() is None:
                raise not_found(tenant, number)
            _still_live(connection, key[0], over)
            connection.execute(_SET_LIVE, key)

    def collect(self, older_than: float) -> int:
        """Delete clips that no catalogue names; nothing is published meanwhile."""
        with self._database.writing() as connection:

            def named() -> set[str]:
                rows = connection.execute("SELECT clips FROM catalogue")
                clips = {clip for row in rows for clip in codec.clips_from_json(row[0]).values()}
                return {clip.name(audio_format) for clip in clips for audio_format in WIRE_FORMATS}

            return self._clips.collect(named, older_than)

    def _checked(self, clips: Mapping[str, Clip]) -> list[str]:
        """Names of the clips in all formats; ``StoreFailed`` if one is not stored."""
        wanted = files_of(clips)
        check_stored(wanted, self._clips.has(list(wanted)))
        return list(wanted)


def files_of(clips: Mapping[str, Clip]) -> dict[str, str]:
    """Names of the clips in all formats, and what each is."""
    return {
        clip.name(audio_format): f"{key} as {audio_format.name}"
        for key, clip in clips.items()
        for audio_format in WIRE_FORMATS
    }


def check_stored(wanted: Mapping[str, str], there: Collection[str]) -> None:
    """Raise ``StoreFailed`` if a wanted clip is not there."""
    missing = [what for name, what in wanted.items() if name not in there]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise StoreFailed(
            f"nothing was published: the clip {missing[0]}{more} is not stored; seed again"
        )


def _live(connection: sqlite3.Connection, tenant: str) -> int | None:
    row = connection.execute("SELECT number FROM live WHERE tenant = ?", (tenant,)).fetchone()
    return None if row is None else int(row[0])


def _still_live(connection: sqlite3.Connection, tenant: str, over: int | None) -> None:
    """Raises ``Overtaken`` unless that number is live; the caller holds the write transaction."""
    if over is None:
        return
    live = _live(connection, tenant) or 0
    if live != over:
        raise overtaken(tenant, live, over)


def overtaken(tenant: str, live: int, over: int) -> Overtaken:
    """Say that another number is live than what the change was built on."""
    now = f"catalogue {live} of tenant {tenant!r} is live" if live else "none is live"
    return Overtaken(f"nothing was changed: {now}, not {over or 'none'} as before; try again")


def not_found(tenant: str, number: int | None) -> NotFound:
    """Say that the tenant has no such catalogue, or none at all."""
    if number is None:
        return NotFound(f"tenant {tenant!r} has no live catalogue: run frontline seed FILE.csv")
    return NotFound(f"tenant {tenant!r} has no catalogue {number}: see frontline catalogue list")


def digest_of(entries: str, clips: str, knowledge: bytes) -> bytes:
    """The checksum of a catalogue's weight."""
    digest = hashlib.sha256()
    for part in (entries.encode(), clips.encode(), knowledge):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
