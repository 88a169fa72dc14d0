"""Seeding killed at any instant: the old catalogue serves, the next run goes on."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.adapters.store.sqlite import SqliteStore
from gateway.ports.sound import WIRE_FORMATS
from intents.learning.knowledge import Knowledge

ROOT = Path(__file__).parents[2]

KILLED = """
import sys
from functools import partial
from pathlib import Path
from cache_seed.publish import seed
from cache_seed.recipe import Recipe
from cache_seed.render import Voicing
from gateway.adapters.store.sqlite import SqliteStore
from gateway.adapters.tts.espeak import EspeakSynthesizer
from intents.models.encoder import Encoder
if __name__ == "__main__":
    folder, table, model = map(Path, sys.argv[1:])
    report = seed(
        table,
        Recipe(
            tenant="default",
            voicing=Voicing(factory=partial(EspeakSynthesizer), voice="en-us", workers=2),
            lines={"clarify": "Do you mean"},
            max_wrong_rate=0.01,
        ),
        store=SqliteStore(folder),
        encoder=Encoder(model),
        progress=lambda what, done, of: print(what, done, flush=True),
    )
    print(report.outcome, report.catalogue, report.rendered, report.reused, flush=True)
"""


def table_of(answers: str) -> str:
    nouns = ("door", "lift", "garden", "cellar", "roof", "kitchen", "window", "garage")
    rows = (f"{n},where is the {n}|how do i find the {n},The {n} is {answers}.\n" for n in nouns)
    return "id,question,answer\n" + "".join(rows)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_any_instant_the_old_catalogue_serves_and_the_next_run_goes_on(
    tmp_path: Path, model_folder: Path
) -> None:
    folder, table = tmp_path / "store", tmp_path / "faq.csv"
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    command = [sys.executable, str(script), str(folder), str(table), str(model_folder)]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
        )

    table.write_text(table_of("on the left"))
    out, _ = start().communicate(timeout=120)
    assert out.splitlines()[-1] == "published 1 17 0"

    table.write_text(table_of("on the right hand side"))
    chance = random.Random(7)
    steps = ["reading the table", "embedding questions", "rendering 0"]
    steps += [f"rendering {chance.randint(1, 2)}", f"rendering {chance.randint(1, 3)}"]
    for step in (*steps, "publishing 0"):
        process = start()
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(step):
                break
        with contextlib.suppress(subprocess.TimeoutExpired):  # some instant after that line
            process.wait(timeout=chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        store = SqliteStore(folder)
        live = store.load("default")
        assert live.number in ((1, 2) if step.startswith("publishing") else (1,))
        assert Knowledge.from_bytes(live.knowledge).items
        for clip in live.clips.values():
            assert all(store.get(clip.name(wire)) is not None for wire in WIRE_FORMATS)
        store.close()

    out, _ = start().communicate(timeout=120)
    outcome, number, rendered, reused = out.splitlines()[-1].split()
    assert (outcome, number) in {("published", "2"), ("unchanged", "2")}
    # Labels and the system line were there before; what killed runs finished was not made again.
    assert int(rendered) + int(reused) == 17
    assert int(reused) > 9
