"""Several processes in one folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gateway.adapters.store import SqliteStore
from gateway.ports.store import Store
from tests.adapters.store.victim import BATCH, check

ROOT = Path(__file__).parents[3]


def test_processes_that_publish_and_write_at_once(tmp_path: Path) -> None:
    """Each number is given once, no turn is lost, and a reader never sees a number go back
    (but to 1, to which the workers roll back now and then)."""
    folder, workers, times = tmp_path / "store", 4, 6
    store = SqliteStore(folder)
    command = [sys.executable, "-m", "tests.adapters.store.victim", "busy", str(folder)]
    children = [
        subprocess.Popen([*command, f"w{n}", str(times)], cwd=ROOT, stdout=subprocess.PIPE)
        for n in range(workers)
    ]
    seen = 0
    while any(child.poll() is None for child in children):
        live = store.live_number("default")
        assert live is None or live == 1 or live >= seen
        seen = max(seen, live or 0)
    said = [line for child in children for line in child.communicate()[0].decode().splitlines()]
    assert [child.returncode for child in children] == [0] * workers
    given = [line for line in said if line.startswith("published")]
    assert len(set(given)) == len(given) == workers * times
    assert len(check(folder, said)) == workers * times
    assert store.stats("default", 0.0)["turns"] == workers * times * BATCH
    store.close()


def test_it_is_a_store(tmp_path: Path) -> None:
    store: Store = SqliteStore(tmp_path)
    assert repr(store) == f"<SqliteStore {tmp_path}>"
    store.close()
