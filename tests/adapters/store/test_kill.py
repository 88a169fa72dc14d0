"""Killed at any instant, the store opens and serves: kill -9 on real processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
VICTIM = [sys.executable, "-m", "tests.adapters.store.victim"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where there is such a place: what a kill leaves is the same there, and quick."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name) / "store"


def run(what: str, folder: Path) -> list[str]:
    """What the victim printed; it must have found all as it should be."""
    command = [*VICTIM, what, str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=55, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_killed_at_random_instants(folder: Path) -> None:
    """Three dozen processes, each going on with what the last one left."""
    killed, published = map(int, run("rounds", folder)[-1].split())
    assert killed == 36
    assert published > 36, "most got somewhere before they were killed"


def test_killed_at_every_step(folder: Path) -> None:
    """Before each SQL statement, sync, rename and folder, and in the middle of each clip."""
    counted = dict(line.split() for line in run("steps", folder) if line.count(" ") == 1)
    assert int(counted["empty"]) > 60
    assert int(counted["seeded"]) > 40
