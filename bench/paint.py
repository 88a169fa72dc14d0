"""``paint``: how soon the pages of the dashboard are there, on a store with many recorded turns.

Every page is opened in a real Chromium that has nothing of it in its cache and is signed in.
``_paint_ms``: from the navigation to the first text on the screen; ``_ready_ms``: to
all that the page shows at first. Of ``rounds`` the slowest counts: a person waits for that one too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.admin import fill_store
from bench.seeded import environment
from bench.server import ADMIN_TOKEN, ServerProcess
from gateway.errors import UsageError
from gateway.settings.whole import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGES = ("overview", "calls", "answers", "missed", "try", "tune", "import")
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


def run(settings: Settings, turns: int = 100_000, rounds: int = 5) -> dict[str, Any]:
    """Fill a store, then open every page ``rounds`` times; about a minute and a half."""
    with tempfile.TemporaryDirectory(prefix="frontline-paint-") as name:
        folder = Path(name)
        fill_store(settings, f"sqlite:///{folder}", folder / "replica", turns)
        with (
            ServerProcess(
                environment(settings, folder, FRONTLINE_ADMIN__TOKEN=ADMIN_TOKEN)
            ) as server,
            _browser() as browser,
        ):
            figures = measure(browser, f"http://{server.address}/dashboard", rounds)
    return {
        "parameters": {"turns": turns, "rounds": rounds},
        "figures": figures,
        "goals": {"slowest_paint_ms": "<= 1000"},
    }


@contextmanager
def _browser() -> Iterator[Browser]:
    from tests.browser.chromium import CHROMIUM, chromium

    if not CHROMIUM.exists():
        raise UsageError("paint takes a browser: apt-get install chromium")
    with chromium() as browser:
        yield browser


def measure(browser: Browser, url: str, rounds: int) -> dict[str, float]:
    """Return the slowest paint and the slowest readiness of each page, and of all of them."""
    signed_in = _sign_in(browser, url)
    figures: dict[str, float] = {}
    for place in PAGES:
        opened = [_open(browser, url, place, signed_in) for _ in range(rounds)]
        figures[f"{place}_paint_ms"] = max(paint for paint, _ in opened)
        figures[f"{place}_ready_ms"] = max(ready for _, ready in opened)
    for what in ("paint", "ready"):
        figures[f"slowest_{what}_ms"] = max(figures[f"{place}_{what}_ms"] for place in PAGES)
    return figures


def _sign_in(browser: Browser, url: str) -> Any:
    """The cookies of somebody who has signed in."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    page.get_by_label("Token").fill(ADMIN_TOKEN)
    page.get_by_role("button", name="Sign in").click()
    page.locator("main[data-ready=yes]").wait_for()
    state = context.storage_state()
    context.close()
    return state


def _open(browser: Browser, url: str, place: str, signed_in: Any) -> tuple[float, float]:
    """(first paint, all there) of the page in ms, by a browser that has never seen it."""
    context = browser.new_context(storage_state=signed_in, viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(f"{url}#/{place}", wait_until="commit")
    page.locator(f"main[data-page={place}][data-ready=yes]").wait_for()
    ready, paint = page.evaluate("() => performance.now()"), page.evaluate(PAINT)
    context.close()
    return round(paint, 1), round(ready, 1)
