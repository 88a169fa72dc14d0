"""One store copied into another of any kind, and read back.

What is there already and the same is passed over, so a copy that was broken off goes on where it
was. Numbers stay what they were; a catalogue's time becomes that of its copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from gateway.adapters.store.catalogues import files_of
from gateway.errors import StoreFailed, UsageError
from gateway.ports.people import TrailQuery
from gateway.ports.progress import Progress
from gateway.ports.records import TurnQuery, TurnRecord
from gateway.ports.store import Catalogue, Draft, Store

_PAGE = 500
"""Turns copied together."""

Pages = Callable[[], Iterator[list[TurnRecord]]]


@dataclass(slots=True, kw_only=True)
class Copied:
    """The outcome of a copy, read back from where it went."""

    tenants: int = 0
    catalogues: int = 0
    clips: int = 0
    turns: int = 0
    tokens: int = 0
    changes: int = 0
    """Lines of the trail."""
    left_out: list[str] = field(default_factory=list)
    """Catalogues that are not live and whose clips are gone: nobody can go back to them."""


def copy_store(
    source: Store, target: Store, progress: Progress, reader: Store | None = None
) -> Copied:
    """Copy all tenants with their catalogues, clips, modes and turns, the tokens and the trail, and
    compare. ``reader``: the
    target as another opens it, who has nothing at hand of what was just written. Raises
    ``UsageError`` if a tenant of the target has other catalogues, ``StoreFailed`` if something
    cannot be read or comes back changed."""
    copied = Copied()
    reader = reader or target
    for tenant in source.tenants():
        _copy_tenant(source, target, reader, tenant, copied, progress)
        copied.tenants += 1
    pages = _pages(source)
    for done, page in enumerate(_oldest_first(source, pages)):
        progress("copying turns", done, len(pages))
        target.write(page)
        for turn in page:
            if turn.flag:
                target.flag(turn.id, turn.flag, turn.meant)
    for done, page in enumerate(_oldest_first(source, pages)):
        progress("comparing turns", done, len(pages))
        _compare_turns(reader, page)
        copied.turns += len(page)
    _copy_people(source, target, reader, copied)
    return copied


def _copy_people(source: Store, target: Store, reader: Store, copied: Copied) -> None:
    tokens = source.tokens()
    for token in tokens:
        target.keep_token(token)
    if missing := len(set(tokens) - set(reader.tokens())):
        raise StoreFailed(f"{missing} tokens came back changed, or not at all: copy again")
    copied.tokens = len(tokens)
    before = ""
    while lines := source.trail(TrailQuery(before=before, limit=_PAGE)):
        for line in lines:
            target.note(line)
        there = set(reader.trail(TrailQuery(before=before, limit=_PAGE)))
        if missing := len(set(lines) - there):
            raise StoreFailed(f"{missing} changes came back changed, or not at all: copy again")
        copied.changes += len(lines)
        before = lines[-1].id


def _copy_tenant(
    source: Store, target: Store, reader: Store, tenant: str, copied: Copied, progress: Progress
) -> None:
    live = source.live_number(tenant)
    numbers = sorted(info.number for info in source.history(tenant))
    there = {info.number for info in target.history(tenant)}
    if there - set(numbers):
        raise _other(tenant)
    seen: set[str] = set()
    for done, number in enumerate(numbers):
        progress(f"copying the catalogues of {tenant}", done, len(numbers))
        catalogue = source.load(tenant, number)
        missing = _copy_clips(source, target, reader, catalogue, seen)
        if missing and number == live:
            raise StoreFailed(f"{missing} of catalogue {number} of {tenant} is gone: seed again")
        if missing:
            copied.left_out.append(f"{tenant} {number}")
            continue
        if number not in there and target.publish(_draft(catalogue)) != number:
            raise StoreFailed(
                f"catalogue {number} of {tenant} got another number: is somebody else at work "
                "there, or was one left out before it? Only what is live can be copied then: "
                "frontline export, and seed"
            )
        if not _same(reader.load(tenant, number), catalogue):
            raise _other(tenant)
        copied.catalogues += 1
    if live is not None and target.live_number(tenant) != live:
        target.activate(tenant, live)
    if (mode := source.mode(tenant)) != target.mode(tenant):
        target.set_mode(tenant, mode)
    copied.clips += len(seen)


def _copy_clips(
    source: Store, target: Store, reader: Store, catalogue: Catalogue, seen: set[str]
) -> str:
    """Copy its clips and read them back; what is missing, or nothing."""
    wanted = {name: what for name, what in files_of(catalogue.clips).items() if name not in seen}
    there = target.has(list(wanted))
    for name, what in wanted.items():
        audio = source.get(name)
        if audio is None:
            return what
        if name not in there:
            target.put(name, audio)
        if reader.get(name) != audio:
            raise StoreFailed(f"the clip {what} of {catalogue.tenant} came back changed")
        seen.add(name)
    return ""


def _pages(source: Store) -> list[str]:
    """The turns at which pages begin, newest first; the first page begins at none."""
    starts = [""]
    while page := source.turns(TurnQuery(before=starts[-1], limit=_PAGE)):
        starts.append(page[-1].id)
    return starts


def _oldest_first(source: Store, starts: list[str]) -> Iterator[list[TurnRecord]]:
    for start, _ in reversed(list(pairwise(starts))):
        yield list(reversed(source.turns(TurnQuery(before=start, limit=_PAGE))))


def _compare_turns(target: Store, page: list[TurnRecord]) -> None:
    """Raise ``StoreFailed`` unless the target has every turn of the page as it is."""
    calls = {turn.call_id for turn in page}
    found = {
        turn.id: turn
        for call in calls
        for turn in target.turns(TurnQuery(call_id=call, limit=100_000))
    }
    changed = [turn.id for turn in page if found.get(turn.id) != turn]
    if changed:
        raise StoreFailed(f"{len(changed)} turns came back changed, or not at all: copy again")


def _draft(catalogue: Catalogue) -> Draft:
    return Draft(
        tenant=catalogue.tenant,
        entries=catalogue.entries,
        clips=catalogue.clips,
        knowledge=catalogue.knowledge,
        summary=catalogue.summary,
        source=catalogue.source,
    )


def _same(one: Catalogue, other: Catalogue) -> bool:
    return _draft(one) == _draft(other)


def _other(tenant: str) -> UsageError:
    return UsageError(f"tenant {tenant} has other catalogues there: copy into an empty store")
