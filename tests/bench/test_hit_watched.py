"""The benchmark of hits beside open dashboards: it does as the page does."""

from __future__ import annotations

import re
from pathlib import Path

from bench.hit_watched import ASKED, COMPARED, LONGEST, RESTS, ratio

PAGES = Path(__file__).parents[2] / "gateway" / "web" / "dashboard"


def test_a_page_rests_and_asks_as_the_dashboard_does() -> None:
    live = (PAGES / "live.js").read_text()
    told = {name: float(value) for name, value in re.findall(r"const (\w+) = ([\d_]+);", live)}
    assert (told["RESTS"], told["LONGEST"]) == (RESTS, 1000 * LONGEST)
    overview = (PAGES / "overview.js").read_text()
    assert tuple(re.findall(r'get\("/(\w+)", asked\)', overview)) == ASKED


def test_the_pages_cost_what_is_slower_with_them() -> None:
    figures = {f"off_{name}": 4.0 for name in COMPARED} | {f"on_{name}": 5.0 for name in COMPARED}
    assert {ratio(figures, name) for name in COMPARED} == {1.25}
