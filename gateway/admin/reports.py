"""Reports on what happened: stats, latency, turns, misses, and the calls in progress."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Literal

import msgspec
from starlette.responses import Response

from gateway.admin.exports import exported
from gateway.admin.feelings import NEWEST, felt_of
from gateway.admin.inputs import LatencyQuery, StatsQuery, TurnsExportQuery, TurnsQuery, moment
from gateway.admin.jobs.training import training_out
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import (
    CallOut,
    Calls,
    EntryCounts,
    Latency,
    NearMisses,
    PathCounts,
    Rates,
    Shadowed,
    StageLatency,
    Stats,
    TrainingOut,
    TurnLine,
    TurnOut,
    Turns,
)
from gateway.audit.percentiles import Rows, summary
from gateway.errors import NotFound
from gateway.ports.records import TurnQuery, TurnRecord
from gateway.ports.store import RecordStore
from gateway.shell.call.services import Services

WINDOWS = {"1h": 3600.0, "24h": 86_400.0, "7d": 604_800.0}
"""Seconds of each window of ``stats``."""

CALLS = "/peer/calls"
"""The place where another process of this server tells its own."""

PAGE = 100
"""Turns read at once: more would hold the interpreter for longer than 5 ms at a time."""

MEASURED = 5_000
"""Turns whose percentiles are told at most, the newest of the window."""

_KEPT = tuple(field.name for field in fields(TurnRecord))


# --- stats and latency ---------------------------------------------------------------------------


async def stats(admin: Admin, asked: AdminRequest) -> Stats:
    """Counts and rates of a window."""
    query: StatsQuery = asked.query
    since = time.time() - WINDOWS[query.window]
    store, scope = admin.services().store, admin.scope(query.tenant)
    counted = await asyncio.to_thread(_counted, store, scope, query.window, since)
    if query.tenant == "*":
        return counted
    tenant = admin.tenant(query.tenant)
    return msgspec.structs.replace(
        counted,
        tenant=tenant,
        near_misses=near_misses(admin, tenant),
        training=await training(admin, tenant),
    )


def _counted(
    store: RecordStore, tenant: str, window: Literal["1h", "24h", "7d"], since: float
) -> Stats:
    """Return what is stored of all tenants, or of one. Blocks."""
    counts = store.stats(tenant, since)
    newest = TurnQuery(tenant=tenant, since=since, shadow=False, limit=NEWEST)
    return Stats(
        tenant=tenant or "*",
        window=window,
        since=since,
        turns=counts["turns"],
        paths=counts["paths"],
        rates=rates_of(counts),
        flagged=counts["flagged"],
        shadow=shadowed(counts["shadow"]),
        near_misses=None,
        training=None,
        felt=felt_of(store.turns(newest)),
        intents={
            name: PathCounts(turns=sum(paths.values()), paths=paths)
            for name, paths in counts["intents"].items()
        },
        entries={
            name: EntryCounts(**row, wrong_rate=_share(row["wrong"], row["hits"]))
            for name, row in counts["entries"].items()
        },
    )


def near_misses(admin: Admin, tenant: str) -> NearMisses | None:
    """Return what is known of the tenant's near misses; None without a catalogue."""
    services = admin.services()
    if (serving := services.tenants.get(tenant)) is None:
        return None
    found, point = services.expecting.of(tenant), serving.matcher.point
    estimated = found.turns > 0
    return NearMisses(
        share=found.near_share if estimated else point.near_share,
        low=found.low if estimated else point.near_share,
        high=found.high if estimated else point.near_share,
        turns=found.turns,
        look_alikes=found.look_alikes if estimated else point.look_alikes,
        threshold=round(point.calibration.threshold, 4),
        reading_weight=point.calibration.weight,
    )


async def training(admin: Admin, tenant: str) -> TrainingOut | None:
    """The training of the tenant's encoder, as it stands; None without a catalogue."""
    services = admin.services()
    serving = services.tenants.get(tenant)
    if serving is None:
        return None
    return await asyncio.to_thread(training_out, services.store, serving.catalogue)


def rates_of(counts: Mapping[str, Any]) -> Rates:
    """Shares from the store's counts (``gateway.ports.store.RecordStore.stats``)."""
    paths: Mapping[str, int] = counts["paths"]
    whole = sum(paths.values()) - paths.get("none", 0)
    hits = paths.get("cache", 0)
    return Rates(
        hit=_share(hits, whole),
        clarify=_share(paths.get("clarify", 0), whole),
        miss=_share(paths.get("handoff", 0) + paths.get("agent", 0), whole),
        route=_share(paths.get("route", 0), whole),
        agent=_share(paths.get("agent", 0), whole),
        decided_early=_share(counts["decided_early"], hits),
        wrong_flagged=_share(sum(row["wrong"] for row in counts["entries"].values()), hits),
    )


def shadowed(counts: Mapping[str, int]) -> Shadowed:
    """Return what would have been done in mode ``shadow``, from the store's counts of it."""
    whole = sum(counts[kind] for kind in ("answer", "clarify", "route", "miss"))
    return Shadowed(
        turns=counts["turns"],
        hit=counts["answer"],
        clarify=counts["clarify"],
        route=counts["route"],
        miss=counts["miss"],
        hit_rate=_share(counts["answer"], whole),
        clarify_rate=_share(counts["clarify"], whole),
        miss_rate=_share(counts["miss"], whole),
        right=counts["right"],
        wrong=counts["wrong"],
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


async def latencies(admin: Admin, asked: AdminRequest) -> Latency:
    """Percentiles of the turns of a window, as they are stored, whichever process answered."""
    query: LatencyQuery = asked.query
    since = time.time() - WINDOWS[query.window]
    store, tenant = admin.services().store, admin.scope(query.tenant)
    turns, paths = await asyncio.to_thread(_summed_up, store, tenant, since)
    return Latency(
        tenant=query.tenant if query.tenant == "*" else admin.tenant(query.tenant),
        window=query.window,
        since=since,
        turns=turns,
        whole=turns < MEASURED,
        paths=paths,
    )


def _summed_up(
    store: RecordStore, tenant: str, since: float
) -> tuple[int, dict[str, dict[str, StageLatency]]]:
    """(turns, their percentiles). Blocks."""
    rows = measured(store, tenant, since)
    paths = {
        path: {stage: stage_of(figures) for stage, figures in stages.items()}
        for path, stages in summary(rows).items()
    }
    return sum(len(timelines) for _, timelines in rows), paths


def measured(store: RecordStore, tenant: str, since: float, most: int = MEASURED) -> Rows:
    """(path, timelines) of the newest turns stored since then, ``most`` of them. Blocks."""
    by_path: dict[str, list[Mapping[str, float]]] = {}
    for path, timeline in store.timelines(tenant, since, most):
        by_path.setdefault(path, []).append(timeline)
    return list(by_path.items())


def stage_of(figures: Mapping[str, float]) -> StageLatency:
    """The percentiles as they are answered."""
    return StageLatency(
        count=int(figures["count"]),
        p50_ms=figures["p50_ms"],
        p95_ms=figures["p95_ms"],
        p99_ms=figures["p99_ms"],
    )


# --- turns ---------------------------------------------------------------------------------------


async def turns(admin: Admin, asked: AdminRequest) -> Turns:
    """A page of turns, newest first."""
    query: TurnsQuery = asked.query
    wanted = replace(_asked(admin, query), before=query.before, limit=query.limit)
    store = admin.services().store

    def listed() -> list[TurnLine]:
        return [TurnLine(**_fields(turn, TurnLine)) for turn in store.turns(wanted)]

    lines = await asyncio.to_thread(listed)
    return Turns(turns=lines, next=lines[-1].id if len(lines) == query.limit else "")


async def export_turns(admin: Admin, asked: AdminRequest) -> Response:
    """All turns that are asked for, newest first."""
    query: TurnsExportQuery = asked.query
    store, wanted = admin.services().store, replace(_asked(admin, query), limit=PAGE)

    def page(before: str) -> tuple[list[TurnRecord], str]:
        found = store.turns(replace(wanted, before=before))
        return found, found[-1].id if len(found) == PAGE else ""

    columns = TurnLine.__struct_fields__
    return await exported(
        page, lambda turn: _fields(turn, TurnLine), columns, query.format, "turns"
    )


def _asked(admin: Admin, query: TurnsQuery | TurnsExportQuery) -> TurnQuery:
    return TurnQuery(
        tenant=admin.scope(query.tenant),
        call_id=query.call,
        paths=(query.path,) if query.path else (),
        entry=query.entry,
        shadow=query.shadow,
        flagged=query.flagged,
        since=moment(query.since),
    )


async def one_turn(admin: Admin, asked: AdminRequest) -> TurnOut:
    """One turn with its timeline and evidence."""
    name = asked.named("id")
    found = await asyncio.to_thread(find_turn, admin.services().store, name)
    if not asked.person.sees(found.tenant):
        raise no_turn(name)
    return shown(found)


def shown(turn: TurnRecord) -> TurnOut:
    """The turn with its timeline and evidence, as it is answered."""
    return TurnOut(**_fields(turn, TurnOut))


def find_turn(store: RecordStore, name: str) -> TurnRecord:
    """The turn of that id (``<call id>-<turn>``). Blocks; raises ``NotFound``."""
    call, before = name.rpartition("-")[0], ""
    while call:
        page = store.turns(TurnQuery(call_id=call, before=before, limit=PAGE))
        for turn in page:
            if turn.id == name:
                return turn
        if len(page) < PAGE:
            break
        before = page[-1].id
    raise no_turn(name)


def no_turn(name: str) -> NotFound:
    """The error for a turn that is not there, or is none of the person's."""
    return NotFound(f"there is no turn {name!r}")


def _fields(turn: TurnRecord, kind: type[TurnLine]) -> dict[str, Any]:
    kept = {name: getattr(turn, name) for name in _KEPT if name in kind.__struct_fields__}
    evidence = turn.evidence
    return {
        **kept,
        "decided": str(evidence.get("kind", "")),
        "says": str(evidence.get("says", "")),
    }


# --- calls ---------------------------------------------------------------------------------------


async def calls(admin: Admin, asked: AdminRequest) -> Calls:
    """The calls in progress, longest first. Who calls is not told."""
    live = own_calls(admin.services()).calls
    if admin.siblings is not None:
        for answer in await admin.siblings.gather(CALLS):
            live += msgspec.json.decode(answer, type=Calls).calls
    seen = [call for call in live if asked.person.sees(call.tenant)]
    return Calls(calls=sorted(seen, key=lambda call: call.since))


def own_calls(services: Services) -> Calls:
    """The calls of this process."""
    return Calls(
        calls=[
            CallOut(
                id=call.id,
                tenant=call.tenant,
                transport=call.transport,
                since=call.since,
                turns=call.turns,
                state=call.state,
            )
            for call in services.calls.values()
        ]
    )
