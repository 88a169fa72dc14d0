"""The gateways that the tests call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.house_server import Gateway, House, house

__all__ = ["carrier", "gateway", "house"]

PATIENT_MS = "1000"
"""For a match: on a machine that is busy with other tests, 150 ms go by without one."""


@pytest.fixture(scope="module")
def gateway(
    house: House, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Gateway]:
    """One for the tests of a module, on a copy of the house, with the module's ``SETTINGS`` and
    a log of everything."""
    copy = house.copy(tmp_path_factory.mktemp("gateway") / "store")
    settings = {"FRONTLINE_LOG__LEVEL": "debug", "FRONTLINE_MATCH__BUDGET_MS": PATIENT_MS}
    settings |= getattr(request.module, "SETTINGS", {})
    with Gateway(copy, settings) as up:
        yield up


@pytest.fixture(scope="module")
def carrier(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One that sends answers at once, as to a carrier that buffers: nobody has to wait for them."""
    copy = house.copy(tmp_path_factory.mktemp("carrier") / "store")
    settings = {"FRONTLINE_PLAYOUT__LEAD_MS": "10000", "FRONTLINE_MATCH__BUDGET_MS": PATIENT_MS}
    with Gateway(copy, settings) as up:
        yield up
