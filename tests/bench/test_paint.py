"""The benchmark of the dashboard's pages opens all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser

from bench import paint
from bench.paint import PAGES, measure

APP = Path(__file__).parents[2] / "gateway" / "web" / "dashboard" / "app.js"


def test_no_page_is_forgotten() -> None:
    (listed,) = re.findall(r"const PAGES = \{([^}]*)\}", APP.read_text())
    named = [(key or name) for key, name in re.findall(r"(?:(\w+): )?(\w+)", listed)]
    assert tuple(named) == PAGES


def test_the_slowest_of_all_rounds_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {place: iter([(10.0, 20.0), (30.0 + n, 40.0)]) for n, place in enumerate(PAGES)}
    monkeypatch.setattr(paint, "_sign_in", lambda browser, url: None)

    def opened(browser: Browser, url: str, place: str, state: Any) -> tuple[float, float]:
        return next(found[place])

    monkeypatch.setattr(paint, "_open", opened)
    figures = measure(cast(Browser, None), "", 2)
    assert figures["overview_paint_ms"] == 30.0
    assert figures["slowest_paint_ms"] == 30.0 + len(PAGES) - 1
    assert figures["slowest_ready_ms"] == 40.0
