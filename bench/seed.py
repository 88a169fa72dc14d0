"""``seed``: how fast a table becomes a catalogue, and what a huge table costs to read.

Figures of a cold clip store with espeak-ng and the settings' encoder: ``x_realtime`` is seconds
of sound rendered per second of the whole job (table, knowledge, conflicts, clips in six formats,
publishing). ``knowledge_s`` and ``render_s`` run at the same time. ``reseed_s`` is the same table
again. ``reader_*`` are of reading a table of ``million`` rows in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from cache_seed.publish import seed
from cache_seed.table import write
from gateway.adapters.store.sqlite import SqliteStore
from gateway.errors import UsageError
from gateway.ports.store import Entry
from gateway.settings.whole import Settings
from gateway.wiring.voices import recipe_of
from intents.models.encoder import Encoder

THINGS = (
    *("bicycle", "tent", "kettle", "violin", "ladder", "printer", "sofa", "drill", "camera"),
    *("canoe", "telescope", "heater", "mower", "projector", "trailer", "piano", "freezer"),
    *("wheelchair", "generator", "loudspeaker"),
)
"""The goods that an imaginary hire shop lends out."""

MATTERS = (
    ("price", "what does it cost to hire a {}|how much is a {} per day",
     "A {} is {} dollars a day. Three days cost as much as two, and a week as much as four."),
    ("deposit", "do i pay a deposit for a {}|how high is the deposit on the {}",
     "The deposit for a {} is {} dollars. You get it back when you return it whole and clean."),
    ("delivery", "can you bring the {} to my house|do you deliver a {}",
     "Yes, we bring the {} to your door. Delivery is {} dollars within ten miles of the shop."),
    ("collection", "where do i pick up the {}|at which desk do i collect my {}",
     "You pick up the {} at counter {}. Please bring your passport and the booking number."),
    ("repair", "the {} i hired is broken|my {} stopped working",
     "I am sorry about the {}. Bring it back and you get another one, or {} dollars off."),
    ("extension", "can i keep the {} longer|i need the {} for another day",
     "You can keep the {} longer. Each further day is {} dollars, unless somebody booked it."),
    ("insurance", "is the {} insured against theft|what if my {} is stolen",
     "Every {} is insured. If it is stolen you pay the first {} dollars and we pay the rest."),
    ("training", "who shows me how to use the {}|is there a lesson for the {}",
     "We show you how the {} works. It takes {} minutes at the counter and costs nothing."),
    ("size", "will the {} fit into my car|how large is the {}",
     "The {} fits into most cars. It is packed in a box of about {} inches, with handles."),
    ("cancelling", "i want to cancel my {} booking|how do i call off the {}",
     "You can cancel the {} for free. Do it {} hours before, on our website or here by phone."),
)  # fmt: skip
"""(matter, questions about a thing, answer about a thing and a number)."""

READER = """
import json, sys, time
from pathlib import Path
from cache_seed.table import read

def peak_kib():
    # Not ru_maxrss: that begins with the peak of the process this one was forked from.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

before, began = peak_kib(), time.perf_counter()
found = read(Path(sys.argv[1]))
took, after = time.perf_counter() - began, peak_kib()
print(json.dumps([found.rows, len(found.entries), took, (after - before) / 1024, after / 1024]))
"""


def faq(rows: int) -> list[Entry]:
    """A table of that many entries with two questions each; at most 200."""
    every = list(product(THINGS, MATTERS))
    if not 1 <= rows <= len(every):
        raise UsageError(f"rows is {rows}, must be 1 to {len(every)}")
    return [
        Entry(
            id=f"{matter}_{thing}",
            intent=f"{thing}_{matter}",
            questions=tuple(questions.format(thing, thing).split("|")),
            answer=answer.format(thing, 5 + 3 * number),
        )
        for number, (thing, (matter, questions, answer)) in enumerate(every[:rows])
    ]


def run(
    settings: Settings, rows: int = 200, million: int = 1_000_000, workers: int = 0
) -> dict[str, Any]:
    """Seed a table of our own making into an empty store, twice; read a huge one."""
    encoder = Encoder(Path(settings.model.folder), settings.model.threads)
    with tempfile.TemporaryDirectory(prefix="frontline-seed-") as folder:
        figures = _seeded(settings, Path(folder), encoder, rows, workers)
        figures |= _read(Path(folder) / "million.csv", million)
    return {
        "parameters": {"rows": rows, "million": million, "workers": workers or "one per core"},
        "figures": figures,
        "goals": {"x_realtime": ">= 20", "reader_more_mib": "<= 64"},
    }


def _seeded(
    settings: Settings, folder: Path, encoder: Encoder, rows: int, workers: int
) -> dict[str, float]:
    steps: dict[str, float] = {}
    ended: dict[str, float] = {}

    def tell(what: str, done: int, of: int) -> None:
        steps.setdefault(what, time.monotonic())
        ended[what] = time.monotonic()

    store = SqliteStore(folder / "store")
    recipe = recipe_of(settings, "bench")
    voicing = replace(recipe.voicing, workers=workers or settings.render.workers)
    once = partial(
        seed,
        write(faq(rows)).encode(),
        replace(recipe, voicing=voicing, behind=False),
        store=store,
        encoder=encoder,
    )
    try:
        first, again = once(progress=tell), once()
    finally:
        store.close()
    rendering_s = ended["rendering"] - steps["rendering"]
    return {
        "rows": first.rows,
        "clips": first.rendered,
        "audio_s": round(first.rendered_s, 1),
        "wall_s": round(first.wall_s, 2),
        "x_realtime": round(first.x_realtime, 1),
        "knowledge_s": round(steps["looking for conflicts"] - steps["embedding questions"], 2),
        "render_s": round(rendering_s, 2),
        "render_x_realtime": round(first.rendered_s / rendering_s, 1),
        "reseed_s": round(again.wall_s, 3),
        "reseed_clips": again.rendered,
        "near_conflicts": len(first.conflicts),
    }


def _read(file: Path, rows: int) -> dict[str, float]:
    """Time and memory of reading that many good rows of 5,000 entries."""
    with file.open("w", encoding="utf-8") as stream:
        stream.write("id,question,answer\n")
        for number in range(rows):
            entry = number % 5_000
            stream.write(f"e{entry},how do i change item {entry},It is answer {entry}.\n")
    done = subprocess.run(
        [sys.executable, "-c", READER, str(file)], capture_output=True, text=True, check=True
    )
    read, entries, seconds, more_mib, peak_mib = json.loads(done.stdout)
    return {
        "reader_rows": read,
        "reader_entries": entries,
        "reader_s": round(seconds, 2),
        "reader_more_mib": round(more_mib, 1),
        "reader_peak_mib": round(peak_mib, 1),
    }
