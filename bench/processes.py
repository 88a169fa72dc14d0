"""Processes that benchmarks start."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

PATIENCE_S = 15.0
"""Seconds a process may take to end in order; then it is killed."""


def stop(process: subprocess.Popen[str]) -> None:
    """End it, whatever it is doing, and close what connects us."""
    process.terminate()
    try:
        process.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def rss_kib(pid: int) -> int:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has used, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
