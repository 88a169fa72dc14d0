"""Fixtures of the race tests."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.support.fakes import threads_in_virtual_time
from tests.support.house import House, TimedMatching, open_house


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Threads that take ``threads.takes`` seconds of virtual time."""
    with threads_in_virtual_time(monkeypatch) as told:
        yield told


@pytest.fixture
async def house(threads: SimpleNamespace) -> House:
    """A call centre in virtual time."""
    return open_house()


@pytest.fixture
def matching(house: House) -> TimedMatching:
    """Its matching, whose ``takes`` can be set."""
    assert isinstance(house.services.matching, TimedMatching)
    return house.services.matching
