"""The embedded store: a SQLite database and a folder of clips, no server needed.

::

    FOLDER/frontline.db       catalogues, turns, modes, tokens (with -wal and -shm while in use)
    FOLDER/clips/ab/<name>    a rendered clip, see ``clips``

Any number of threads and processes may use one folder at once: a seed publishes while servers
read, and what it published is seen by the next ``live_number``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from gateway.adapters.store.catalogues import COLLECT_AFTER, CatalogueTables
from gateway.adapters.store.clips import ClipFolder
from gateway.adapters.store.database import Database, probe
from gateway.adapters.store.people import PeopleTables
from gateway.adapters.store.records import RecordTables
from gateway.adapters.store.work import WorkTable
from gateway.ports.people import Change, Token, TrailQuery
from gateway.ports.records import PurgeQuery, TurnQuery, TurnRecord
from gateway.ports.sound import ClipAudio
from gateway.ports.store import Catalogue, CatalogueInfo, Draft
from gateway.ports.work import Work


class SqliteStore:
    """``gateway.ports.store.Store`` in a folder, which is made if it is not there.

    With ``read_only`` the folder must hold a store; nothing in it is changed and the writing
    methods raise ``StoreFailed``. Raises ``SettingsError`` if the folder cannot be used,
    ``StoreFailed`` if the database is damaged; later failures of the disk are ``StoreFailed``.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self._database = Database(folder, read_only=read_only)
        clips = folder / "clips"
        if not read_only:
            probe(clips)
        self._clips = ClipFolder(clips, read_only=read_only)
        self._catalogues = CatalogueTables(self._database, self._clips)
        self._records = RecordTables(self._database)
        self._people = PeopleTables(self._database)
        self._work = WorkTable(self._database)

    def __repr__(self) -> str:
        return f"<SqliteStore {self.folder}>"

    # --- catalogues ----------------------------------------------------------------------------

    def tenants(self) -> list[str]:
        """See ``CatalogueStore``."""
        return self._catalogues.tenants()

    def live_number(self, tenant: str) -> int | None:
        """See ``CatalogueStore``."""
        return self._catalogues.live_number(tenant)

    def load(self, tenant: str, number: int | None = None) -> Catalogue:
        """See ``CatalogueStore``."""
        return self._catalogues.load(tenant, number)

    def publish(self, draft: Draft, over: int | None = None) -> int:
        """See ``CatalogueStore``; ``StoreFailed`` names a clip that is not stored."""
        return self._catalogues.publish(draft, over)

    def history(self, tenant: str) -> list[CatalogueInfo]:
        """See ``CatalogueStore``."""
        return self._catalogues.history(tenant)

    def activate(self, tenant: str, number: int, over: int | None = None) -> None:
        """See ``CatalogueStore``."""
        self._catalogues.activate(tenant, number, over)

    # --- clips ---------------------------------------------------------------------------------

    def has(self, names: Sequence[str]) -> set[str]:
        """See ``ClipStore``."""
        return self._clips.has(names)

    def get(self, name: str) -> ClipAudio | None:
        """See ``ClipStore``."""
        return self._clips.get(name)

    def put(self, name: str, audio: ClipAudio) -> None:
        """See ``ClipStore``."""
        self._clips.put(name, audio)

    def collect(self, older_than: float | None = None) -> int:
        """See ``CollectsClips``: those that nobody touched for an hour."""
        return self._catalogues.collect(COLLECT_AFTER if older_than is None else older_than)

    # --- records -------------------------------------------------------------------------------

    def write(self, turns: Sequence[TurnRecord], known: Collection[str] = ()) -> None:
        """See ``RecordStore``."""
        self._records.write(turns, known)

    def turns(self, query: TurnQuery) -> list[TurnRecord]:
        """See ``RecordStore``."""
        return self._records.turns(query)

    def stats(self, tenant: str, since: float) -> dict[str, Any]:
        """See ``RecordStore``."""
        return self._records.stats(tenant, since)

    def course(self, tenant: str, since: float, piece: float) -> dict[int, dict[str, int]]:
        """See ``RecordStore``."""
        return self._records.course(tenant, since, piece)

    def flag(self, turn_id: str, verdict: str, meant: str = "") -> None:
        """See ``RecordStore``."""
        self._records.flag(turn_id, verdict, meant)

    def purge(self, tenant: str, before: float) -> int:
        """See ``RecordStore``."""
        return self._records.purge(tenant, before)

    def remove(self, query: PurgeQuery) -> int:
        """See ``RecordStore``."""
        return self._records.remove(query)

    def timelines(
        self, tenant: str, since: float, limit: int
    ) -> list[tuple[str, dict[str, float]]]:
        """See ``RecordStore``."""
        return self._records.timelines(tenant, since, limit)

    # --- modes ---------------------------------------------------------------------------------

    def mode(self, tenant: str) -> str:
        """See ``ModeStore``."""
        return self._records.mode(tenant)

    def set_mode(self, tenant: str, mode: str) -> None:
        """See ``ModeStore``."""
        self._records.set_mode(tenant, mode)

    # --- people --------------------------------------------------------------------------------

    def tokens(self) -> list[Token]:
        """See ``PeopleStore``."""
        return self._people.tokens()

    def token(self, name: str) -> Token | None:
        """See ``PeopleStore``."""
        return self._people.token(name)

    def keep_token(self, token: Token) -> None:
        """See ``PeopleStore``."""
        self._people.keep_token(token)

    def note(self, change: Change) -> None:
        """See ``PeopleStore``."""
        self._people.note(change)

    def trail(self, query: TrailQuery) -> list[Change]:
        """See ``PeopleStore``."""
        return self._people.trail(query)

    # --- work ----------------------------------------------------------------------------------

    def claim(self, work: str, owner: str, seconds: float, told: str) -> bool:
        """See ``WorkStore``."""
        return self._work.claim(work, owner, seconds, told)

    def work(self, work: str) -> Work | None:
        """See ``WorkStore``."""
        return self._work.work(work)

    def close(self) -> None:
        """See ``Store``."""
        self._database.close()
