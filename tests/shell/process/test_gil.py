"""No thread keeps another waiting for long."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from gateway.shell.process.gil import SWITCH_EVERY, share_interpreter


@pytest.fixture
def interval() -> Iterator[None]:
    """The interval as it was."""
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("interval")
def test_threads_let_each_other_run_sooner_than_usual() -> None:
    sys.setswitchinterval(0.005)
    share_interpreter()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_EVERY)
    assert SWITCH_EVERY < 0.001, "shorter than what is waited for"
