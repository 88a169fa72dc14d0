"""Build time: risk-coverage curves as PNG and SVG. The same figures give the same files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SUFFIXES = (".png", ".svg")
HIGHEST = 15.0
"""Wrong answers drawn, in percent: nobody would run a line beyond it."""
BAND = 20.0
"""Answers in percent of all below which the band is not drawn: it would fill the picture."""

Curve = Sequence[Mapping[str, float]]
"""Points of ``evaluate.risk_coverage``."""


class PlotError(Exception):
    """The picture cannot be drawn; the text names the mend."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One operating point."""

    name: str
    hit_pct: float
    wrong_pct: float


def files(path: Path) -> list[Path]:
    """Return what ``save`` writes: both forms, unless the path names one.

    Raises ``PlotError`` also where nothing can be drawn at all: ask before long work.
    """
    if not find_spec("matplotlib"):
        raise PlotError("drawing needs matplotlib: pip install 'frontline[build]'")
    if not path.suffix:
        return [path.with_suffix(suffix) for suffix in SUFFIXES]
    if path.suffix.lower() not in SUFFIXES:
        raise PlotError(f"{path}: {path.suffix} is no form of ours: use .png, .svg or no ending")
    return [path]


def save(
    curves: Mapping[str, Curve],
    path: Path,
    *,
    title: str,
    budget_pct: float,
    marks: Sequence[Mark] = (),
) -> list[Path]:
    """Draw what is answered against what is wrong; returns the files written.

    The first curve is ours: drawn boldest, with its 95 % interval as a band. Raises ``PlotError``.
    """
    wanted = files(path)
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Ids inside an SVG are random and its date is today's unless told otherwise.
    with mpl.rc_context({"svg.hashsalt": "frontline", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7, 4.5), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.axhline(budget_pct, color="0.4", linewidth=0.8, linestyle=":", zorder=1)
        axes.annotate(
            f"budget {budget_pct:g} %", (99.5, budget_pct), ha="right", va="bottom", fontsize=8
        )
        for number, (name, curve) in enumerate(curves.items()):
            hits = [point["hit_pct"] for point in curve]
            wrong = [point["wrong_of_answers_pct"] for point in curve]
            ours = number == 0
            axes.plot(
                hits, wrong, label=name, linewidth=2.2 if ours else 1.2, zorder=3 if ours else 2
            )
            if ours:
                wide = [p for p in curve if p["hit_pct"] >= BAND]
                axes.fill_between(
                    [p["hit_pct"] for p in wide],
                    [p["wrong_of_answers_pct_low"] for p in wide],
                    [p["wrong_of_answers_pct_high"] for p in wide],
                    alpha=0.15,
                    linewidth=0,
                )
        above = 0
        for mark in sorted(marks, key=lambda one: one.hit_pct):
            beyond = mark.wrong_pct > HIGHEST
            at = (mark.hit_pct, min(mark.wrong_pct, HIGHEST))
            text = f"{mark.name}: {mark.wrong_pct:.0f} %" if beyond else mark.name
            axes.plot(*at, "^" if beyond else "o", markersize=5, color="k", zorder=4)
            below = -9 - 10 * above  # those above the picture are side by side: texts step down
            axes.annotate(
                text,
                at,
                xytext=(6, below if beyond else -9),
                textcoords="offset points",
                fontsize=8,
            )
            above += beyond
        highest = max(
            [p["wrong_of_answers_pct"] for c in curves.values() for p in c]
            + [mark.wrong_pct for mark in marks],
            default=0.0,
        )
        axes.set_xlim(0, 100)
        axes.set_ylim(0, min(max(1.1 * highest, 2.5 * budget_pct, 1.0), HIGHEST + 0.5))
        axes.set(
            title=title,
            xlabel="answered rightly, % of queries that have an answer",
            ylabel="wrong, % of answers",
        )
        axes.grid(visible=True, alpha=0.3)
        if len(curves) > 1:
            axes.legend(loc="upper left", fontsize=8)
        for file in wanted:
            about = {"Date": None} if file.suffix.lower() == ".svg" else {"Software": None}
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                figure.savefig(file, dpi=150, metadata=about)
            except OSError as error:
                raise PlotError(f"{file}: {error.strerror}") from None
    return wanted
