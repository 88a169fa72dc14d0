"""``frontline eval``: hits and wrong answers on labelled queries, or on CLINC150."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.commands.console import dump, note, progress, say, table
from gateway.commands.parts import live_catalogue, opened_encoder, opened_store
from gateway.errors import DataError
from gateway.settings.whole import Settings
from intents.decision import Decision
from intents.evaluation import clinc, evaluate, mixups, plots, queries, rivals
from intents.evaluation.plots import Curve, Mark
from intents.evaluation.queries import Query
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher

SHOWN = 12
"""Rows of a kind printed for a person; --json has them all."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Measure and print; 0 whatever the figures are."""
    path = Path(args.file)
    picture = Path(args.plot) if args.plot else None
    try:
        if picture:
            plots.files(picture)  # what cannot be drawn is said before the work
        if path.is_dir() or path.name == clinc.FILE:
            folder = path if path.is_dir() else path.parent
            result = on_clinc(folder, args.per_intent, args.draws, picture, settings)
            showing = show_clinc
        else:
            result = on_file(path, picture, settings)
            showing = show_file
    except (queries.EvaluationError, plots.PlotError) as error:
        raise DataError(str(error)) from None
    if args.json:
        dump(result)
    else:
        showing(result)
    for file in result["plots"]:
        note(f"risk-coverage curve: {file}")
    return 0


# --- an operator's own queries --------------------------------------------------------------------


def on_file(path: Path, picture: Path | None, settings: Settings) -> dict[str, Any]:
    """The live catalogue on the queries of a file."""
    asked = read(path)
    with opened_store(settings, read_only=True) as store:
        catalogue = live_catalogue(store, settings.tenant.default)
    encoder = opened_encoder(settings)
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    items = matcher.knowledge.items
    try:
        queries.check(asked, items)
    except queries.EvaluationError as error:
        raise DataError(f"{path}: {error}") from None
    decisions = evaluate.decide(matcher, asked)
    counted = evaluate.evaluate(matcher, asked, decisions)
    figures = counted.figures()
    scores = evaluate.scores(decisions, asked)
    curve = evaluate.risk_coverage(scores)
    answers = {entry.id: entry.answer for entry in catalogue.entries}
    findings = mixups.find(items, encoder, asked, decisions, answers)
    budget = float(matcher.knowledge.summary["max_wrong_rate"])
    return {
        "data": path.name,
        "tenant": catalogue.tenant,
        "catalogue": catalogue.number,
        "max_wrong_rate": budget,
        "threshold": matcher.point.calibration.threshold,
        "figures": {
            "queries": counted.queries,
            "known": counted.known,
            "answers": counted.answers,
            "right": counted.right,
            **figures,
            **evaluate.converse(matcher, asked, decisions).figures(),
        },
        "intents": evaluate.by_intent(matcher, asked, decisions),
        **mixups.plain(findings),
        "wrong": wrong(asked, decisions),
        "curve": curve,
        "plots": draw(
            {catalogue.tenant: curve},
            picture,
            title=f"{path.name}, catalogue {catalogue.number}",
            budget=budget,
            marks=[Mark("as served", figures["hit_pct"], figures["wrong_of_answers_pct"])],
        ),
    }


def read(path: Path) -> list[Query]:
    """Labelled queries of a CSV, or of a JSON list of objects with ``text`` and ``entry``."""
    try:
        data = path.read_bytes()
        if path.suffix.lower() == ".json":
            return queries.from_json(data)
        return queries.from_csv(data)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except queries.EvaluationError as error:
        raise DataError(f"{path}: {error}") from None


def wrong(asked: Sequence[Query], decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Queries that got an answer they should not have."""
    return [
        {
            "text": query.text,
            "meant": query.entry,
            "said": made.entry,
            "confidence": round(made.confidence, 4),
        }
        for query, made in zip(asked, decisions, strict=True)
        if made.entry and made.entry != query.entry
    ]


def draw(
    curves: Mapping[str, Curve],
    picture: Path | None,
    *,
    title: str,
    budget: float,
    marks: Sequence[Mark] = (),
) -> list[str]:
    """The files written; none without a picture's path."""
    if picture is None:
        return []
    made = plots.save(curves, picture, title=title, budget_pct=100 * budget, marks=marks)
    return [str(file) for file in made]


SHARES = (
    ("answered rightly, of queries that have an answer", "hit_pct"),
    ("wrong, of answers", "wrong_of_answers_pct"),
    ("wrong, of all queries", "wrong_of_all_pct"),
    ("asked back, of all queries", "clarified_pct"),
    ("right at once or after one question", "clarified_right_pct"),
    ("asked back, of queries that have no answer", "asked_unknown_pct"),
)


def show_file(result: Mapping[str, Any]) -> None:
    """The figures for a person, then what went wrong and what would mend it."""
    figures = result["figures"]
    say(
        f"{result['data']}: {figures['queries']} queries, catalogue {result['catalogue']}, "
        f"budget {100 * result['max_wrong_rate']:g} % wrong",
        style="bold",
    )
    table(
        ("", "%", "95 % interval"),
        [(title, f"{figures[key]:.1f}", _interval(figures, key)) for title, key in SHARES],
    )
    say()
    columns = ("intent", *evaluate.COUNTS)
    rows = [
        (row["intent"] or "(none of ours)", *(row[key] for key in evaluate.COUNTS))
        for row in result["intents"]
    ]
    table(columns, rows[: 2 * SHOWN])
    _more(len(rows) - 2 * SHOWN)
    _section("confused entries", result["confused"], _confusion)
    _section("entries that lack wordings", result["gaps"], _gap)
    _section("kept silent by a guard", result["vetoed"], _vetoed)


def _interval(figures: Mapping[str, float], key: str) -> str:
    return f"{figures[f'{key}_low']:.1f} to {figures[f'{key}_high']:.1f}"


def _section(title: str, found: Sequence[Mapping[str, Any]], head: Any) -> None:
    if not found:
        return
    say()
    say(title, style="bold")
    for one in found[:SHOWN]:
        say(head(one))
        for suggestion in one["suggestions"]:
            say(f"  -> {suggestion}", style="cyan")
    _more(len(found) - SHOWN)


def _more(count: int) -> None:
    if count > 0:
        say(f"and {count} more of these; --json shows all")


def _confusion(one: Mapping[str, Any]) -> str:
    names = " / ".join(entry or "(none of ours)" for entry in one["entries"])
    texts = ", ".join(repr(example["text"]) for example in one["examples"])
    return f"{names}: {_counts(one)}: {texts}"


def _gap(one: Mapping[str, Any]) -> str:
    return f"{one['entry']}: {_counts(one)}"


def _counts(one: Mapping[str, Any]) -> str:
    names = ("wrong", "clarified", "missed")
    return ", ".join(f"{one[name]} {name}" for name in names if one.get(name))


def _vetoed(one: Mapping[str, Any]) -> str:
    texts = ", ".join(repr(text) for text in one["examples"])
    return f"{one['entry']}, guard {one['guard']}: {one['vetoed']} vetoed: {texts}"


# --- CLINC150 -------------------------------------------------------------------------------------


def on_clinc(
    folder: Path, sizes: Sequence[int], draws: int, picture: Path | None, settings: Settings
) -> dict[str, Any]:
    """Catalogues of its own from a few examples of each intent; ours beside others' rules."""
    data = clinc.read(folder)
    opened_encoder(settings)  # a missing model is told in one line, as everywhere
    model = Path(settings.model.folder)
    encoder = clinc.RememberingEncoder(model)
    budget = settings.match.max_wrong_rate
    with progress() as tell:
        runs = clinc.protocol(
            data, encoder, sizes=sizes, draws=draws, max_wrong_rate=budget, progress=tell
        )
    largest = max((one for one in runs if not one.unseeded), key=lambda one: one.k)
    return {
        "data": "clinc150",
        "max_wrong_rate": budget,
        "runs": [one.summary() for one in runs],
        "curves": {
            "k": largest.k,
            **{variant: largest.curves(variant) for variant in (clinc.CLEAN, clinc.NOISE)},
        },
        "plots": draw(
            titled(largest),
            picture,
            title=title(largest),
            budget=budget,
            marks=marks(largest),
        ),
    }


def title(run: clinc.Run) -> str:
    """The title of a run's picture."""
    draws = "one draw" if len(run.seeds) == 1 else f"{len(run.seeds)} draws"
    return f"CLINC150, {run.k} examples an intent, {draws}"


def titled(run: clinc.Run) -> dict[str, Curve]:
    """The curves under the names that a picture shows, noisy queries beside clean ones."""
    clean, noisy = run.curves(), run.curves(clinc.NOISE)
    return {
        "Frontline": clean[clinc.OURS],
        "Frontline, noisy speech": noisy[clinc.OURS],
        **{title: clean[name] for name, title in rivals.TITLES.items()},
    }


def marks(run: clinc.Run) -> list[Mark]:
    """The points of Frontline and of the rivals at the thresholds they ship with."""
    found = run.summary()[clinc.CLEAN]
    fixed = [one for one in found["rivals"].values() if not one["oracle"]]
    return [Mark("Frontline", found["hit_pct"], found["wrong_of_answers_pct"])] + [
        Mark(re.split("[:,]", one["title"])[0], one["hit_pct"], one["wrong_of_answers_pct"])
        for one in fixed
    ]


CLINC_COLUMNS = (
    ("hit", "hit_pct"),
    ("wrong of answers", "wrong_of_answers_pct"),
    ("worst draw", "wrong_of_answers_pct_worst"),
    ("wrong of all", "wrong_of_all_pct"),
    ("asked back", "clarified_pct"),
    ("right in one question", "clarified_right_pct"),
    ("unknown asked back", "asked_unknown_pct"),
)


def show_clinc(result: Mapping[str, Any]) -> None:
    """A line for each size and kind of query, then others' rules on the same queries."""
    runs = result["runs"]
    say(
        f"CLINC150, draws: {runs[0]['draws']}, budget {100 * result['max_wrong_rate']:g} % wrong; "
        "figures in %",
        style="bold",
    )
    rows = [
        (_name(one, variant), *(f"{one[variant][key]:.1f}" for _, key in CLINC_COLUMNS))
        for one in runs
        for variant in (clinc.CLEAN, clinc.NOISE)
    ]
    table(("", *(title for title, _ in CLINC_COLUMNS)), rows)
    say()
    say("others' rules on the same embeddings: hit %, wrong % of answers", style="bold")
    shown = [one for one in runs if not one["unseeded"]]
    names = shown[0][clinc.CLEAN]["rivals"]
    table(
        ("", *(f"k = {one['k']}" for one in shown)),
        [
            (names[name]["title"], *(_pair(one[clinc.CLEAN]["rivals"][name]) for one in shown))
            for name in names
        ]
        + [("Frontline", *(_pair(one[clinc.CLEAN]) for one in shown))],
    )


def _name(one: Mapping[str, Any], variant: str) -> str:
    left_out = f", {one['unseeded']} intents left out" if one["unseeded"] else ""
    return f"k = {one['k']}{left_out}, {variant}"


def _pair(figures: Mapping[str, float]) -> str:
    return f"{figures['hit_pct']:.1f}, {figures['wrong_of_answers_pct']:.1f}"
