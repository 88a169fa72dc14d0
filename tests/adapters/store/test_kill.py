"""Killed at any instant, the store opens and serves: kill -9 on real processes."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.store.victim import check

ROOT = Path(__file__).parents[3]
VICTIM = [sys.executable, "-m", "tests.adapters.store.victim"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where there is such a place: what a kill leaves is the same there, and quick."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name) / "store"


def test_killed_at_random_instants(folder: Path) -> None:
    """Each round goes on with what the last one left: killed some milliseconds after it has said
    so many lines, from none (it is just starting) to a dozen."""
    chance = random.Random(7)
    numbers: list[int] = []
    for round_ in range(24):
        command = [*VICTIM, "work", str(folder), f"r{round_}"]
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(round_ % 12)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(chance.uniform(0.0, 0.03 if lines else 0.15))
        child.kill()
        said = ("".join(lines) + child.communicate()[0]).splitlines()
        assert child.returncode == -9, said
        found = check(folder, said)
        assert set(numbers) <= set(found)
        numbers = found


def test_killed_at_every_step(folder: Path) -> None:
    """Before each SQL statement, sync, rename and folder, and in the middle of each clip."""
    command = [*VICTIM, "steps", str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=55, check=False
    )
    assert done.returncode == 0, done.stderr
    counted = dict(line.split() for line in done.stdout.splitlines() if line.count(" ") == 1)
    assert int(counted["empty"]) > 60
    assert int(counted["seeded"]) > 40
