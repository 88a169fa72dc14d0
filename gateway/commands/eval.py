"""``frontline eval``: hits and wrong answers on labelled queries, or on CLINC150."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.commands.console import dump, note, progress, say, table
from gateway.commands.parts import live_catalogue, opened_encoder, opened_store
from gateway.errors import DataError
from gateway.settings import Settings
from intents import evaluate
from intents.decision import Decision
from intents.knowledge import Knowledge
from intents.matcher import Matcher

CLINC = evaluate.CLINC_FILE
SHOWN = 20
"""Wrong answers printed for a person; --json has them all."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Measure and print; 0 whatever the figures are."""
    path = Path(args.file)
    if path.is_dir() or path.name == CLINC:
        result = clinc(path if path.is_dir() else path.parent, args, settings)
    else:
        result = labelled(path, settings)
    if args.plot:
        plot(result["curve"], Path(args.plot))
        note(f"risk-coverage curve: {args.plot}")
    if args.json:
        dump(result)
    else:
        show(result)
    return 0


def clinc(folder: Path, args: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    """Its own catalogue from a few examples of each intent; our matcher beside plain cosine."""
    if args.plot:
        raise DataError("--plot draws the curve of a labelled file, not of CLINC150")
    opened_encoder(settings)  # a missing model is told in one line, as everywhere
    model = Path(settings.model.folder)
    encoder = evaluate.RememberingEncoder(model, model.parent / "clinc" / "vectors.npz")
    with progress() as tell:
        figures = evaluate.clinc(
            folder,
            encoder,
            k=args.per_intent,
            draws=args.draws,
            max_wrong_rate=settings.match.max_wrong_rate,
            progress=tell,
        )
    return {"data": "clinc150", "max_wrong_rate": settings.match.max_wrong_rate, "figures": figures}


def labelled(path: Path, settings: Settings) -> dict[str, Any]:
    """The live catalogue on the queries of a file."""
    queries = read(path)
    encoder = opened_encoder(settings)
    with opened_store(settings, read_only=True) as store:
        catalogue = live_catalogue(store, settings.tenant.default)
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    decisions = evaluate.decide(matcher, queries)
    counted = evaluate.evaluate(matcher, queries, decisions)
    return {
        "data": path.name,
        "tenant": catalogue.tenant,
        "catalogue": catalogue.number,
        "figures": {
            "queries": counted.queries,
            "known": counted.known,
            "answers": counted.answers,
            "right": counted.right,
            **counted.figures(),
        },
        "wrong": wrong(queries, decisions),
        "curve": evaluate.risk_coverage(evaluate.scores(decisions, queries)),
    }


def read(path: Path) -> list[evaluate.Query]:
    """Labelled queries of a CSV, or of a JSON list of objects with ``text`` and ``entry``."""
    try:
        data = path.read_bytes()
        if path.suffix.lower() != ".json":
            return evaluate.load(data)
        return [
            evaluate.Query(str(one["text"]), str(one.get("entry") or "")) for one in loads(data)
        ]
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except evaluate.EvaluationError as error:
        raise DataError(f"{path}: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DataError(
            f'{path}: not a JSON list of objects {{"text": ..., "entry": ...}}'
        ) from None


def loads(data: bytes) -> list[Any]:
    """A JSON list that is not empty; raises ``ValueError``."""
    found = json.loads(data)
    if not isinstance(found, list) or not found:
        raise ValueError
    return found


def wrong(queries: Sequence[evaluate.Query], decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Queries that got an answer they should not have."""
    return [
        {
            "text": query.text,
            "meant": query.entry,
            "said": made.entry,
            "confidence": round(made.confidence, 4),
        }
        for query, made in zip(queries, decisions, strict=True)
        if made.entry and made.entry != query.entry
    ]


def show(result: Mapping[str, Any]) -> None:
    """The figures for a person, then what went wrong."""
    say(f"{result['data']}, catalogue {result.get('catalogue', 'of its own')}", style="bold")
    table(("figure", "value"), [(name, f"{v:g}") for name, v in result["figures"].items()])
    mistakes = result.get("wrong", [])
    if mistakes:
        say()
        rows = [(one["text"], one["meant"] or "-", one["said"]) for one in mistakes[:SHOWN]]
        table(("wrongly answered", "meant", "said"), rows)
    if len(mistakes) > SHOWN:
        say(f"and {len(mistakes) - SHOWN} more of these; --json shows all")


def plot(curve: Sequence[Mapping[str, float]], path: Path) -> None:
    """Hit rate against wrong rate, as a picture; the format follows from the file's name."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([p["hit_pct"] for p in curve], [p["wrong_of_answers_pct"] for p in curve])
    axes.set(xlabel="answered rightly, % of known queries", ylabel="wrong, % of answers")
    axes.grid(visible=True, alpha=0.3)
    try:
        figure.savefig(path, dpi=150)
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None
