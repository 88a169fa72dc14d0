"""The gateways that the tests call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.house_server import Gateway, House, house

__all__ = ["gateway", "house"]


@pytest.fixture(scope="module")
def gateway(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One for the tests of a module, on a copy of the house, with a log of everything."""
    copy = house.copy(tmp_path_factory.mktemp("gateway") / "store")
    with Gateway(copy, {"FRONTLINE_STT__DECODERS": "6", "FRONTLINE_LOG__LEVEL": "debug"}) as up:
        yield up
