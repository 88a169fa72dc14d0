"""Questions that callers asked and the cache did not answer: listed, put in groups, made part of an
entry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container
from dataclasses import replace

import msgspec
from starlette.responses import Response

from gateway.admin.exports import exported
from gateway.admin.inputs import ClustersQuery, MissesExportQuery, MissesQuery, PromoteIn, moment
from gateway.admin.jobs.jobs import Result
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import Flag, Miss, Misses
from gateway.admin.seeding import told
from gateway.admin.wire import Refused
from gateway.ports.records import MISSED, TurnQuery, TurnRecord
from gateway.ports.store import RecordStore
from gateway.privacy.redactor import wording
from intents.text.spoken import canonical
from intents.turns.controls import backchannel, control

PATHS = MISSED

NO_TEXT = (
    'records.text is "none": what callers say is not kept, so nothing new can be listed, grouped '
    "or learned from"
)
"""Said where there are no misses because no text is kept."""

PAGE = 100
"""Turns read at once: more would hold the interpreter for longer than 5 ms at a time."""

READ = 1000
"""Turns looked at for one page of misses: some 50 ms of a thread's work."""


def missed(turn: TurnRecord) -> bool:
    """Return whether the caller asked something and the decision was no answer: acknowledgements,
    controls, replies to a clarifying question and turns without a decision are no misses."""
    evidence = turn.evidence
    if evidence.get("kind") not in ("miss", "clarify") or "confirmed" in evidence:
        return False
    asked = wording(turn.text)
    return bool(canonical(asked)) and not backchannel(asked) and not control(asked)


def still_open(turn: TurnRecord, known: Container[str]) -> bool:
    """Return whether it wants an answer: nobody said that it was rightly passed on, and the text is
    no question of any entry; ``known`` are those that are, in canonical form."""
    return turn.flag != "right" and canonical(wording(turn.text)) not in known


# --- the list --------------------------------------------------------------------------------


async def misses(admin: Admin, asked: AdminRequest) -> Misses:
    """A page of what the cache could not answer, newest first."""
    query: MissesQuery = asked.query
    services = admin.services()
    read = replace(_read(admin, query), before=query.before)
    wanted = _wanted(admin, open_only=query.open)

    def listed() -> tuple[list[Miss], str]:
        found, after = page(services.store, read, wanted, query.limit)
        return [_miss(turn) for turn in found], after

    found, after = await asyncio.to_thread(listed)
    note = "" if services.records.keep_text else NO_TEXT
    return Misses(misses=found, next=after, note=note)


async def export_misses(admin: Admin, asked: AdminRequest) -> Response:
    """All of what the cache could not answer, newest first."""
    query: MissesExportQuery = asked.query
    store, read = admin.services().store, _read(admin, query)
    wanted = _wanted(admin, open_only=query.open)

    def some(before: str) -> tuple[list[TurnRecord], str]:
        return page(store, replace(read, before=before), wanted, PAGE)

    columns = Miss.__struct_fields__
    return await exported(
        some, lambda turn: msgspec.structs.asdict(_miss(turn)), columns, query.format, "misses"
    )


def _read(admin: Admin, query: MissesQuery | MissesExportQuery) -> TurnQuery:
    return TurnQuery(
        tenant=admin.scope(query.tenant),
        paths=(query.path,) if query.path else PATHS,
        since=moment(query.since),
        limit=PAGE,
    )


def _wanted(admin: Admin, *, open_only: bool) -> Callable[[TurnRecord], bool]:
    """Return what tells a miss that is to be listed from other turns."""
    services = admin.services()

    def wanted(turn: TurnRecord) -> bool:
        if not missed(turn):
            return False
        serving = services.tenants.get(turn.tenant) if open_only else None
        return serving is None or still_open(turn, serving.matcher.knowledge.exact)

    return wanted


def page(
    store: RecordStore, query: TurnQuery, wanted: Callable[[TurnRecord], bool], limit: int
) -> tuple[list[TurnRecord], str]:
    """(so many of the turns that are wanted, where the next page begins). Blocks."""
    found: list[TurnRecord] = []
    before = query.before
    for _ in range(0, READ, query.limit):
        turns = store.turns(replace(query, before=before))
        for turn in turns:
            before = turn.id
            if wanted(turn):
                found.append(turn)
                if len(found) == limit:
                    return found, before
        if len(turns) < query.limit:
            return found, ""
    return found, before


def _miss(turn: TurnRecord) -> Miss:
    return Miss(
        id=turn.id,
        call_id=turn.call_id,
        tenant=turn.tenant,
        at=turn.at,
        path=turn.path,
        text=turn.text,
        confidence=turn.confidence,
        reason=str(turn.evidence.get("reason", "")),
        candidates=list(turn.evidence.get("candidates", ())),
        shadow=turn.shadow,
        reply=turn.reply,
        used=str(turn.evidence.get("used", "")),
        flag=msgspec.convert(turn.flag, Flag),
        meant=turn.meant,
    )


# --- groups ----------------------------------------------------------------------------------


async def clusters(admin: Admin, asked: AdminRequest) -> Result | Response:
    """The open misses by what they ask; found in a process of its own."""
    query: ClustersQuery = asked.query
    order = {
        "kind": "clusters",
        "since": moment(query.since),
        "path": query.path,
        "smallest": query.smallest,
        "limit": query.limit,
        "note": "" if admin.services().records.keep_text else NO_TEXT,
    }
    job = admin.jobs.claim(admin.tenant(query.tenant), "misses")
    admin.jobs.start(admin.services(), job, order)
    return await told(asked.request, job)


# --- promoting -------------------------------------------------------------------------------


async def promote(admin: Admin, asked: AdminRequest) -> Result | Response:
    """Make what was asked part of an entry, or a new entry, and publish."""
    body: PromoteIn = asked.body
    if not (body.cluster or body.turns or body.questions):
        raise Refused(422, "invalid", "say what: a cluster, turns or questions", "cluster")
    new = None if isinstance(body.entry, str) else msgspec.to_builtins(body.entry)
    order = {
        "kind": "promote",
        "cluster": body.cluster,
        "since": moment(body.since),
        "path": body.path,
        "turns": body.turns,
        "questions": body.questions,
        "entry": body.entry if isinstance(body.entry, str) else "",
        "new": new,
    }
    job = admin.jobs.claim(admin.tenant(body.tenant))
    admin.jobs.start(admin.services(), job, order, published=asked.noting(admin))
    return await told(asked.request, job)
