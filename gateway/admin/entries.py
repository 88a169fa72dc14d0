"""Entries: reading those that are live, and changing one, which publishes a new catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import fields

import msgspec
from starlette.responses import Response

from gateway.admin.etags import ANY, named, require, tag_of
from gateway.admin.inputs import EntriesQuery, EntryIn, PublishIn, TenantQuery
from gateway.admin.jobs.jobs import Result
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import Entries, EntryOut, OneEntry
from gateway.admin.seeding import told
from gateway.admin.wire import Refused, written
from gateway.errors import NotFound
from gateway.ports.store import Entry

_KEPT = tuple(field.name for field in fields(Entry))


async def entries(admin: Admin, asked: AdminRequest) -> Entries:
    """A page of the live catalogue's entries, in the order of the table they came from."""
    query: EntriesQuery = asked.query
    serving = admin.serving(query.tenant)
    found = await asyncio.to_thread(search, serving.catalogue.entries, query.search)
    start = query.offset
    if query.after:
        ids = [entry.id for entry in found]
        start += ids.index(query.after) + 1 if query.after in ids else len(ids)
    page = found[start : start + query.limit]
    return Entries(
        tenant=serving.catalogue.tenant,
        catalogue=serving.number,
        total=len(found),
        entries=[_out(entry) for entry in page],
        next=page[-1].id if start + query.limit < len(found) and page else "",
    )


def search(among: Sequence[Entry], text: str) -> Sequence[Entry]:
    """The entries that hold every word of the text somewhere, in upper or lower case."""
    words = text.casefold().split()
    return [entry for entry in among if all(word in _haystack(entry) for word in words)]


def _haystack(entry: Entry) -> str:
    parts = (entry.id, entry.intent, entry.answer, entry.action, *entry.tags, *entry.questions)
    return "\n".join(parts).casefold()


async def one_entry(admin: Admin, asked: AdminRequest) -> Response:
    """One entry of the live catalogue, with its tag."""
    query: TenantQuery = asked.query
    serving, name = admin.serving(query.tenant), asked.named("id")
    entry = serving.entries.get(name)
    if entry is None:
        raise NotFound(f"there is no entry {name!r} in catalogue {serving.number}")
    tenant = serving.catalogue.tenant
    one = OneEntry(tenant=tenant, catalogue=serving.number, entry=_out(entry))
    return written(one, headers={"ETag": tag_of(entry)})


def _out(entry: Entry) -> EntryOut:
    return EntryOut(**{name: getattr(entry, name) for name in _KEPT})


# --- changing ------------------------------------------------------------------------------------


async def add(admin: Admin, asked: AdminRequest) -> Result | Response:
    """Publish the live entries and a new one; 409 if its id is taken."""
    body: EntryIn = asked.body
    return await _change(admin, asked, {"add": msgspec.to_builtins(body)}, status=201)


async def put(admin: Admin, asked: AdminRequest) -> Result | Response:
    """Publish the live entries with this one in place of its namesake, or added to them."""
    body: EntryIn = asked.body
    name = asked.named("id")
    if body.id not in ("", name):
        raise Refused(409, "differs", f"the address says {name!r}, the body {body.id!r}", "id")
    return await _change(
        admin, asked, {"put": {**msgspec.to_builtins(body), "id": name}, **_state(admin, asked)}
    )


async def delete(admin: Admin, asked: AdminRequest) -> Result | Response:
    """Publish the live entries without this one."""
    return await _change(admin, asked, {"delete": asked.named("id"), **_state(admin, asked)})


def _state(admin: Admin, asked: AdminRequest) -> dict[str, object]:
    """The state of the entry that the change is made on, for the worker to look at each time it
    makes the change. Raises ``Refused``: 428 where it must be said and is not, 400 where what is
    said is no tag."""
    headers = asked.request.headers
    given, absent = headers.get("if-match"), headers.get("if-none-match")
    if given is not None and not named(given):
        raise Refused(
            400, "bad_parameter", "If-Match takes ETags in double quotes, or *", "If-Match"
        )
    if absent not in (None, ANY):
        raise Refused(400, "bad_parameter", "If-None-Match takes * here", "If-None-Match")
    message = "send the ETag of the entry as If-Match, or If-None-Match: * for a new one"
    require(admin.settings, given is None and absent is None, message, "If-Match")
    return {"match": named(given or ""), "absent": absent is not None}


async def publish(admin: Admin, asked: AdminRequest) -> Result | Response:
    """Publish the live entries with all of these changes, or say what stands against it."""
    body: PublishIn = asked.body
    if not (body.put or body.delete):
        raise Refused(422, "invalid", "say what: entries to put or to delete", "put")
    touched = {*(entry.id for entry in body.put), *body.delete}
    if untold := sorted(touched - body.states.keys()):
        message = f"say in states which {untold[0]!r} you saw"
        require(admin.settings, not body.dry_run, message, "states")
    order = {
        "kind": "edits",
        "states": body.states,
        "puts": [msgspec.to_builtins(entry) for entry in body.put],
        "deletes": body.delete,
        "dry_run": body.dry_run,
    }
    job = admin.jobs.claim(admin.tenant(body.tenant))
    admin.jobs.start(admin.services(), job, order, published=asked.noting(admin))
    return await told(asked.request, job)


async def _change(
    admin: Admin, asked: AdminRequest, change: dict[str, object], status: int = 200
) -> Result | Response:
    """The worker applies the change to what is live in the store when it begins, so that none
    made meanwhile is undone."""
    query: TenantQuery = asked.query
    job = admin.jobs.claim(admin.tenant(query.tenant))
    admin.jobs.start(
        admin.services(), job, {"kind": "change", **change}, published=asked.noting(admin)
    )
    return await told(asked.request, job, status=status)
