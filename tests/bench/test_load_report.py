"""The findings of ``load``."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.load_calls import Heard, Report
from bench.load_report import Findings, nice, plot, thinned
from bench.load_watch import Sample


def findings() -> Findings:
    found = Findings(100.0, 10.0, {"calls": 2, "door": "native"})
    heard = [
        Heard(101.0, "hit", "native", 0.01, "cache", "a"),
        Heard(112.0, "hit", "native", 0.03, "cache", "a", right=False),
        Heard(113.0, "hit", "native"),
        Heard(114.0, "miss", "native", 0.4, "handoff"),
        Heard(115.0, "barge", "native", 0.02, "cache", "a", stopped=0.005),
        Heard(116.0, "barge", "native", 0.02, "cache", "a", stopped=-1.0),
    ]
    found.take(Report(118.0, open=2, opened=3, hung_up=1, refused=1, heard=heard, why="no <room>"))
    return found


def test_what_went_wrong_is_counted_where_it_happened() -> None:
    told = findings().told()
    figures = told["figures"]
    assert figures["turns"] == 6
    assert figures["lost_turns"] == figures["wrong_sound"] == figures["other_path"] == 1
    assert figures["unstopped"] == figures["refused"] == 1
    assert (figures["hit_p50_ms"], figures["hit_p99_ms"]) == (10.0, 30.0)
    assert figures["stop_p50_ms"] == 5.0
    first, second = told["slices"]
    assert (first["turns"], second["turns"], second["lost_hit"]) == (1, 5, 1)


def test_a_leak_shows_between_begin_and_end() -> None:
    found = findings()
    found.samples = [
        Sample(10.0 * n, 100.0 + n, 20, 8, n / 2, 1, tasks=12, complaints=0) for n in range(100)
    ]
    figures = found.figures()
    assert figures["rss_mib_end"] - figures["rss_mib_begin"] == 80.0
    assert figures["descriptors_begin"] == figures["descriptors_end"] == 20
    assert figures["cpu_pct"] == 5.0


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    found = findings()
    found.samples = [Sample(10.0 * n, 100.0, 20, 8, 1.0, 1) for n in range(3)]
    found.write(tmp_path / "run")
    page = (tmp_path / "run.html").read_text()
    assert page.count("<svg") == 5
    assert "no &lt;room&gt;" in page
    assert "src=" not in page
    assert "href=" not in page
    assert json.loads((tmp_path / "run.json").read_text())["figures"]["turns"] == 6


def test_a_plot_is_drawn_to_its_highest_point() -> None:
    drawn = ET.fromstring(plot("a < b", [("one", [(0, 0), (50, 3), (100, 4)])]))
    (line,) = (one for one in drawn if one.tag.endswith("polyline"))
    points = [tuple(map(float, one.split(","))) for one in line.attrib["points"].split()]
    assert points[0] == (56.0, 198.0)
    assert points[-1] == (848.0, 30.0)


def test_thinning_hides_no_peak() -> None:
    points = [(float(n), 9.0 if n == 777 else 1.0) for n in range(5000)]
    assert (777.0, 9.0) in thinned(points)
    assert len(thinned(points)) <= 240


def test_an_axis_ends_at_a_round_figure() -> None:
    assert [nice(top) for top in (0, 3, 41, 99, 180)] == [1.0, 4, 50, 100, 200]
