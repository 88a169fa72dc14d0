"""The reasoning of ``frontline audit``: where turns' milliseconds went, against what they may cost.

A *stage* is an owner of the wait (``gateway.core.ledger``), the carrier, or ``ttfa``, the whole of
it. All figures are milliseconds. Turns come from the store; nothing is read or printed here.

The whole is judged by what the caller hears, and a turn's record ends on the wire: the way of the
sound, ``transport`` and ``carrier``, is taken from the whole's budget before recorded turns are
measured against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.audit.percentiles import PERCENTILES, summary
from gateway.core.ledger import Owner
from gateway.ports.records import TurnRecord
from gateway.settings.budget import BudgetSettings

TTFA = "ttfa"
CARRIER = "carrier"
"""The milliseconds a telephone network takes, beside the way from it to us."""

HUMAN = 300.0
"""People leave about 200 ms between turns, in all languages that were looked at (Stivers et al.,
PNAS 2009; Levinson and Torreira, Frontiers in Psychology 2015): up to here nobody feels a wait."""

BUDGETS = BudgetSettings().stages
"""Milliseconds that a stage may take at the percentile it is judged by, as they are shipped; where
they are from stands there."""

ALIASES = {"llm": Owner.AGENT.value, "llm-ttft": Owner.AGENT.value, "tts-ttfb": Owner.TTS.value}
"""Other names that a stage is given on the command line."""

FEW = 20
"""Turns from which on a p95 is more than the slowest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditStage:
    """One stage of the turns of one path."""

    name: str
    count: int
    """Turns that waited for it; the percentiles are theirs."""
    p50: float
    p95: float
    p99: float
    share: float
    """The stage's share of all the path's waiting, 0 to 1."""
    budget: float | None
    """None: of a stage that is not known here."""
    over: float
    """Milliseconds beyond the budget at the percentile that judges; 0 if within."""
    cost: float
    """Milliseconds beyond the budget of a mean turn of the path, whether it waited or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The turns that went one way."""

    path: str
    turns: int
    whole: AuditStage
    stages: tuple[AuditStage, ...]
    """Worst first: those that cost most beyond their budget, then by share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The outcome of the turns."""

    at: int
    """The percentile that judges."""
    ways: tuple[Way, ...]
    """Worst first."""
    silent: int
    """Turns without sound, or whose sound was never on the wire: left out."""
    stalled: int
    """Turns during whose wait the event loop stood still."""
    longest_stall: float
    over: bool
    """A path as a whole is over its budget, or a stage over one that was asked for."""


def known(name: str) -> str:
    """The stage of that name, or of that alias. Raises ``KeyError``."""
    stage = ALIASES.get(name, name)
    if stage not in BUDGETS:
        raise KeyError(name)
    return stage


def within_reach(budgets: Mapping[str, float]) -> float:
    """Return what is left for us of the whole budget, from door to wire, in milliseconds."""
    return max(0.0, budgets[TTFA] - budgets[Owner.TRANSPORT.value] - budgets[CARRIER])


def audit(
    turns: Iterable[TurnRecord],
    asked: Mapping[str, float] | None = None,
    at: int = 95,
    *,
    budgets: Mapping[str, float] = BUDGETS,
) -> AuditReport:
    """The report of these turns. ``budgets``: by stage, of all of them. ``asked``: in place of
    these; each of them is one that must be kept."""
    budgets = {**budgets, **(asked or {})}
    paths: dict[str, list[Mapping[str, float]]] = {}
    silent, stalls = 0, []
    for turn in turns:
        if "ttfa_ms" not in turn.timeline:
            silent += 1
            continue
        paths.setdefault(turn.path, []).append(turn.timeline)
        if (stall := turn.evidence.get("stall_ms", 0.0)) > 0:
            stalls.append(stall)
    figures = summary(list(paths.items()))
    ways = [_way(path, rows, figures[path], budgets, at) for path, rows in paths.items()]
    ways.sort(key=lambda way: (-way.whole.over, -way.whole.cost, -way.turns, way.path))
    strict = set(asked or ()) - {TTFA}
    return AuditReport(
        at=at,
        ways=tuple(ways),
        silent=silent,
        stalled=len(stalls),
        longest_stall=max(stalls, default=0.0),
        over=any(
            way.whole.over > 0
            or any(stage.over > 0 for stage in way.stages if stage.name in strict)
            for way in ways
        ),
    )


def _way(
    path: str,
    rows: Sequence[Mapping[str, float]],
    figures: Mapping[str, Mapping[str, float]],
    budgets: Mapping[str, float],
    at: int,
) -> Way:
    allowed: dict[str, float] = {**budgets, TTFA: within_reach(budgets)}
    whole = sum(row["ttfa_ms"] for row in rows)

    def stage(name: str) -> AuditStage:
        found, budget = figures[name], allowed.get(name)
        spent = [row.get(f"{name}_ms", 0.0) for row in rows]
        beyond = 0.0 if budget is None else sum(max(0.0, one - budget) for one in spent)
        p50, p95, p99 = (found[f"p{percent}_ms"] for percent in PERCENTILES)
        judged = found[f"p{at}_ms"]
        return AuditStage(
            name=name,
            count=int(found["count"]),
            p50=p50,
            p95=p95,
            p99=p99,
            share=sum(spent) / whole if whole else 0.0,
            budget=budget,
            over=0.0 if budget is None else max(0.0, judged - budget),
            cost=beyond / len(rows),
        )

    stages = [stage(name) for name in figures if name != TTFA]
    stages.sort(key=lambda one: (-one.cost, -one.share, one.name))
    return Way(path=path, turns=len(rows), whole=stage(TTFA), stages=tuple(stages))


def worst(report: AuditReport) -> list[tuple[str, str, float]]:
    """(stage, path, milliseconds) of what is over its budget, worst first: by what it costs all
    turns together. Each stage once, with the path where it is worst."""
    found: dict[str, tuple[str, float, float]] = {}
    for way in report.ways:
        for stage in way.stages:
            if stage.over > 0:
                weight = stage.cost * way.turns
                if weight > found.get(stage.name, ("", 0.0, -1.0))[2]:
                    found[stage.name] = (way.path, stage.over, weight)
    ranked = sorted(found.items(), key=lambda item: (-item[1][2], item[0]))
    return [(name, path, over) for name, (path, over, _) in ranked]
