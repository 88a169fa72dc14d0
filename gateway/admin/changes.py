"""Small changes that are live at once: flags, modes, rollback; and the purge of old turns."""

from __future__ import annotations

import asyncio
import time
from typing import Literal

import msgspec

from gateway.admin.etags import require
from gateway.admin.inputs import (
    CataloguesQuery,
    FlagIn,
    ModeIn,
    PurgeIn,
    RollbackIn,
    TenantQuery,
    moment,
)
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import CatalogueOut, Catalogues, Flagged, Live, Mode, Purged
from gateway.admin.reports import find_turn, no_turn
from gateway.admin.wire import Refused
from gateway.errors import NotFound
from gateway.ports.hooks import FLAGGED_WRONG, Happening
from gateway.ports.records import PurgeQuery, TurnRecord
from gateway.privacy.callers import digest_of


async def flag(admin: Admin, asked: AdminRequest) -> Flagged:
    """Mark what was decided right or wrong, or name the entry that it should have been."""
    body: FlagIn = asked.body
    services = admin.services()
    if not body.entry and body.verdict is None:
        raise Refused(422, "invalid", "send a verdict or an entry", "verdict")
    turn = await asyncio.to_thread(find_turn, services.store, body.turn)
    if not asked.person.sees(turn.tenant):
        raise no_turn(body.turn)
    verdict, meant = _marked(admin, body, turn)
    await asyncio.to_thread(services.store.flag, body.turn, verdict, meant)
    await asked.note(admin, "flag", turn.tenant, turn.id, f"{verdict} {meant}".strip())
    if verdict == "wrong":
        services.hooks.tell(_wrong(turn, meant))
    return Flagged(turn=body.turn, verdict=verdict, entry=meant)


def _wrong(turn: TurnRecord, meant: str) -> Happening:
    data = {"call": turn.call_id, "turn": turn.id, "path": turn.path, "entry": turn.answered}
    data |= {"asked": turn.text, "question": turn.question, "meant": meant}
    return Happening(kind=FLAGGED_WRONG, tenant=turn.tenant, at=time.time(), data=data)


def _marked(admin: Admin, body: FlagIn, turn: TurnRecord) -> tuple[Literal["right", "wrong"], str]:
    """The verdict and the entry that was meant. Raises ``Refused`` where they contradict the turn
    or there is no such entry."""
    if not body.entry and body.verdict is not None:
        return body.verdict, ""
    if body.entry not in admin.serving(turn.tenant).entries:
        raise Refused(404, "not_found", f"there is no entry {body.entry!r}", "entry")
    verdict: Literal["right", "wrong"] = "right" if body.entry == turn.answered else "wrong"
    if body.verdict not in (None, verdict):
        had = turn.answered or "none"
        raise Refused(409, "differs", f"that is {verdict}: the turn had entry {had}", "verdict")
    return verdict, body.entry if verdict == "wrong" else ""


async def mode(admin: Admin, asked: AdminRequest) -> Mode:
    """The tenant's mode, as the store has it."""
    query: TenantQuery = asked.query
    tenant = await _known(admin, query.tenant)
    found = await asyncio.to_thread(admin.services().store.mode, tenant)
    return msgspec.convert({"tenant": tenant, "mode": found}, Mode)


async def set_mode(admin: Admin, asked: AdminRequest) -> Mode:
    """Set it; the calls in progress follow with their next turn, in this process at once."""
    body: ModeIn = asked.body
    tenant = await _known(admin, body.tenant)
    services = admin.services()
    await asyncio.to_thread(services.store.set_mode, tenant, body.mode)
    services.modes[tenant] = body.mode
    await asked.note(admin, "mode", tenant, "", body.mode)
    return Mode(tenant=tenant, mode=body.mode)


async def _known(admin: Admin, given: str) -> str:
    """A tenant that has a catalogue: modes of misspelt tenants help nobody."""
    tenant = admin.tenant(given)
    if await asyncio.to_thread(admin.services().store.live_number, tenant) is None:
        raise NotFound(f"tenant {tenant} has no catalogue")
    return tenant


async def purge(admin: Admin, asked: AdminRequest) -> Purged:
    """Delete the tenant's turns from before that moment, for good, those that wait to be written
    too, and what this process keeps of its agents' sound."""
    body: PurgeIn = asked.body
    wanted = _doomed(admin, body)
    if (repeats := admin.services().manners.usual.repeats) is not None:
        repeats.purge(body.tenant)
    await admin.services().records.flush()
    deleted = await asyncio.to_thread(admin.services().store.remove, wanted)
    told = f"{deleted} turns" + (f" before {wanted.before:.0f}" if wanted.before else "")
    told += " of a caller" if wanted.caller else ""
    await asked.note(admin, "purged", body.tenant, wanted.call_id, told)
    return Purged(tenant=body.tenant, deleted=deleted)


def _doomed(admin: Admin, body: PurgeIn) -> PurgeQuery:
    """Which turns go. Raises ``Refused`` where that is not said, or callers are not known."""
    if body.before is None and not body.call and not body.caller:
        raise Refused(422, "invalid", "say which: before, call or caller", "before")
    caller = ""
    if body.caller:
        key = admin.settings.records.caller_key
        if not key:
            mend = "set FRONTLINE_RECORDS__CALLER_KEY, for the calls to come"
            message = f"no caller is known: records.caller_key is not set; {mend}, or purge by call"
            raise Refused(422, "no_callers", message, "caller")
        caller = digest_of(body.caller, key)
    # the beginning of time, in a field where 0 is none
    before = 0.0 if body.before is None else moment(body.before) or -1.0
    return PurgeQuery(tenant=body.tenant, before=before, call_id=body.call, caller=caller)


async def catalogues(admin: Admin, asked: AdminRequest) -> Catalogues:
    """The tenant's catalogues, newest first."""
    query: CataloguesQuery = asked.query
    tenant = admin.tenant(query.tenant)
    history = await asyncio.to_thread(admin.services().store.history, tenant)
    older = [one for one in history if not query.before or one.number < query.before]
    page = older[: query.limit]
    return Catalogues(
        tenant=tenant,
        catalogues=[
            CatalogueOut(
                number=one.number,
                created=one.created,
                source=one.source,
                entries=one.entries,
                live=one.live,
                summary=dict(one.summary),
            )
            for one in page
        ],
        next=page[-1].number if len(older) > len(page) else 0,
    )


async def rollback(admin: Admin, asked: AdminRequest) -> Live:
    """Make an earlier catalogue live again; in this process it is when this answers. 409 if the
    one that is to be replaced is not live any more."""
    body: RollbackIn = asked.body
    tenant, services = admin.tenant(body.tenant), admin.services()
    require(admin.settings, body.over is None, "say with over which catalogue you saw live", "over")
    await asyncio.to_thread(services.store.activate, tenant, body.number, body.over)
    await services.tenants.refresh()
    await asked.note(admin, "rolled back", tenant, str(body.number))
    return Live(tenant=tenant, live=body.number)
