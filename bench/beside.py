"""``beside``: how soon cached answers come while the same machine trains an encoder and seeds.

One server, one schedule of turns (that of ``hit``), three times: ``alone``; ``training``, while the
server trains the encoder of its own catalogue behind the calls; ``seeding``, while it goes on with
that and renders another tenant's table besides. Of each the percentiles of all hits, from the
intended instant of the final, and what they are in terms of those alone (``_over_alone_p99``).
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import uvloop

from bench.caller import quantiles
from bench.hit import TURN, Samples, load, material
from bench.seed import faq
from bench.seeded import TENANT, environment
from bench.server import ADMIN_TOKEN, ServerProcess
from cache_seed.table import write
from gateway.adapters.store import open_store
from gateway.ports.store import Catalogue, Draft, Store
from gateway.ports.work import TRAINING, Training, training_of
from gateway.settings.whole import Settings

BEGINS_WITHIN = 120.0
"""Seconds that a training may take to its first step."""
OTHER = "beside"
"""The tenant whose table is seeded meanwhile."""


def run(
    settings: Settings, calls: int = 20, seconds: float = 30.0, rows: int = 200, seed: int = 7
) -> dict[str, Any]:
    """Measure one after the other, on one server."""
    said = material(settings, 3 * calls * seconds / TURN, seed)
    figures: dict[str, float] = {}
    more = {"FRONTLINE_MATCH__TRAIN": "behind", "FRONTLINE_ADMIN__TOKEN": ADMIN_TOKEN}
    with (
        closing(open_store(f"sqlite:///{said.folder}")) as store,
        ServerProcess(environment(settings, said.folder, **more)) as server,
        ThreadPoolExecutor(1, "seeding") as thread,
    ):

        def measured(name: str) -> None:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                samples = runner.run(load(server.address, calls, seconds, said.seeded, said.fresh))
            figures.update(told(name, samples))

        try:
            measured("alone")
            work = wait_for_training(store, said.catalogue)
            figures["steps_before"] = steps(store, work)
            measured("training")
            job = thread.submit(seed_other, server.address, rows)
            measured("seeding")
            figures["steps_after"] = steps(store, work)
            figures["seeded_meanwhile"] = float(job.done())
            job.result()
        finally:
            store.publish(drafted(said.catalogue))  # as the other benchmarks expect it
    for name in ("training", "seeding"):
        ratio = figures[f"{name}_p99_ms"] / figures["alone_p99_ms"]
        figures[f"{name}_over_alone_p99"] = round(ratio, 2)
    return {
        "bench": "beside",
        "parameters": {"calls": calls, "seconds": seconds, "turn_s": TURN, "rows": rows},
        "figures": figures,
        "goals": {"training_over_alone_p99": "<= 2", "seeding_over_alone_p99": "<= 2"},
    }


def told(name: str, samples: Samples) -> dict[str, float]:
    """Figures of all hits, in ms."""
    every = samples.partial + samples.final + samples.speech
    found = {
        f"{name}_{label}_ms": round(value * 1000, 2)
        for label, value in zip(("p50", "p95", "p99"), quantiles(every), strict=True)
    }
    return found | {f"{name}_hits": len(every), f"{name}_lost": samples.lost}


def drafted(catalogue: Catalogue, **more: str) -> Draft:
    """The catalogue, to be published once more, with more in its summary."""
    return Draft(
        tenant=TENANT,
        entries=catalogue.entries,
        clips=catalogue.clips,
        knowledge=catalogue.knowledge,
        summary={**catalogue.summary, **more},
        source=catalogue.source,
    )


def wait_for_training(store: Store, catalogue: Catalogue) -> str:
    """Publish the catalogue as one that waits for its training; the work, once it has begun."""
    waiting = drafted(catalogue, **{TRAINING: uuid.uuid4().hex})
    store.publish(waiting)
    work = training_of(TENANT, waiting.summary)
    _until(lambda: steps(store, work) > 0)
    return work


def steps(store: Store, work: str) -> float:
    """Steps of training that were made."""
    course = Training.of_work(store.work(work), 0)
    return float(course.of if course.over else course.done)


def _until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + BEGINS_WITHIN
    while not true():
        if time.monotonic() > give_up:
            raise RuntimeError(f"the training did not begin within {BEGINS_WITHIN:.0f} s")
        time.sleep(0.2)


def seed_other(address: str, rows: int) -> None:
    """Seed a table that nothing of was rendered yet, over HTTP, for another tenant."""
    salt = uuid.uuid4().hex[:6]
    entries = [replace(one, answer=f"{one.answer} Ask for {salt}.") for one in faq(rows)]
    asked = urllib.request.Request(
        f"http://{address}/admin/v1/seed?tenant={OTHER}",
        data=write(entries).encode(),
        headers={
            "Authorization": f"Bearer {ADMIN_TOKEN}",
            "Content-Type": "text/csv",
            "Accept": "application/json",
        },
    )
    with urllib.request.urlopen(asked, timeout=600.0) as answer:
        report = json.load(answer)
    if report["outcome"] != "published":
        raise RuntimeError(f"the table was not published: {report}")
