"""The store in Redis with a copy on disk.

Redis is asked first and is where a change is made; the copy answers when Redis does not. Every
look at Redis compares what it holds with the copy. What is newer there is taken over; what Redis
has lost (emptied, or failed over to a server that had not got it yet) is put back from the copy,
which had it on disk before it was acknowledged.
"""

from __future__ import annotations

import json
import logging
import math
import re
import threading
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from gateway.adapters.store import codec
from gateway.adapters.store.catalogues import (
    COLLECT_AFTER,
    check_stored,
    digest_of,
    files_of,
    not_found,
    overtaken,
)
from gateway.adapters.store.codec import storable
from gateway.adapters.store.records import check_mode, check_verdict
from gateway.adapters.store.redis.address import parse
from gateway.adapters.store.redis.collecting import ClipCollector
from gateway.adapters.store.redis.copy import LocalCopy, Stored
from gateway.adapters.store.redis.keeper import Keeper, Lead
from gateway.adapters.store.redis.lineage import Relation, Standing, relation
from gateway.adapters.store.redis.link import Link
from gateway.adapters.store.redis.remote import Damaged, Remote
from gateway.adapters.store.redis.turns import TRAIL, TurnEvents
from gateway.errors import GatewayBug, NotFound, StoreFailed
from gateway.ports.people import Change, Token, TrailQuery
from gateway.ports.records import PurgeQuery, TurnQuery, TurnRecord
from gateway.ports.sound import ClipAudio
from gateway.ports.store import Catalogue, CatalogueInfo, Draft
from gateway.ports.work import Work

MEND_EVERY = 30.0
"""Seconds between two looks at whether Redis still has everything."""
HISTORY_WAIT = 0.2
"""Seconds of a repair that older catalogues may take; ``mend`` puts the others back."""
TRIES = 20
"""Looks at a tenant whose standing changes while it is repaired."""
_NAME = re.compile(r"[0-9a-f]{64}")

T = TypeVar("T")

log = logging.getLogger(__name__)


class RedisStore:
    """``gateway.ports.store.Store`` in Redis, for any number of replicas.

    ``folder`` is this replica's own, shared by its processes: its copy of everything that is live.
    Raises ``SettingsError`` for an address that is none and a folder it cannot use; a Redis that is
    away is no error.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        read_only: bool = False,
        serving: bool = False,
        lost: Callable[[str, int], None] = lambda _, __: None,
    ) -> None:
        """``lost``: told of events that found the journal full."""
        address = parse(url)
        self.copy = LocalCopy(folder)
        self.link = Link(address)
        self.remote = Remote(self.link, address.prefix)
        self.events = TurnEvents(self.copy, self.remote, lost=lost)
        self.repaired = 0
        """Changes that Redis had lost and were put back."""
        self._read_only = read_only
        self._repairing = threading.Lock()
        self._closed = False
        self._away = False
        self._fetched: set[str] = set()
        self._mended = (0.0, -1)
        self._lead = Lead(folder)
        self._collector = ClipCollector(self.remote, self.copy)
        self._keeper = Keeper(self._round) if serving else None

    def __repr__(self) -> str:
        return f"<RedisStore {self.link.address}>"

    # --- catalogues ----------------------------------------------------------------------------

    def tenants(self) -> list[str]:
        """See ``CatalogueStore``; where Redis is away, those on disk."""

        def settle() -> None:
            ours = self.copy.standings()  # before Redis is asked: see _settle
            theirs = self.remote.standings()
            for tenant in ours.keys() | theirs.keys():  # an emptied Redis has forgotten some
                if ours.get(tenant, Standing()) != theirs.get(tenant, Standing()):
                    self._settle(tenant)

        self._asked(settle, _nothing)
        return self.copy.catalogues.tenants()

    def live_number(self, tenant: str) -> int | None:
        """See ``CatalogueStore``; where Redis is away, the one on disk."""
        name = storable(tenant)
        return self._asked(
            lambda: self._settle(name).live or None,
            lambda: self.copy.catalogues.live_number(tenant),
        )

    def load(self, tenant: str, number: int | None = None) -> Catalogue:
        """See ``CatalogueStore``; what is live is read from disk."""
        name = storable(tenant)
        if number is None:
            self.live_number(tenant)
            return self.copy.catalogues.load(tenant)
        if number in self.copy.held(name):
            with suppress(StoreFailed):  # damaged on this disk
                return self.copy.catalogues.load(tenant, number)
        parts = self.remote.parts(name, number)
        if parts is None:
            raise not_found(tenant, number)
        return _catalogue(tenant, parts)

    def publish(self, draft: Draft, over: int | None = None) -> int:
        """See ``CatalogueStore``: one step in Redis, and on this disk before it is returned."""
        self._may_write()
        tenant = storable(draft.tenant)
        wanted = files_of(draft.clips)
        check_stored(wanted, self.upload(list(wanted)))
        self._settle(tenant, patient=True)
        entries, clips = codec.entries_to_json(draft.entries), codec.clips_to_json(draft.clips)
        parts = Stored(
            number=0,
            change=uuid.uuid4().hex,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            source=storable(draft.source),
            count=len(draft.entries),
            summary=codec.to_json(draft.summary),
            digest=digest_of(entries, clips, draft.knowledge),
            entries=entries,
            clips=clips,
            knowledge=draft.knowledge,
        )
        floor = self.copy.highest(tenant)
        number, standing = self.remote.publish(tenant, parts, over, floor)
        if not number:
            raise overtaken(draft.tenant, standing.live, over or 0)
        self._took_over(tenant, standing, replace(parts, number=number))
        with suppress(StoreFailed):  # one may have been condemned while nothing named it
            self.upload(list(wanted))
        return number

    def history(self, tenant: str) -> list[CatalogueInfo]:
        """See ``CatalogueStore``; where Redis is away, those on disk."""
        name = storable(tenant)

        def ask() -> list[CatalogueInfo]:
            live = self._settle(name).live
            found = sorted(self.remote.infos(name).items(), reverse=True)
            return [_info(tenant, number, facts, live == number) for number, facts in found]

        return self._asked(ask, lambda: self.copy.catalogues.history(tenant))

    def activate(self, tenant: str, number: int, over: int | None = None) -> None:
        """See ``CatalogueStore``."""
        self._may_write()
        name = storable(tenant)
        self._settle(name, patient=True)
        self._hold(name, number)
        kind, standing = self.remote.activate(name, number, over, uuid.uuid4().hex)
        if kind == "unknown":
            raise not_found(tenant, number)
        if kind == "overtaken":
            raise overtaken(tenant, standing.live, over or 0)
        self._took_over(name, standing)

    # --- clips ---------------------------------------------------------------------------------

    def has(self, names: Sequence[str]) -> set[str]:
        """See ``ClipStore``: here or in Redis."""
        names = [name for name in dict.fromkeys(names) if _NAME.fullmatch(name)]
        here = self.copy.clips.has(names)
        rest = [name for name in names if name not in here]
        return here | self.remote.has(rest) if rest else here

    def get(self, name: str) -> ClipAudio | None:
        """See ``ClipStore``: from this disk, or else from Redis and kept."""
        if not _NAME.fullmatch(name):
            return None
        audio = self.copy.clips.get(name)
        if audio is None and (audio := self.remote.get(name)) is not None:
            self.copy.clips.put(name, audio)
        return audio

    def put(self, name: str, audio: ClipAudio) -> None:
        """See ``ClipStore``. Where Redis is away the clip is kept here and goes there later."""
        self._may_write()
        if not _NAME.fullmatch(name):
            raise GatewayBug(f"{name!r} is not the name of a clip (64 hexadecimal digits)")
        kept = self._asked(lambda: self.remote.put(name, audio), lambda: audio)
        self.copy.clips.put(name, kept)

    def upload(self, names: Sequence[str]) -> set[str]:
        """Put those clips into Redis that it lacks and this disk has; which it has then."""
        there = self.remote.has(names)
        for name in names:
            if name not in there and (audio := self.copy.clips.get(name)) is not None:
                self.remote.put(name, audio)
                there.add(name)
        return there

    def collect(self, older_than: float | None = None) -> int:
        """See ``CollectsClips``: on this disk as an embedded store does, in Redis after a day, and
        for all replicas once an hour. Raises ``StoreFailed``."""
        self._may_write()
        here = self.copy.catalogues.collect(COLLECT_AFTER if older_than is None else older_than)
        return here + self._collector.collect(older_than)

    # --- records -------------------------------------------------------------------------------

    def write(self, turns: Sequence[TurnRecord], known: Collection[str] = ()) -> None:
        """See ``RecordStore``: here at once, in Redis when it takes them."""
        self._may_write()
        if turns:
            self.events.write(turns, known)
            self._asked(self.events.push, _nothing)

    def turns(self, query: TurnQuery) -> list[TurnRecord]:
        """See ``RecordStore``; where Redis is away, those that have come here."""
        self._exchange(query.tenant)
        return self.copy.records.turns(query)

    def stats(self, tenant: str, since: float) -> dict[str, Any]:
        """See ``RecordStore``; where Redis is away, of those that have come here."""
        self._exchange(tenant)
        return self.copy.records.stats(tenant, since)

    def course(self, tenant: str, since: float, piece: float) -> dict[int, dict[str, int]]:
        """See ``RecordStore``; where Redis is away, of those that have come here."""
        self._exchange(tenant)
        return self.copy.records.course(tenant, since, piece)

    def flag(self, turn_id: str, verdict: str, meant: str = "") -> None:
        """See ``RecordStore``."""
        self._may_write()
        check_verdict(verdict)
        self._exchange("")
        turn = storable(turn_id)
        sql = "SELECT tenant, at FROM turn WHERE id = ?"
        with self.copy.database.reading() as connection:
            row = connection.execute(sql, (turn,)).fetchone()
        if row is None:
            raise NotFound(f"there is no turn {turn_id!r}")
        tenant, at = row
        self.events.flag(tenant, turn, at, verdict, storable(meant))
        self._asked(self.events.push, _nothing)

    def purge(self, tenant: str, before: float) -> int:
        """See ``RecordStore``. Raises ``StoreFailed`` while Redis is away: what it holds would come
        back."""
        self._may_write()
        name = storable(tenant)
        self.events.exchange([name])
        return self.events.purge(name, before)

    def remove(self, query: PurgeQuery) -> int:
        """See ``RecordStore``; as ``purge`` while Redis is away."""
        self._may_write()
        if query.everything:
            return self.copy.records.remove(query)  # which says what is wrong with it
        self.events.exchange([storable(query.tenant)] if query.tenant else None)
        return self.events.remove(query)

    def timelines(
        self, tenant: str, since: float, limit: int
    ) -> list[tuple[str, dict[str, float]]]:
        """See ``RecordStore``; where Redis is away, of those that have come here."""
        self._exchange(tenant)
        return self.copy.records.timelines(tenant, since, limit)

    # --- people --------------------------------------------------------------------------------

    def tokens(self) -> list[Token]:
        """See ``PeopleStore``; where Redis is away, those on disk."""

        def ask() -> None:
            ours = {storable(token.id): token for token in self.copy.people.tokens()}
            theirs = self.remote.tokens()
            for name in ours.keys() | theirs.keys():
                self._agree(ours.get(name), theirs.get(name))

        self._asked(ask, _nothing)
        return self.copy.people.tokens()

    def token(self, name: str) -> Token | None:
        """See ``PeopleStore``; where Redis is away, the one on disk."""
        name = storable(name)
        self._asked(
            lambda: self._agree(self.copy.people.token(name), self.remote.token(name)), _nothing
        )
        return self.copy.people.token(name)

    def keep_token(self, token: Token) -> None:
        """See ``PeopleStore``."""
        self._may_write()
        self.remote.keep_token(token)
        self.copy.people.keep_token(token)

    def note(self, change: Change) -> None:
        """See ``PeopleStore``: here at once, in Redis when it takes it."""
        self._may_write()
        self.events.note(change)
        self._asked(self.events.push, _nothing)

    def trail(self, query: TrailQuery) -> list[Change]:
        """See ``PeopleStore``; where Redis is away, what has come here."""
        self._exchange(TRAIL)
        return self.copy.people.trail(query)

    def _agree(self, ours: Token | None, theirs: Token | None) -> None:
        """Make a token the same here and in Redis. What Redis has lost is put back, and a token
        that was revoked stays so; else Redis has the later one."""
        if ours == theirs:
            return
        if ours is not None and (theirs is None or (ours.revoked and not theirs.revoked)):
            self.remote.keep_token(ours)
        elif theirs is not None:
            self.copy.people.keep_token(theirs)

    # --- modes ---------------------------------------------------------------------------------

    def mode(self, tenant: str) -> str:
        """See ``ModeStore``; where Redis is away, the one on disk."""
        name = storable(tenant)
        return self._asked(
            lambda: self._settle(name).mode,
            lambda: self.copy.records.mode(tenant),
        )

    def set_mode(self, tenant: str, mode: str) -> None:
        """See ``ModeStore``."""
        self._may_write()
        check_mode(mode)
        name = storable(tenant)
        self._settle(name, patient=True)
        self._took_over(name, self.remote.set_mode(name, mode, uuid.uuid4().hex))

    # --- work ----------------------------------------------------------------------------------

    def claim(self, work: str, owner: str, seconds: float, told: str) -> bool:
        """See ``WorkStore``. Raises ``StoreFailed`` while Redis is away: others may be at it."""
        self._may_write()
        return self.remote.claim(storable(work), storable(owner), seconds, storable(told))

    def work(self, work: str) -> Work | None:
        """See ``WorkStore``. Raises ``StoreFailed`` while Redis is away."""
        return self.remote.work(storable(work))

    def close(self) -> None:
        """See ``Store``."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.close()
        self._lead.close()
        self.link.close()
        self.copy.database.close()

    # --- looking after both --------------------------------------------------------------------

    def _round(self) -> None:
        """Tend, unless another process that shares the folder does: two would do the same."""
        if self._lead.held():
            self.tend()

    def tend(self) -> None:
        """One round of what a serving replica does beside answering: take over and put back what
        changed, move turns, fetch the clips of what is live, and now and then mend Redis."""
        self.tenants()
        self._exchange("")
        self.tokens()
        if self.link.resting:
            return
        self.events.confirm()
        self.fetch()
        since, repaired = self._mended
        if repaired != self.repaired or time.monotonic() - since > MEND_EVERY:
            self._mended = (time.monotonic(), self.repaired)
            self.mend()

    def fetch(self) -> None:
        """Have all clips of what is live on this disk."""
        wanted = self.copy.live_clips()
        if wanted == self._fetched:
            return
        missing = wanted - self.copy.clips.has(list(wanted))
        absent = {name for name in missing if self.get(name) is None}
        if not absent:
            self._fetched = wanted

    def mend(self) -> None:
        """Put back what Redis has lost without losing its place: clips and catalogues that were
        evicted, emptied or damaged, and history that another replica did not have."""
        self.upload(sorted(self.copy.live_clips()))
        for tenant in self.copy.standings():
            self._settle(tenant)
            with self._repairing:
                self._mend_live(tenant)
            self._keep_history(tenant)
            self._settle(tenant)

    def _mend_live(self, tenant: str) -> None:
        live = self.copy.standing(tenant).live
        if not live:
            return
        try:
            parts = self.remote.parts(tenant, live)
        except Damaged:
            parts = None
        if parts is None:
            self.remote.mend(tenant, self.copy.parts(tenant, live))
            log.error("catalogue %d of %s was damaged in Redis: written again", live, tenant)

    # --- Redis and the copy --------------------------------------------------------------------

    def _may_write(self) -> None:
        if self._read_only:
            raise StoreFailed(
                f"the store in Redis at {self.link.address} was opened for reading only"
            )

    def _asked(self, redis: Callable[[], T], copy: Callable[[], T]) -> T:
        """Return what Redis answers; where it is away, what the copy does."""
        try:
            answer = redis()
        except StoreFailed as error:
            if self._closed:
                raise
            if not self._away:
                self._away = True
                log.warning("%s; this replica answers from its copy", error)
            return copy()
        if self._away:
            self._away = False
            log.warning("Redis at %s is back", self.link.address)
        return answer

    def _exchange(self, tenant: str) -> None:
        tenants = [storable(tenant)] if tenant else None
        self._asked(lambda: self.events.exchange(tenants), _nothing)

    def _took_over(self, tenant: str, standing: Standing, parts: Stored | None = None) -> None:
        """Keep on disk what was just changed in Redis, whether Redis is still there or not.
        Changes of others may lie between, or have followed."""
        with self._repairing:
            if parts is not None:
                self.copy.insert(tenant, parts)
            for _ in range(TRIES):
                ours = self.copy.standing(tenant)
                past = self.copy.past(tenant)
                held = not standing.live or standing.live in self.copy.held(tenant)
                if standing.change in past or standing.seq <= ours.seq or not held:
                    break
                if self.copy.adopt(tenant, standing, ours):
                    with suppress(StoreFailed):
                        changes = self.remote.changes(tenant, ours.seq)[1]
                        self.copy.remember(tenant, _until(standing, changes))
                    return
        self._settle(tenant, patient=True)

    def _settle(self, tenant: str, *, patient: bool = False) -> Standing:
        """Make the copy and Redis agree, whichever is behind; how things stand then.

        The copy is always read first: what Redis says afterwards is older only if Redis has lost
        something.
        """
        ours = self.copy.standing(tenant)
        theirs = self.remote.standing(tenant, patient=patient)
        if ours == theirs:
            return theirs
        repaired = self.repaired
        settled = self._agreed(tenant, patient=patient)
        if repaired != self.repaired:
            with suppress(StoreFailed):  # ``mend`` does the rest where Redis goes away again
                self._keep_history(tenant, HISTORY_WAIT)
        return settled

    def _agreed(self, tenant: str, *, patient: bool) -> Standing:
        with self._repairing:
            for _ in range(TRIES):
                ours = self.copy.standing(tenant)
                theirs = self.remote.standing(tenant, patient=patient)
                settled = theirs if ours == theirs else self._compare(tenant, ours, theirs)
                if settled is not None:
                    return settled
        raise StoreFailed(f"tenant {tenant!r} keeps changing in Redis: try again")

    def _hold(self, tenant: str, number: int) -> None:
        """Have that catalogue on disk, if Redis has it."""
        if number in self.copy.held(tenant):
            return
        parts = self.remote.parts(tenant, number)
        if parts is not None:
            self.copy.insert(tenant, parts)

    def _compare(self, tenant: str, ours: Standing, theirs: Standing) -> Standing | None:
        oldest, changes = self.remote.changes(tenant, ours.seq) if theirs.seq else (0, [])
        remembered = (ours.seq, ours.change) in changes or ours.seq < oldest
        past = self.copy.past(tenant)
        match relation(ours, theirs, past, in_their_past=remembered):
            case Relation.LOST:
                return self._put_back(tenant, ours, theirs, past)
            case Relation.FORKED:
                moved = self._keep_lost(tenant, ours.live)
                kept = moved.get(ours.live, ours.live)
                log.error(
                    "a failover of Redis lost changes of tenant %s and others were made since: "
                    "what was live here is kept as catalogue %d",
                    *(tenant, kept),
                )
                self.repaired += 1
            case Relation.SAME | Relation.AHEAD:
                pass
        return self._take(tenant, theirs, ours, changes)

    def _take(
        self, tenant: str, theirs: Standing, ours: Standing, changes: Sequence[tuple[int, str]]
    ) -> Standing | None:
        """Take over what Redis has; None if the copy has changed meanwhile. A live catalogue that
        is damaged there is not taken."""
        parts = None
        if theirs.live:
            change = self.remote.change_of(tenant, theirs.live)
            if self.copy.held(tenant).get(theirs.live) != change or not change:
                try:
                    parts = self.remote.parts(tenant, theirs.live)
                except Damaged as error:
                    log.error("%s", error)
                if parts is None:
                    return theirs
        between = _until(theirs, changes)  # Redis was asked for them later
        return theirs if self.copy.adopt(tenant, theirs, ours, between, parts) else None

    def _put_back(
        self, tenant: str, ours: Standing, theirs: Standing, past: Mapping[str, int]
    ) -> Standing | None:
        """Restore what Redis has lost; None if somebody was faster. What is live comes first: until
        it is back, replicas that did not have it yet answer from what was live before."""
        moved = self._keep_lost(tenant, ours.live)
        before, ours = ours, replace(ours, live=moved.get(ours.live, ours.live))
        since = sorted((seq, change) for change, seq in past.items() if seq > theirs.seq)
        kind, standing = self.remote.restore(tenant, ours, theirs, since)
        if kind != "done":
            return None
        self.copy.adopt(tenant, standing, before)
        self.repaired += 1
        lost = ours.seq - theirs.seq
        log.error("Redis had lost %d changes of tenant %s: put back from this copy", lost, tenant)
        return standing

    def _keep_lost(self, tenant: str, number: int) -> dict[int, int]:
        """Have Redis keep that catalogue of this disk; the number it has now, if it is another."""
        change = self.copy.held(tenant).get(number)
        if change is None:
            return {}
        there = self.remote.published(tenant).get(change)
        if there is None:
            there = self.remote.keep(tenant, self.copy.parts(tenant, number))
        moved = {number: there} if there != number else {}
        self.copy.renumber(tenant, moved)
        return moved

    def _keep_history(self, tenant: str, seconds: float = math.inf) -> None:
        """Have Redis keep the catalogues that this disk has, the latest first, for so long. Nobody
        who looks what is live waits for it."""
        until = time.monotonic() + seconds
        published = self.remote.published(tenant)
        held = self.copy.held(tenant)
        moved: dict[int, int] = {}
        for number, change in reversed(held.items()):
            there = published.get(change)
            if there is None:
                if time.monotonic() >= until:
                    break
                with suppress(NotFound):  # it has just got another number
                    there = self.remote.keep(tenant, self.copy.parts(tenant, number))
            if there not in (None, number):
                moved[number] = there
        if moved:
            with self._repairing:
                now = self.copy.held(tenant)
                same = {old: new for old, new in moved.items() if now.get(old) == held[old]}
                self.copy.renumber(tenant, same)


def _until(standing: Standing, changes: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    return [change for change in changes if change[0] <= standing.seq]


def _nothing() -> None:
    """Add nothing: the copy has what it has."""


def _catalogue(tenant: str, parts: Stored) -> Catalogue:
    return Catalogue(
        tenant=tenant,
        number=parts.number,
        created=parts.created,
        entries=codec.entries_from_json(parts.entries),
        clips=parts.named(),
        knowledge=parts.knowledge,
        summary=json.loads(parts.summary),
        source=parts.source,
    )


def _info(tenant: str, number: int, facts: Mapping[str, Any], live: bool) -> CatalogueInfo:
    return CatalogueInfo(
        tenant=tenant,
        number=number,
        created=facts["created"],
        source=facts["source"],
        entries=facts["entries"],
        live=live,
        summary=facts["summary"],
    )
