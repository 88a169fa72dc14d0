"""Killed at any instant, the store opens and serves: kill -9 on real processes."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.adapters.store.victim import check

ROOT = Path(__file__).parents[3]
VICTIM = [sys.executable, "-m", "tests.adapters.store.victim"]


def test_killed_at_random_instants(tmp_path: Path) -> None:
    """Each round goes on with what the last one left; instants from start-up to full work."""
    folder, chance = tmp_path / "store", random.Random(7)
    numbers: list[int] = []
    ends = set()
    for round_ in range(24):
        command = [*VICTIM, "work", str(folder), f"r{round_}"]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        first = child.stdout.readline() if round_ % 4 else ""  # one in four: while it starts
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(chance.uniform(0.0, 0.15))
        child.kill()
        said = (first + child.communicate()[0]).splitlines()
        assert child.returncode == -9, said
        found = check(folder, said)
        assert set(numbers) <= set(found)
        numbers = found
        ends.add(said[-1].split()[0] if said else "start")
    assert len(numbers) > 24  # it was really working when it was killed
    assert len(ends) > 1, ends  # and not always at the same thing


def test_killed_at_every_step() -> None:
    """Before each SQL statement, sync, rename and folder, and in the middle of each clip.

    In memory where there is such a folder: what a kill leaves is the same, and syncs are free.
    """
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        done = subprocess.run(
            [*VICTIM, "steps", folder],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=55,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    counted = dict(line.split() for line in done.stdout.splitlines() if line.count(" ") == 1)
    assert int(counted["empty"]) > 60
    assert int(counted["seeded"]) > 40
