"""``admin``: how long the admin API takes to answer, on a store with many recorded turns.

What is asked is drawn from the table of operations: every one that reads, in the ways the dashboard
and a person ask it. One that the table has and ``ASKED`` does not is asked plainly. A download is
timed to its first byte: it goes on as long as there are turns. Left out is what is no query: the
stream of events, and the groups of misses, which are a job with progress.

``--set store=redis`` starts a redis-server and measures a replica that has taken everything in.
"""

from __future__ import annotations

import http.client
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from bench.caller import quantiles
from bench.recorded import decided, fill
from bench.seeded import BANK, TENANT, environment
from bench.server import ADMIN_TOKEN, ServerProcess
from cache_seed.publish import seed as publish
from gateway.adapters.store import open_store
from gateway.admin.api import OPERATIONS, PLACE
from gateway.errors import UsageError
from gateway.ports.records import TurnQuery
from gateway.ports.store import Store
from gateway.settings.whole import Settings
from gateway.wiring.voices import recipe_of
from intents.models.encoder import Encoder

LEFT_OUT = {"/events", "/misses/clusters"}
WINDOWED = ("?window=1h", "?window=24h", "?window=7d")
ASKED: Mapping[str, tuple[str, ...]] = {
    "/stats": (*WINDOWED, "?window=7d&tenant=*"),
    "/latency": (*WINDOWED, "?window=7d&tenant=*"),
    "/course": (*WINDOWED, "?window=7d&tenant=*"),
    "/status": ("?window=24h", "?window=7d"),
    "/entries": ("?limit=500", "?search=card", ""),
    "/misses": ("?limit=50", "?limit=500", "?limit=50&open=false", "?path=handoff"),
    "/turns": (
        *("?limit=50", "?limit=500", "?flagged=true", "?shadow=true", "?path=cache"),
        *("?path=handoff", "?entry={entry}", "?call={call}", "?before={middle}&limit=50"),
        *("?tenant=*&limit=50", "?entry=none-of-that-name"),
    ),
    "/turns/{id}": ("{middle}",),
    "/entries/{id:path}": ("{entry}",),
    "/clips": ("?key=entry:{entry}",),
}
"""Path of an operation -> the ways it is asked; what a path names takes the place of its name."""
WARM = 2


def run(
    settings: Settings, turns: int = 100_000, rounds: int = 20, store: str = "sqlite"
) -> dict[str, Any]:
    """Fill a store, then ask everything in turn, ``rounds`` times."""
    if store not in ("sqlite", "redis"):
        raise UsageError(f"--set store: sqlite or redis, not {store}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="frontline-admin-")))
        url = f"sqlite:///{folder}" if store == "sqlite" else stack.enter_context(_redis(folder))
        where = {"FRONTLINE_STORE__URL": url, "FRONTLINE_STORE__REPLICA": str(folder / "replica")}
        began = time.perf_counter()
        names = fill_store(settings, url, folder / "replica", turns)
        filled = time.perf_counter() - began
        token = {"FRONTLINE_ADMIN__TOKEN": ADMIN_TOKEN}
        served = environment(settings, folder, **where, **token)
        with ServerProcess(served) as server:
            figures = measure(server, names, rounds)
    return {
        "parameters": {"turns": turns, "rounds": rounds, "store": store},
        "figures": {**figures, "filling_s": round(filled, 1)},
        "goals": {"slowest_p95_ms": "<= 100", "longest_stall_ms": "<= 5"},
    }


def fill_store(settings: Settings, url: str, replica: Path, turns: int) -> dict[str, str]:
    """Fill the store and return names of what is in it."""
    encoder = Encoder(Path(settings.model.folder), settings.model.threads)
    opened: Store = open_store(url, replica=replica, serving=True)
    try:
        publish(BANK, recipe_of(settings, TENANT), store=opened, encoder=encoder)
        catalogue = opened.load(TENANT)
        fill(opened, decided(catalogue, encoder), turns)
        newest = opened.turns(TurnQuery(tenant=TENANT, limit=1000))
    finally:
        opened.close()
    middle, entry = newest[len(newest) // 2], next(one for one in newest if one.entry)
    return {"middle": middle.id, "call": middle.call_id, "entry": entry.entry}


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    from tests.support.redis_server import PROGRAM, RedisServer

    if shutil.which(PROGRAM) is None:
        raise UsageError(f"store=redis takes {PROGRAM}: apt-get install redis-server")
    server = RedisServer(folder / "redis")
    server.start()
    try:
        yield server.url
    finally:
        server.kill()


def requests(names: Mapping[str, str]) -> dict[str, str]:
    """Return the target of each thing that is asked, by its name."""
    found = {}
    for one in OPERATIONS:
        if one.method != "GET" or one.path in LEFT_OUT:
            continue
        plain, _, named = one.path.partition("/{")
        for way in ASKED.get(one.path, ("",)):
            filled = way.format(**{key: quote(value, safe="") for key, value in names.items()})
            target = f"{plain}/{filled}" if named else plain + filled
            found[f"{one.handler.__name__} {way}".strip()] = PLACE + target
    return found


def measure(server: ServerProcess, names: Mapping[str, str], rounds: int) -> dict[str, float]:
    """Return the p95 of each in milliseconds, the slowest, the server's own CPU time, and how long
    its event loop stood still: the middle of the rounds, for the query that is worst at it."""
    asked = requests(names)
    taken: dict[str, list[float]] = {name: [] for name in asked}
    stood: dict[str, list[float]] = {name: [] for name in asked}
    used: dict[str, float] = dict.fromkeys(asked, 0.0)
    for number in range(rounds + WARM):
        for name, target in asked.items():
            server.stall_s()
            before, began = server.cpu_s(), time.perf_counter()
            _ask(server, target)
            if number >= WARM:
                taken[name].append(time.perf_counter() - began)
                used[name] += server.cpu_s() - before
                stood[name].append(server.stall_s())
    p95 = {f"{name}_p95_ms": 1000 * quantiles(times)[1] for name, times in taken.items()}
    cpu = {name: 1000 * spent / rounds for name, spent in used.items()}
    stall = {name: 1000 * median(times) for name, times in stood.items()}
    worst = max(stall, key=stall.__getitem__)
    print(f"the event loop stands still longest while it answers {worst}", file=sys.stderr)
    figures = {
        **p95,
        "slowest_p95_ms": max(p95.values()),
        "slowest_cpu_ms": max(cpu.values()),
        "longest_stall_ms": stall[worst],
    }
    return {name: round(value, 1) for name, value in figures.items()}


def _ask(server: ServerProcess, target: str) -> None:
    connection = http.client.HTTPConnection(server.address, timeout=60)
    try:
        connection.request("GET", target, headers={"Authorization": f"Bearer {ADMIN_TOKEN}"})
        answer = connection.getresponse()
        body = answer.read(1) if "/export" in target else answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{target}: {answer.status} {json.dumps(body[:200].decode())}")
