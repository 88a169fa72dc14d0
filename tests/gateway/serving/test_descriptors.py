"""Descriptors, in processes whose limits are the system's own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway.serving.descriptors import OWN, PER_CALL

ASK = """
import logging, resource, sys
from gateway.errors import SettingsError
from gateway.serving.descriptors import room_for
logging.basicConfig(format="%(message)s")
soft, hard, connections, calls = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
try:
    print(room_for(connections, calls), *resource.getrlimit(resource.RLIMIT_NOFILE))
except SettingsError as error:
    print(error)
"""


def ask(soft: int, hard: int, connections: int, calls: int) -> tuple[str, str]:
    """What it says, and what it logs."""
    words = [str(one) for one in (soft, hard, connections, calls)]
    done = subprocess.run(
        [sys.executable, "-c", ASK, *words], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip(), done.stderr.strip()


def test_the_limit_is_raised_as_far_as_needed() -> None:
    wanted = OWN + PER_CALL * 200 + 500
    assert ask(300, 4000, 500, 200) == (f"500 {wanted} 4000", "")


def test_one_that_is_high_enough_is_left_alone() -> None:
    assert ask(4000, 4000, 500, 200) == ("500 4000 4000", "")


def test_connections_that_do_not_fit_are_fewer() -> None:
    most = OWN + PER_CALL * 10 + 30
    said, logged = ask(100, most, 500, 10)
    assert said == f"30 {most} {most}"
    assert "30 connections at a time, not 500" in logged
    assert "ulimit -n" in logged


def test_calls_that_do_not_fit_are_refused_with_the_mend() -> None:
    said, _ = ask(256, 256, 500, 200)
    assert "server.max_calls = 200" in said
    assert "ulimit -n" in said


@pytest.mark.parametrize("calls", [1, 10, 1000])
def test_more_calls_keep_more(calls: int) -> None:
    said, _ = ask(8000, 8000, 8000, calls)
    assert said.startswith(str(8000 - OWN - PER_CALL * calls))
