"""Metrics of several processes as those of one: counted in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.admin.metrics.machine import FOLDER, Workers
from tests.support.tree import ROOT

SCRIPT = """
import os
from prometheus_client import generate_latest
from gateway.admin.metrics.machine import bury, of_the_machine, Workers
from gateway.admin.metrics.metrics import Metrics

def work(calls):
    process = os.fork()
    if process == 0:
        metrics = Metrics()
        for _ in range(calls):
            metrics.call_started()
        metrics.loop_stalled(0.1 * calls)
        metrics.expected("bank", 0.1 * calls, 0.0)
        os._exit(0)
    os.waitpid(process, 0)
    return process

dead, alive = work(3), work(2)
bury(dead)
shown = of_the_machine(Workers(os.getpid(), lambda: [], lambda: 1))
print(generate_latest(shown).decode())
"""


def samples(folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={**os.environ, FOLDER: str(folder)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_counters_outlive_who_counted_and_gauges_do_not(tmp_path: Path) -> None:
    found = samples(tmp_path)
    assert found["frontline_calls_total"] == 5
    assert found["frontline_calls_in_progress"] == 2
    assert found["frontline_loop_stall_longest_seconds"] == pytest.approx(0.3)
    assert found["frontline_loop_stall_seconds_count"] == 2
    assert found['frontline_near_share{tenant="bank"}'] == 0.2
    assert found["frontline_worker_restarts_total"] == 1


def test_what_the_processes_use_is_added_up() -> None:
    mine = Workers(os.getpid(), list, lambda: 0)
    twice = Workers(os.getpid(), lambda: [os.getpid()], lambda: 0)

    def told(workers: Workers) -> dict[str, float]:
        return {
            sample.name: sample.value for metric in workers.collect() for sample in metric.samples
        }

    one, two = told(mine), told(twice)
    assert one["frontline_process_cpu_seconds_total"] > 0
    assert 1.5 < two["frontline_process_open_fds"] / one["frontline_process_open_fds"] < 2.5
    assert two["frontline_process_resident_memory_bytes"] > 10 << 20
    assert one["frontline_process_start_time_seconds"] > 0
    gone = told(Workers(os.getpid(), lambda: [2**22 + 1], lambda: 0))
    assert gone["frontline_process_resident_memory_bytes"] > 10 << 20
