"""``GET /admin/v1/status``: how the server does now, what was saved, and what wants a look."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal
from urllib.parse import quote

import msgspec

from gateway.admin.inputs import StatusQuery
from gateway.admin.metrics.metrics import Metrics
from gateway.admin.metrics.snapshot import Snapshot
from gateway.admin.operations import Admin, AdminRequest
from gateway.admin.outputs import (
    Alert,
    AlertKind,
    Helpers,
    NearMisses,
    OwnStatus,
    Saved,
    Status,
)
from gateway.admin.reports import WINDOWS, measured, near_misses, stage_of
from gateway.audit.percentiles import Rows, percentile
from gateway.ports.store import Catalogue, Store
from gateway.settings.budget import PriceSettings
from gateway.shell.call.services import Services
from intents.learning.traffic import SURE

ENOUGH = 50
"""Turns that a rate of slow ones needs."""

SLOW = 0.01
"""The share of turns that may be slower than the budget: the error budget."""

BURNING = 2.0
"""Times the error budget from which its burning is told."""

MOVED = 200
"""Turns that an estimate of the near share needs before its moving is told."""

MEDIAN_OF = 1000
"""Turns, the newest, whose middle says what an answer saves."""

STALLED = 0.1
"""Seconds of a stall of the event loop that callers may hear."""

STALLS_WITHIN = 600.0
"""Seconds for which it is told."""


PEERS = "/peer/status"
"""The path on which a worker tells the others how it does."""


async def status(admin: Admin, asked: AdminRequest) -> Status:
    """Return what is known of one tenant, and how all processes of the server do."""
    query: StatusQuery = asked.query
    services, tenant = admin.services(), admin.tenant(query.tenant)
    since = time.time() - WINDOWS[query.window]
    worth = await asyncio.to_thread(
        _saved_since, services.store, tenant, since, admin.settings.prices
    )
    seen = await asyncio.to_thread(Snapshot.of, _metrics(services).shown)
    serving = services.tenants.get(tenant)
    own = await own_status(services, tenant, admin.settings.budget.ttfa_ms)
    every = [own, *await _of_siblings(admin, tenant)]
    wanted = [
        *(alert for one in every for alert in one.alerts),
        *near_alerts(near_misses(admin, tenant), None if serving is None else serving.catalogue),
        *loss_alerts(seen),
    ]
    return Status(
        tenant=tenant,
        window=query.window,
        mode=msgspec.convert(services.modes.get(tenant, "live"), Literal["live", "shadow", "off"]),
        catalogue=own.live,
        calls=sum(one.calls for one in every),
        agent=services.agent is not None or services.bots is not None,
        felt={name: stage_of(figures) for name, figures in seen.waits().items()},
        helpers=helpers(seen, sum(one.agent for one in every), sum(one.filled for one in every)),
        saved=worth,
        alerts=list({(one.kind, one.text): one for one in wanted}.values()),
    )


async def own_status(services: Services, tenant: str, budget_ms: float) -> OwnStatus:
    """Return how this process does."""
    live = await asyncio.to_thread(services.store.live_number, tenant)
    serving = services.tenants.get(tenant)
    metrics = _metrics(services)
    rows = metrics.recent.of(tenant)
    agents = [timeline for path, turns in rows if path == "agent" for timeline in turns]
    return OwnStatus(
        live=live or 0,
        agent=len(agents),
        filled=sum("filler_ms" in timeline for timeline in agents),
        calls=sum(call.tenant == tenant for call in services.calls.values()),
        alerts=[
            *budget_alerts(rows, budget_ms),
            *catalogue_alerts(None if serving is None else serving.catalogue, live),
            *(
                _alert(
                    "clips", "bad", f"{one['clips']} clips of catalogue {one['catalogue']} are lost"
                )
                for one in services.mending.degraded()
                if one["tenant"] == tenant
            ),
            *stall_alerts(metrics.stalls, time.time()),
            *breaker_alerts(getattr(services.agent, "left_alone", ())),
        ],
    )


async def _of_siblings(admin: Admin, tenant: str) -> list[OwnStatus]:
    if admin.siblings is None:
        return []
    answers = await admin.siblings.gather(f"{PEERS}?tenant={quote(tenant)}")
    return [msgspec.json.decode(answer, type=OwnStatus) for answer in answers]


def _metrics(services: Services) -> Metrics:
    return services.observer if isinstance(services.observer, Metrics) else Metrics()


# --- figures -------------------------------------------------------------------------------------


def helpers(seen: Snapshot, turns: int, filled: int) -> Helpers:
    """Return how often more than one try was needed; of the newest ``turns`` of the agent so many
    had a filler."""
    answers = seen.total("frontline_llm_answers_total")
    extra = seen.by("frontline_llm_extra_calls_total", "why")
    return Helpers(
        answers=int(answers),
        hedge=_share(extra.get("hedge", 0.0), answers),
        fallback=_share(extra.get("failover", 0.0) + extra.get("rescue", 0.0), answers),
        filler=_share(filled, turns),
        voice_failures=int(seen.total("frontline_tts_failures_total")),
    )


def _saved_since(store: Store, tenant: str, since: float, prices: PriceSettings) -> Saved:
    hits = store.stats(tenant, since)["paths"].get("cache", 0)
    return saved(measured(store, tenant, since, MEDIAN_OF), hits, prices)


def saved(rows: Rows, hits: int, prices: PriceSettings) -> Saved:
    """Return what the answers of a window have saved: the time by which the agent's first sound
    comes later in the middle, and the price of as many turns of the agent."""
    ttfa = {
        path: sorted(one["ttfa_ms"] for one in turns if "ttfa_ms" in one) for path, turns in rows
    }
    seconds = None
    if (quick := ttfa.get("cache")) and (slow := ttfa.get("agent")):
        each = percentile(slow, 50) - percentile(quick, 50)
        seconds = round(max(0.0, each) * hits / 1000, 1)
    money = round(prices.agent_turn * hits, 2) if prices.agent_turn else None
    return Saved(turns=hits, seconds=seconds, money=money, currency=prices.currency)


def _share(part: float, whole: float) -> float | None:
    """None says that there is nothing to take a share of, which is not 0."""
    return round(part / whole, 4) if whole else None


# --- alerts --------------------------------------------------------------------------------------


def _alert(kind: AlertKind, severity: Literal["bad", "look"], text: str) -> Alert:
    return Alert(kind=kind, severity=severity, text=text)


def budget_alerts(rows: Rows, budget_ms: float) -> Iterable[Alert]:
    """The newest turns are slow more often than they may be."""
    waits = [one["ttfa_ms"] for _, turns in rows for one in turns if "ttfa_ms" in one]
    slow = sum(wait > budget_ms for wait in waits)
    if len(waits) >= ENOUGH and slow / len(waits) >= SLOW * BURNING:
        times = slow / len(waits) / SLOW
        told = f"{slow} of the newest {len(waits)} turns took longer than {budget_ms:g} ms"
        yield _alert("budget", "bad", f"{told}: {times:.0f} times what may be")


def catalogue_alerts(serving: Catalogue | None, live: int | None) -> Iterable[Alert]:
    """A process answers from another catalogue than the one that is live."""
    if live is not None and (serving is None or serving.number != live):
        has = "none" if serving is None else f"catalogue {serving.number}"
        text = f"catalogue {live} is live, a process answers from {has}: see its log"
        yield _alert("catalogue", "bad", text)


def near_alerts(found: NearMisses | None, catalogue: Catalogue | None) -> Iterable[Alert]:
    """The near share is not what the catalogue was published with."""
    if found is None or catalogue is None or found.turns < MOVED:
        return
    if found.look_alikes >= SURE:
        text = f"{found.look_alikes:.0%} of what comes near an answer reads as asking for another"
        yield _alert("look_alikes", "look", text)
    told = catalogue.summary.get("near_share")
    if isinstance(told, int | float) and not found.low <= told <= found.high:
        text = f"published for {told:.0%} near misses, the calls have about {found.share:.0%}"
        yield _alert("near_share", "look", text)


def stall_alerts(stalls: Iterable[tuple[float, float]], now: float) -> Iterable[Alert]:
    """The event loop stood still for long enough to be heard."""
    recent = [took for at, took in stalls if now - at <= STALLS_WITHIN and took >= STALLED]
    if recent:
        many = f"{len(recent)} times" if len(recent) > 1 else "once"
        longest = f"{max(recent) * 1000:.0f} ms at the longest"
        yield _alert("stalls", "look", f"the server stood still {many} of late, {longest}")


def loss_alerts(seen: Snapshot) -> Iterable[Alert]:
    """Something was dropped since the start because a queue was full."""
    lost: Mapping[str, float] = seen.by("frontline_losses_total", "what")
    for what, count in sorted(lost.items()):
        if count:
            yield _alert("losses", "look", f"{count:.0f} {what} were dropped since the start")


def breaker_alerts(names: Sequence[str]) -> Iterable[Alert]:
    """A provider is left alone because it failed again and again."""
    for name in names:
        yield _alert("breaker", "bad", f"{name} fails and is left alone for now")
