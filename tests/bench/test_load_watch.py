"""Looks at a process under load."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.load_watch import Watch, facts, family


def test_a_process_is_seen_with_all_below_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("info all is well\nWARNING late\nerror: no\n")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert child.pid in family(os.getpid())
        sample = Watch(os.getpid(), time.perf_counter(), log=log).look()
        assert sample is not None
        assert sample.processes >= 2
        assert sample.rss_mib > 20
        assert sample.complaints == 2
        before = facts(os.getpid())
        with log.open():
            now = facts(os.getpid())
        assert before is not None
        assert now is not None
        assert now[1] == before[1] + 1
    finally:
        child.communicate(b"\n")


def test_a_process_that_is_gone_gives_nothing() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert Watch(child.pid, 0.0).look() is None
