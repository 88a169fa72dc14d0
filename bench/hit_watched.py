"""``hit-watched``: how soon cached answers are said while people look at the dashboard.

The load of ``hit`` twice at ``calls`` calls, on a store that holds ``turns`` turns: unwatched
(``off_``), and with so many ``pages`` open at *Overview* over seven days (``on_``). A page follows
the events, asks what the overview asks, and rests for twenty times what that took, as ``live.js``
does.
``ratio_``: on over off; ``looks``: how often a page was brought up to date.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

import uvloop

from bench.hit import TURN, load, material, summary
from bench.recorded import decided, fill
from bench.seeded import TENANT, environment
from bench.server import ADMIN_TOKEN, ServerProcess
from gateway.adapters.store import open_store
from gateway.settings.whole import Settings

ASKED = ("stats", "status", "latency", "course")
"""The queries of a look."""
RESTS, LONGEST = 20, 15.0
"""Times what a look took, in which a page rests; and the most that it does, in seconds."""
PINNED = {"FRONTLINE_MATCH__NEAR_SHARE": "0.05"}
"""The near share that is reckoned with: the turns put there tell of another, which is not what is
measured."""
COMPARED = ("partial_p50_ms", "partial_p99_ms", "final_p50_ms", "final_p99_ms")


def run(
    settings: Settings,
    calls: int = 50,
    pages: int = 1,
    turns: int = 100_000,
    seconds: float = 45.0,
    seed: int = 7,
) -> dict[str, Any]:
    """Measure without the pages, then with them; about three minutes."""
    said = material(settings, calls * seconds / TURN, seed)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="frontline-watched-") as name:
        own = Path(name) / "store"
        shutil.copytree(said.folder, own)
        with closing(open_store(f"sqlite:///{own}")) as store:
            fill(store, decided(said.catalogue, said.encoder), turns, seed)
        for prefix, open_pages in (("off_", 0), ("on_", pages)):
            with (
                ServerProcess(environment(settings, own, **PINNED)) as server,
                watched(server.address, open_pages) as looks,
                asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
            ):
                samples = runner.run(
                    load(server.address, calls, seconds, said.seeded, said.fresh.copy())
                )
            figures |= {prefix + one: value for one, value in summary(samples, "").items()}
            figures[f"{prefix}looks"] = float(len(looks))
    figures |= {f"ratio_{one}": ratio(figures, one) for one in COMPARED}
    return {
        "bench": "hit-watched",
        "parameters": {"calls": calls, "pages": pages, "turns": turns, "seconds": seconds},
        "figures": figures,
        "goals": {"ratio_final_p99_ms": "<= 1.1", "ratio_partial_p99_ms": "<= 1.1"},
    }


def ratio(figures: dict[str, float], name: str) -> float:
    """Return what a figure is with the pages, in terms of what it is without."""
    return round(figures[f"on_{name}"] / figures[f"off_{name}"], 3)


@contextmanager
def watched(address: str, pages: int) -> Iterator[list[float]]:
    """So many pages open; the seconds that each of their looks took."""
    looks: list[float] = []
    over = threading.Event()
    threads = [
        threading.Thread(target=_look, args=(address, over, looks)) for _ in range(pages)
    ] + [threading.Thread(target=_follow, args=(address, over), daemon=True) for _ in range(pages)]
    for one in threads:
        one.start()
    try:
        yield looks
    finally:
        over.set()
        for one in threads[:pages]:
            one.join()


def _look(address: str, over: threading.Event, looks: list[float]) -> None:
    rest = 0.0
    while not over.wait(rest):
        began = time.perf_counter()
        for what in ASKED:
            _read(address, f"{what}?tenant={TENANT}&window=7d")
        looks.append(time.perf_counter() - began)
        rest = min(LONGEST, RESTS * looks[-1])


def _follow(address: str, over: threading.Event) -> None:
    try:
        with urllib.request.urlopen(_request(address, f"events?tenant={TENANT}")) as stream:
            while not over.is_set() and stream.readline():
                pass
    except (URLError, OSError):
        return  # the server has ended


def _read(address: str, query: str) -> None:
    with urllib.request.urlopen(_request(address, query), timeout=60) as answer:
        answer.read()


def _request(address: str, query: str) -> urllib.request.Request:
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    return urllib.request.Request(f"http://{address}/admin/v1/{query}", headers=headers)
