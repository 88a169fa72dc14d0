"""Small changes that are live at once: flags, modes, rollback; and the purge of old turns."""

from __future__ import annotations

import asyncio
from typing import Literal

import msgspec

from gateway.admin.inputs import FlagIn, ModeIn, PurgeIn, RollbackIn, TenantQuery, moment
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import CatalogueOut, Catalogues, Flagged, Live, Mode, Purged
from gateway.admin.reports import find_turn
from gateway.admin.wire import Refused
from gateway.errors import NotFound


async def flag(admin: Admin, asked: AdminRequest) -> Flagged:
    """Mark what was decided right or wrong, or name the entry that it should have been."""
    body: FlagIn = asked.body
    services = admin.services()
    if not body.entry:
        if body.verdict is None:
            raise Refused(422, "invalid", "send a verdict or an entry", "verdict")
        await asyncio.to_thread(services.store.flag, body.turn, body.verdict)
        admin.events.changed("flags")
        return Flagged(turn=body.turn, verdict=body.verdict, entry="")
    turn = await asyncio.to_thread(find_turn, services.store, body.turn)
    if body.entry not in admin.serving(turn.tenant).entries:
        raise Refused(404, "not_found", f"there is no entry {body.entry!r}", "entry")
    verdict: Literal["right", "wrong"] = "right" if body.entry == turn.answered else "wrong"
    if body.verdict not in (None, verdict):
        had = turn.answered or "none"
        raise Refused(409, "differs", f"that is {verdict}: the turn had entry {had}", "verdict")
    meant = body.entry if verdict == "wrong" else ""
    await asyncio.to_thread(services.store.flag, body.turn, verdict, meant)
    admin.events.changed("flags")
    return Flagged(turn=body.turn, verdict=verdict, entry=meant)


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
    admin.events.changed("mode", tenant)
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
    before = moment(body.before)
    if (repeats := admin.services().manners.usual.repeats) is not None:
        repeats.purge(body.tenant)
    await admin.services().records.flush()
    deleted = await asyncio.to_thread(admin.services().store.purge, body.tenant, before)
    return Purged(tenant=body.tenant, deleted=deleted)


async def catalogues(admin: Admin, asked: AdminRequest) -> Catalogues:
    """The tenant's catalogues, newest first."""
    query: TenantQuery = asked.query
    tenant = admin.tenant(query.tenant)
    history = await asyncio.to_thread(admin.services().store.history, tenant)
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
            for one in history
        ],
    )


async def rollback(admin: Admin, asked: AdminRequest) -> Live:
    """Make an earlier catalogue live again; in this process it is when this answers. 409 if the
    one that is to be replaced is not live any more."""
    body: RollbackIn = asked.body
    tenant, services = admin.tenant(body.tenant), admin.services()
    await asyncio.to_thread(services.store.activate, tenant, body.number, body.over)
    await services.tenants.refresh()
    admin.events.changed("catalogue", tenant)
    return Live(tenant=tenant, live=body.number)
