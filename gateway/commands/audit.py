"""``frontline audit``: where the milliseconds go, of recorded turns or of figures typed in."""

from __future__ import annotations

import argparse
import difflib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime

from rich.markup import escape
from rich.table import Table

from gateway.audit.advice import advice
from gateway.audit.calculator import (
    STAGES,
    Figure,
    TurnPlan,
    Ways,
    figure,
    notes,
    over_budget,
    plans,
    sums,
)
from gateway.audit.turns import (
    ALIASES,
    BUDGETS,
    FEW,
    HUMAN,
    TTFA,
    AuditReport,
    Way,
    audit,
    known,
    within_reach,
    worst,
)
from gateway.commands.console import dump, say, stdout
from gateway.commands.parts import opened_store
from gateway.core.ledger import Owner
from gateway.errors import NotFound, UsageError
from gateway.ports.records import TurnQuery, TurnRecord
from gateway.ports.store import Store
from gateway.settings.whole import Settings

SINCE = "7d"
NEWEST = 10_000
"""Turns read at most: a p99 that a hundred stand behind; about 20 MiB."""
PAGE = 500

SECONDS = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}

TITLES = {
    "typed": "as typed",
    "hit": "Frontline, cache",
    "miss": "Frontline, agent",
    "filler": "Frontline, agent: first sound, if only a filler",
}

LABELS = {Owner.AGENT.value: "agent (LLM)"}


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Audit figures if any are given, else the store's turns; 1 if they are over their budget."""
    args.at = int(args.at[1:])
    asked = budgets_of(args.budget)
    typed = figures_of(args)
    if not typed:
        return recorded(args, settings, asked)
    if unfit := [name for name in ("since", "path", "limit") if getattr(args, name) is not None]:
        raise UsageError(f"--{unfit[0]} is about recorded turns: leave it out, or the figures")
    return reckoned(args, settings, typed, asked)


# --- what was asked ------------------------------------------------------------------------------


def budgets_of(given: Sequence[str]) -> dict[str, float]:
    """``["endpointing=300"]`` by stage. Raises ``UsageError``."""
    found: dict[str, float] = {}
    for one in given:
        name, _, text = one.partition("=")
        try:
            stage = known(name.strip().lower())
        except KeyError:
            near = difflib.get_close_matches(name, BUDGETS, 1)
            hint = f"; did you mean {near[0]}?" if near else f": one of {', '.join(BUDGETS)}"
            raise UsageError(f"--budget: there is no stage {name!r}{hint}") from None
        try:
            limit = figure(text)
        except ValueError:
            limit = None
        if limit is None or "/" in text:
            raise UsageError(f"--budget wants STAGE=MS, as endpointing=300; got {one!r}")
        found[stage] = limit.p50
    return found


def figures_of(args: argparse.Namespace) -> dict[str, Figure]:
    """The figures typed in, by stage in their order. Raises ``UsageError``."""
    found: dict[str, Figure] = {}
    for stage in STAGES:
        text = getattr(args, f"figure_{stage}")
        if text is not None:
            option = next((one for one in ALIASES if ALIASES[one] == stage and "-" in one), stage)
            try:
                found[stage] = figure(text)
            except ValueError as error:
                raise UsageError(f"--{option} wants {error}; got {text!r}") from None
    return found


def moment(text: str, now: float) -> float:
    """``90m``, ``24h``, ``7d``, ``2w`` back from now, or a date, as unix seconds."""
    if back := re.fullmatch(r"(\d{1,6})([mhdw])", text.strip().lower()):
        return max(0.0, now - int(back[1]) * SECONDS[back[2]])
    try:
        return max(0.0, datetime.fromisoformat(text.strip()).timestamp())
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"--since wants 90m, 24h, 7d, 2w or a date as 2026-01-31; got {text!r}"
        ) from None


# --- recorded turns ------------------------------------------------------------------------------


def recorded(args: argparse.Namespace, settings: Settings, asked: Mapping[str, float]) -> int:
    """Audit the turns of the store."""
    tenant = settings.tenant.default
    since, limit = moment(args.since or SINCE, time.time()), args.limit or NEWEST
    query = TurnQuery(tenant=tenant, since=since, paths=(args.path,) if args.path else ())
    try:
        with opened_store(settings, read_only=True) as store:
            turns = turns_of(store, query, limit)
            report = audit(turns, asked, args.at, budgets=settings.budget.stages)
    except NotFound:  # not even a store
        raise _nothing(tenant, "") from None
    if not report.ways:
        path = f" that went to {args.path}" if args.path else ""
        when = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%d %H:%M UTC")
        raise _nothing(tenant, f"{path} since {when}, with sound")
    budgets = {**settings.budget.stages, **asked}
    todo = [(stage, path, over, advice(stage, settings)) for stage, path, over in worst(report)]
    if args.json:
        dump(_json(report, tenant, since, budgets, todo))
        return int(report.over)
    _print(report, tenant, limit, budgets)
    _todo([(f"{_label(stage)}, on {path}", over, what) for stage, path, over, what in todo])
    return int(report.over)


def _nothing(tenant: str, which: str) -> NotFound:
    return NotFound(
        f"no turns of tenant {tenant} are recorded{which}: take a call (frontline serve), look "
        "further back (--since 30d), or type figures in, as: frontline audit --endpointing 500 "
        "--llm-ttft 350/900"
    )


def turns_of(store: Store, query: TurnQuery, limit: int) -> Iterator[TurnRecord]:
    """The newest turns, read page by page; at most so many."""
    before = ""
    while limit > 0:
        wanted = min(PAGE, limit)
        page = store.turns(replace(query, before=before, limit=wanted))
        yield from page
        if len(page) < wanted:
            return
        before, limit = page[-1].id, limit - wanted


def _print(report: AuditReport, tenant: str, limit: int, budgets: Mapping[str, float]) -> None:
    turns = sum(way.turns for way in report.ways)
    newest = f"the newest {limit:,} " if turns + report.silent >= limit else ""
    silent = f"; {report.silent:,} without sound are left out" if report.silent else ""
    say(f"{newest}turns of {tenant}: {turns:,}{silent}")
    for way in report.ways:
        say()
        _print_way(way, report.at)
    say()
    way_there = budgets[TTFA] - within_reach(budgets)
    say(
        f"Milliseconds from the end of the caller's speech to the first audio on the wire; "
        f"{within_reach(budgets):.0f} of the {budgets[TTFA]:.0f} that a caller may wait, the "
        f"other {way_there:.0f} being the sound's way.",
        "dim",
    )
    if any(way.turns < FEW for way in report.ways):
        say(f"Of fewer than {FEW} turns the p95 is the slowest of them.", "dim")
    if report.stalled:
        say(
            f"The event loop stood still in {report.stalled:,} of these waits, for "
            f"{report.longest_stall:.0f} ms at the longest: whose fault these waits were cannot be "
            "told to that much.",
            "yellow",
        )


def _print_way(way: Way, at: int) -> None:
    whole = way.whole
    found = f"over {whole.budget:.0f} at p{at}" if whole.over else f"within {whole.budget:.0f}"
    line = f"p50 {whole.p50:.0f}, p95 {whole.p95:.0f}, p99 {whole.p99:.0f} ms: {found}"
    say(f"{way.path}, {way.turns:,} turns: {line}", "bold red" if whole.over else "bold green")
    rows = [
        (
            *(_label(one.name), f"{one.count:,}", *_ms(one.p50, one.p95, one.p99)),
            *(f"{100 * one.share:.0f} %", "" if one.budget is None else f"{one.budget:.0f}"),
            f"+{one.over:.0f}" if one.over else "",
        )
        for one in way.stages
    ]
    _table(("waited for", "turns", "p50", "p95", "p99", "share", "budget", "over"), rows)


def _json(
    report: AuditReport,
    tenant: str,
    since: float,
    budgets: Mapping[str, float],
    todo: Sequence[tuple[str, str, float, list[str]]],
) -> dict[str, object]:
    return {
        "kind": "recorded",
        "tenant": tenant,
        "since": since,
        "judged_at": f"p{report.at}",
        "over": report.over,
        "budget_ms": budgets,
        "turns": sum(way.turns for way in report.ways),
        "without_sound": report.silent,
        "stalled": {"turns": report.stalled, "longest_ms": report.longest_stall},
        "paths": [
            {"path": way.path, "turns": way.turns, **_rounded(asdict(way.whole))}
            | {"stages": [_rounded(asdict(one)) for one in way.stages]}
            for way in report.ways
        ],
        "advice": [
            {"stage": stage, "path": path, "over_ms": round(over, 2), "do": what}
            for stage, path, over, what in todo
        ],
    }


# --- figures typed in ----------------------------------------------------------------------------


def reckoned(
    args: argparse.Namespace,
    settings: Settings,
    typed: Mapping[str, Figure],
    asked: Mapping[str, float],
) -> int:
    """Reckon with the figures."""
    ways = Ways(
        silence=settings.turn.silence_confident_ms,
        complete=settings.turn.silence_complete_ms,
        rescue=settings.llm.rescue_after_s * 1000,
        hedged=settings.llm.budget,
        filler=settings.fillers.filler_after_ms,
    )
    budgets = {**settings.budget.stages, **asked}
    made = plans(typed, ways, HUMAN)
    beyond = over_budget(typed, budgets, args.at)
    total = getattr(made[0], f"p{args.at}")
    over = total > budgets[TTFA] or any(stage in asked for stage, _ in beyond)
    todo = [(stage, ms, advice(stage, settings)) for stage, ms in beyond]
    told = notes(typed, ways, made)
    if args.json:
        dump(
            {
                "kind": "typed",
                "judged_at": f"p{args.at}",
                "over": over,
                "budget_ms": budgets,
                "human_ms": HUMAN,
                "sum_of_p50_ms": round(sums(typed)[0], 2),
                "sum_of_p95_ms": round(sums(typed)[1], 2),
                "plans": [_plan_json(plan) for plan in made],
                "notes": told,
                "advice": [
                    {"stage": stage, "over_ms": round(ms, 2), "do": what}
                    for stage, ms, what in todo
                ],
            }
        )
        return int(over)
    _print_plans(made, budgets, args.at)
    for note in told:
        say(note, "dim")
    _todo([(_label(stage), ms, what) for stage, ms, what in todo])
    return int(over)


def _print_plans(made: Sequence[TurnPlan], budgets: Mapping[str, float], at: int) -> None:
    shown = [plan for plan in made if plan.name != "filler"]
    rows = [
        (_label(one), *(_figure(plan.stages.get(one)) for plan in shown), f"{budgets[one]:.0f}")
        for one in STAGES
        if any(one in plan.stages for plan in shown)
    ]
    _table(("p50/p95 in ms", *(TITLES[plan.name] for plan in shown), "budget"), rows)
    say()
    for plan in made:
        judged = getattr(plan, f"p{at}")
        verdict, style = _verdict(judged, budgets[TTFA])
        tail = "" if plan.p50 == plan.p99 else f", p95 {plan.p95:.0f}, p99 {plan.p99:.0f}"
        say(f"{TITLES[plan.name]}: {plan.p50:.0f} ms{tail}: {verdict}", style)
    say()


def _verdict(judged: float, broken: float) -> tuple[str, str]:
    if judged <= HUMAN:
        return f"as quick as a person ({HUMAN:.0f})", "bold green"
    if judged <= broken:
        return f"{judged - HUMAN:.0f} over a person's {HUMAN:.0f}, within {broken:.0f}", "yellow"
    return f"{judged - broken:.0f} over {broken:.0f}, where a call feels broken", "bold red"


def _plan_json(plan: TurnPlan) -> dict[str, object]:
    return _rounded(asdict(plan)) | {
        "stages": {
            stage: {"p50_ms": round(one.p50, 2), "p95_ms": round(one.tail, 2)}
            for stage, one in plan.stages.items()
        }
    }


# --- printing ------------------------------------------------------------------------------------


def _todo(todo: Sequence[tuple[str, float, list[str]]]) -> None:
    say()
    if not todo:
        say("Every stage is within its budget.")
        return
    say("What to do, worst first; settings in [ ] as they are now", "bold")
    for number, (stage, over, what) in enumerate(todo, 1):
        say(f"{number}. {stage}: {over:.0f} ms over its budget")
        for text in what:
            say(f"   - {text}")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    made = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for at, name in enumerate(columns):
        made.add_column(name, justify="right" if at else "left")
    for row in rows:
        over = row[-1].startswith("+")
        made.add_row(*map(escape, row), style="red" if over else None)
    stdout().print(made)


def _label(stage: str) -> str:
    return LABELS.get(stage, stage)


def _ms(*values: float) -> Iterator[str]:
    return (f"{value:.0f}" if value >= 10 else f"{value:.1f}" for value in values)


def _figure(one: Figure | None) -> str:
    if one is None:
        return "-"
    shown = list(_ms(one.p50, one.tail))
    return shown[0] if shown[0] == shown[1] else "/".join(shown)


UNITS = {"p50", "p95", "p99", "over", "cost", "budget"}


def _rounded(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields for JSON: rounded, with the unit added to the names of those that have one."""
    return {
        f"{key}_ms" if key in UNITS else key: round(value, 4) if isinstance(value, float) else value
        for key, value in fields.items()
    }
