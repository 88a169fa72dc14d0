"""``growth``: what more questions, tenants, workers and calls cost, one thing at a time.

``of`` names what grows, several with commas: ``questions``, ``tenants``, ``workers``, ``calls``.
Each is a run of its own, and its steps can be given (``tenants=1,100``):

* ``questions``: one match against a table so large, five questions an entry, on one thread
  (``match_speed``); what the catalogue adds to a process, and the time it takes to build.
* ``tenants``: a gateway with so many call centres, each with the bank's table and an encoder of its
  own where the table is trained. ``up_s`` from its start until it answers; ``hit_*`` from a final
  in words that nobody said before to the first sound, ``TURNS_A_SECOND`` of them over all tenants.
* ``workers``: ``load`` with ``WORDED_CALLS`` calls by so many processes behind one socket.
* ``calls``: ``capacity`` with so many telephone calls on one core.

With ``plot=FILE.png`` the curves are drawn, a panel for each thing that grew.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import capacity, load, match_speed
from bench.caller import Caller, quantiles, sleep_until
from bench.hit import answers, wordings
from bench.seeded import TENANT, bank, environment
from bench.server import ServerProcess
from gateway.adapters.store import open_store
from gateway.errors import UsageError
from gateway.ports.store import Catalogue, Draft
from gateway.settings.whole import Settings
from intents.learning.knowledge import Knowledge
from intents.matcher import Matcher

ROUNDS = 200
"""Timed matches of each size of table."""
TURNS_A_SECOND = 10
SECONDS = 20.0
"""The length of the steps of tenants and of workers."""
WORDED_CALLS = 100
UP_WITHIN = 600.0
"""Seconds that a gateway may take to load all tenants."""
DRAWN = {
    "questions": ("p50_ms", "p99_ms", "rss_mib"),
    "tenants": ("hit_p50_ms", "hit_p99_ms", "rss_mib", "up_s"),
    "workers": ("hit_p50_ms", "hit_p99_ms", "miss_p50_ms"),
    "calls": ("hit_p50_ms", "hit_p99_ms", "cpu_pct"),
}
"""The figures in the picture."""

Figures = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Parameters of a run: what grows, and the steps of each."""

    of: str = "questions,tenants,workers,calls"
    questions: int | str = "100,1000,10000,100000"
    tenants: int | str = "1,10,100,500"
    workers: int | str = "1,2"
    calls: int | str = "50,100,200,400"
    plot: str = ""
    seed: int = 7

    def steps(self, name: str) -> list[int]:
        """The sizes of one thing that grows."""
        return [int(one) for one in str(getattr(self, name)).split(",")]


def run(settings: Settings, **given: Any) -> dict[str, Any]:
    """Measure each thing named in ``of``. ``given``: fields of ``Options``."""
    options = Options(**given)
    random.seed(options.seed)
    wanted = [one for one in options.of.split(",") if one]
    if unknown := [one for one in wanted if one not in GROWS]:
        raise UsageError(f"of is some of {', '.join(GROWS)}; got {unknown[0]!r}")
    found = {
        name: {size: GROWS[name](settings, size) for size in options.steps(name)} for name in wanted
    }
    if options.plot:
        draw(found, Path(options.plot))
    return {
        "bench": "growth",
        "parameters": {name: str(getattr(options, name)) for name in (*wanted, "seed")},
        "figures": {
            f"{name}{size}_{key}": value
            for name, steps in found.items()
            for size, figures in steps.items()
            for key, value in figures.items()
        },
        "goals": {},
    }


def of_questions(settings: Settings, size: int) -> Figures:
    """A match against a table of so many questions."""
    figures = match_speed.figures(Path(settings.model.folder), size, ROUNDS, "")
    return {key.removeprefix("_"): value for key, value in figures.items()}


def of_workers(settings: Settings, size: int) -> Figures:
    """Calls in words that so many processes share."""
    done = load.run(settings, calls=WORDED_CALLS, seconds=SECONDS, workers=size)
    kept = ("hit_p50_ms", "hit_p99_ms", "miss_p50_ms", "miss_p99_ms", "lost_turns", "cut")
    return {key: done["figures"][key] for key in kept if key in done["figures"]}


def of_calls(settings: Settings, size: int) -> Figures:
    """Telephone calls on one core."""
    figures = capacity.run(settings, calls=size)["figures"]
    ending = f"_{size}"
    return {key[: -len(ending)]: one for key, one in figures.items() if key.endswith(ending)}


# --- tenants ------------------------------------------------------------------------------------


def of_tenants(settings: Settings, size: int) -> Figures:
    """A gateway with so many call centres."""
    folder = Path(tempfile.gettempdir()) / "frontline-bench"
    catalogue, encoder = bank(settings, folder)
    matcher = Matcher(Knowledge.from_bytes(catalogue.knowledge), encoder)
    texts = [q for e in catalogue.entries if not e.action for q in e.questions]
    plain = [text for text in texts if answers(matcher, text)]
    fresh = wordings(matcher, plain, turns=2 * TURNS_A_SECOND * SECONDS)
    with housed(folder, catalogue, size) as (own, names):
        began = time.perf_counter()
        there = environment(settings, own, FRONTLINE_TENANT__DEFAULT=names[0])
        with ServerProcess(there, within=UP_WITHIN) as up:
            until_ready(up.address)
            up_s = time.perf_counter() - began
            heard = asyncio.run(asked(up.address, names, fresh))
            rss = up.rss_kib() / 1024
    p50, _, p99 = quantiles([one for one in heard if one] or [0.0])
    return {
        "up_s": round(up_s, 2),
        "rss_mib": round(rss, 1),
        "hit_p50_ms": round(1000 * p50, 2),
        "hit_p99_ms": round(1000 * p99, 2),
        "turns": len(heard),
        "lost_turns": sum(not one for one in heard),
    }


@contextmanager
def housed(folder: Path, catalogue: Catalogue, size: int) -> Iterator[tuple[Path, list[str]]]:
    """A store with so many tenants, all of the same table."""
    with tempfile.TemporaryDirectory(prefix="frontline-growth-") as place:
        own = Path(place) / "store"
        shutil.copytree(folder, own)
        names = [TENANT, *(f"{TENANT}{number}" for number in range(1, size))]
        with closing(open_store(f"sqlite:///{own}")) as store:
            for name in names[1:]:
                store.publish(
                    Draft(
                        tenant=name,
                        entries=catalogue.entries,
                        clips=catalogue.clips,
                        knowledge=catalogue.knowledge,
                        summary=catalogue.summary,
                        source=catalogue.source,
                    )
                )
        yield own, names


def until_ready(address: str) -> None:
    """Wait until all catalogues are loaded."""
    urllib.request.urlopen(f"http://{address}/readyz", timeout=UP_WITHIN).close()


async def asked(address: str, names: Sequence[str], fresh: list[str]) -> list[float]:
    """Have calls ask, each of another tenant in turn; the seconds to the first sound, 0 if there
    was none. Open loop: turns begin at their instants, whatever comes back."""
    heard: list[float] = []
    start = time.perf_counter() + 1.0
    async with asyncio.TaskGroup() as calls:
        for number in range(round(TURNS_A_SECOND * SECONDS)):
            at = start + number / TURNS_A_SECOND
            # a prime step: neighbours in time are no neighbours in the store
            tenant = names[number * match_speed.STRIDE % len(names)]
            calls.create_task(one_turn(address, tenant, fresh.pop(), at, heard))
    return heard


async def one_turn(address: str, tenant: str, text: str, at: float, heard: list[float]) -> None:
    """A call of one question."""
    await sleep_until(at - 0.5)
    audio = {"encoding": "mulaw", "sample_rate": 8000}
    caller = await Caller.dial(address, stt="client", tenant=tenant, audio=audio)
    listening = asyncio.get_running_loop().create_task(caller.listen())
    await sleep_until(at)
    await caller.send(type="final", text=text)
    await asyncio.sleep(2.0)
    await caller.close()
    await listening
    turn = caller.turns.get(1)
    heard.append(turn.audio_at - at if turn and turn.source == "cache" else 0.0)


GROWS: dict[str, Callable[[Settings, int], Figures]] = {
    "questions": of_questions,
    "tenants": of_tenants,
    "workers": of_workers,
    "calls": of_calls,
}


# --- the picture --------------------------------------------------------------------------------


def draw(found: dict[str, dict[int, Figures]], path: Path) -> None:
    """A panel for each thing that grew; what is drawn is of different units, on one scale."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(found), 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(found), squeeze=False)[0]
    for axes, (name, steps) in zip(panels, found.items(), strict=True):
        for key in DRAWN[name]:
            points = [(size, one[key]) for size, one in steps.items() if one.get(key)]
            axes.plot(*zip(*points, strict=True), marker="o", label=key.replace("_", " "))
        axes.set(xscale="log", yscale="log", xlabel=name)
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
