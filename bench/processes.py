"""Processes that benchmarks start."""

from __future__ import annotations

import subprocess

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
