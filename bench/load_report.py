"""The findings of ``load``: figures, slices of time, and a page with plots.

The page is one file with nothing to be fetched: plots are drawn as SVG.
"""

from __future__ import annotations

import html
import json
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.histogram import Histogram
from bench.load_calls import Heard, Report
from bench.load_watch import Sample

COUNTS = ("opened", "hung_up", "refused", "cut", "errors")
COLOURS = ("#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#475569")
SLICES = 240
"""The most slices that a plot shows; more are put together."""


@dataclass
class Slice:
    """A stretch of time and what happened in it."""

    counts: dict[str, int] = field(default_factory=dict)
    paths: dict[str, Histogram] = field(default_factory=dict)
    late: Histogram = field(default_factory=Histogram)
    open: int = 0

    def count(self, name: str, by: int = 1) -> None:
        """So many more of these."""
        if by:
            self.counts[name] = self.counts.get(name, 0) + by

    def hear(self, one: Heard) -> None:
        """Count what came of something said."""
        self.count("turns")
        if not one.after:
            self.count("lost_turns")
            self.count(f"lost_{one.kind}")
        else:
            self.paths.setdefault(one.kind, Histogram()).add(one.after)
        self.count("wrong_sound", not one.right)
        self.count("other_path", bool(one.path) and one.path != PATHS[one.kind])
        if one.stopped is not None:
            if one.stopped >= 0:
                self.paths.setdefault("stop", Histogram()).add(one.stopped)
            self.count("unstopped", one.stopped < 0)

    def merge(self, other: Slice) -> None:
        """Count what happened in the other as well."""
        for name, value in other.counts.items():
            self.count(name, value)
        for path, histogram in other.paths.items():
            self.paths.setdefault(path, Histogram()).merge(histogram)
        self.late.merge(other.late)
        self.open = max(self.open, other.open)


PATHS = {
    "hit": "cache",
    "barge": "cache",
    "choice": "cache",
    "clarify": "clarify",
    "miss": "agent",
}
"""The way that is foreseen for each."""


@dataclass
class Findings:
    """All slices and samples of a run so far."""

    began: float
    slice_s: float
    parameters: dict[str, Any]
    slices: dict[int, Slice] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def take(self, report: Report) -> None:
        """Count a report."""
        here = self._slice(report.at)
        here.open = max(here.open, report.open)
        for name in COUNTS:
            here.count(name, getattr(report, name))
        for late in report.late:
            here.late.add(late)
        for one in report.heard:
            self._slice(one.at).hear(one)
        self.seconds = max(self.seconds, report.at - self.began)
        if report.why and report.why not in self.notes and len(self.notes) < 20:
            self.notes.append(report.why)

    def _slice(self, at: float) -> Slice:
        return self.slices.setdefault(max(0, int((at - self.began) / self.slice_s)), Slice())

    def whole(self) -> Slice:
        """All slices together."""
        return together(self.slices.values())

    def figures(self) -> dict[str, float]:
        """The figures of the whole run."""
        whole = self.whole()
        found: dict[str, float] = {"seconds": round(self.seconds, 1)}
        names = ("turns", "lost_turns", "wrong_sound", "other_path", "unstopped", *COUNTS)
        found |= {name: whole.counts.get(name, 0) for name in names}
        for path, histogram in sorted(whole.paths.items()):
            for percent in (50, 99, 99.9):
                label = f"p{percent:g}".replace(".", "")
                found[f"{path}_{label}_ms"] = round(histogram.percentile(percent) * 1000, 1)
        found["callers_late_p99_ms"] = round(whole.late.percentile(99) * 1000, 1)
        return found | self._held()

    def _held(self) -> dict[str, float]:
        """Return what the server held at first and at last (a tenth of the looks), and its cost."""
        if len(self.samples) < 2:
            return {}
        part = max(1, len(self.samples) // 10)
        settled = self.samples[len(self.samples) // 10 :]
        found: dict[str, float] = {}
        for name in ("rss_mib", "descriptors", "threads", "tasks"):
            for label, some in (("begin", settled[:part]), ("end", settled[-part:])):
                values = [v for one in some if (v := getattr(one, name)) is not None]
                if values:
                    found[f"{name}_{label}"] = round(sum(values) / len(values), 1)
        first, last = self.samples[0], self.samples[-1]
        found["complaints"] = last.complaints
        if last.at > first.at and last.cpu_s >= first.cpu_s:
            cpu = (last.cpu_s - first.cpu_s) / (last.at - first.at)
            found["cpu_pct"] = round(100 * cpu, 1)
            calls = self.parameters.get("calls")
            if calls:
                found["cpu_ms_per_call_second"] = round(1000 * cpu / calls, 2)
        return found

    def told(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {
            "bench": "load",
            "parameters": self.parameters,
            "figures": self.figures(),
            "notes": self.notes,
            "slice_s": self.slice_s,
            "slices": [
                {"at": number * self.slice_s, **slice_told(self.slices[number])}
                for number in sorted(self.slices)
            ],
            "samples": [one.told() for one in self.samples],
            "histograms": {
                path: list(histogram.lines()) for path, histogram in self.whole().paths.items()
            },
        }

    def write(self, place: Path) -> None:
        """``PLACE.json`` and ``PLACE.html``, each whole at any time."""
        place.parent.mkdir(parents=True, exist_ok=True)
        told = self.told()
        put(place.with_suffix(".json"), json.dumps(told, indent=1))
        put(place.with_suffix(".html"), page(told))


def slice_told(one: Slice) -> dict[str, Any]:
    """A slice as JSON."""
    latency = {
        path: {f"p{p}": round(h.percentile(p) * 1000, 1) for p in (50, 99)}
        for path, h in sorted(one.paths.items())
    }
    return {"open": one.open, **one.counts, "latency_ms": latency}


def together(slices: Iterable[Slice]) -> Slice:
    """These slices as one."""
    whole = Slice()
    for one in slices:
        whole.merge(one)
    return whole


def put(path: Path, text: str) -> None:
    """Write a file so that whoever reads it sees the old one or the new one."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    os.replace(fresh, path)


# --- plots ---------------------------------------------------------------------------------------

Line = tuple[str, Sequence[tuple[float, float]]]

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}}
table{{border-collapse:collapse}}td,th{{padding:.15rem .8rem .15rem 0;text-align:left}}
td+td{{text-align:right}}svg{{max-width:100%;height:auto}}
.two{{columns:2}}@media(max-width:40rem){{.two{{columns:1}}}}</style>
<h1>{title}</h1><p>{about}</p>{plots}<h2>Figures</h2><div class="two"><table>{figures}</table></div>
{notes}</html>
"""


def page(told: dict[str, Any]) -> str:
    """The findings as a page."""
    plots = "".join(f"<figure>{one}</figure>" for one in plots_of(told))
    rows = "".join(
        f"<tr><td>{html.escape(key)}</td><td>{value:g}</td></tr>"
        for key, value in told["figures"].items()
    )
    about = ", ".join(f"{key} {value}" for key, value in told["parameters"].items() if value != "")
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in told["notes"])
    title = f"Load: {told['figures']['seconds']:.0f} seconds"
    return PAGE.format(
        title=title, about=html.escape(about), plots=plots, figures=rows, notes=notes
    )


def plots_of(told: dict[str, Any]) -> list[str]:
    """The plots: latencies and what went wrong by slice, what the server held by sample."""
    slices, samples = told["slices"], told["samples"]
    paths = sorted({path for one in slices for path in one["latency_ms"]})
    found = [
        plot(
            f"{percent} from the end of the words to the first sound (ms)",
            [
                (
                    path,
                    [
                        (one["at"], one["latency_ms"][path][percent])
                        for one in slices
                        if path in one["latency_ms"]
                    ],
                )
                for path in paths
            ],
        )
        for percent in ("p50", "p99")
    ]
    found.append(
        plot(
            "Calls open, turns and what went wrong, by slice",
            [
                (name.replace("_", " "), [(one["at"], one.get(name, 0)) for one in slices])
                for name in ("open", "turns", "lost_turns", "wrong_sound", "refused", "cut")
            ],
        )
    )
    return found + held(samples)


def held(samples: Sequence[dict[str, float]]) -> list[str]:
    """Plots of what the server held."""
    if len(samples) < 2:
        return []
    names = ("descriptors", "tasks", "threads", "complaints")
    return [
        plot("Resident memory (MiB)", [("memory", [(s["at"], s["rss_mib"]) for s in samples])]),
        plot(
            "Descriptors, tasks, threads, and warnings or errors in the log",
            [(name, [(s["at"], s[name]) for s in samples if name in s]) for name in names],
        ),
    ]


def plot(title: str, lines: Sequence[Line], width: int = 860, height: int = 240) -> str:
    """Lines over seconds, as SVG."""
    lines = [(name, thinned(points)) for name, points in lines if points]
    across = max((x for _, points in lines for x, _ in points), default=0.0) or 1.0
    top = nice(max((y for _, points in lines for _, y in points), default=0.0))
    left, low, right = 56, height - 42, width - 12

    def at(x: float, y: float) -> str:
        return f"{left + (right - left) * x / across:.1f},{low - (low - 30) * y / top:.1f}"

    marks = "".join(
        f'<path d="M{left} {y:.1f}H{right}" stroke="#e2e8f0"/>'
        f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{top * part / 4:g}</text>'
        for part in range(5)
        for y in (low - (low - 30) * part / 4,)
    )
    times = "".join(
        f'<text x="{left + (right - left) * part / 4:.0f}" y="{low + 15}" text-anchor="middle">'
        f"{clock(across * part / 4)}</text>"
        for part in range(5)
    )
    drawn = "".join(
        f'<polyline fill="none" stroke="{COLOURS[n % 6]}" stroke-width="1.5" points="'
        f'{" ".join(at(x, y) for x, y in points)}"/>'
        f'<text x="{left + n * 125}" y="{height - 6}" fill="{COLOURS[n % 6]}">'
        f"{html.escape(name)}</text>"
        for n, (name, points) in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="system-ui,sans-serif" font-size="12">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<text x="{left}" y="18" font-size="14">{html.escape(title)}</text>'
        f"{marks}{times}{drawn}</svg>"
    )


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most ``SLICES`` points: the highest of each stretch, so that no peak is hidden."""
    step = max(1, math.ceil(len(points) / SLICES))
    return [max(points[at : at + step], key=lambda p: p[1]) for at in range(0, len(points), step)]


def nice(top: float) -> float:
    """The end of an axis that holds this."""
    if top <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(top))
    return next(step * power for step in (1, 2, 4, 5, 8, 10, 20) if step * power >= top)


def clock(seconds: float) -> str:
    """Return minutes and seconds, or hours and minutes."""
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600} h {whole % 3600 // 60:02d}"
