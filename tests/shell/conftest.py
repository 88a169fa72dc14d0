"""Fixtures of the shell's tests."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.support.fakes import threads_in_virtual_time


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Threads that take ``threads.takes`` seconds of virtual time."""
    with threads_in_virtual_time(monkeypatch) as told:
        yield told
