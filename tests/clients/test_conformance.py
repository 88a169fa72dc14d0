"""Autobahn's cases of the WebSocket protocol, against the server and its options as in service."""

from __future__ import annotations

import asyncio

import pytest

from bench.server import ServerProcess
from tests.clients.environment import interpreter, run
from tests.support.house_server import House, house

__all__ = ["house"]

GROUPS = ["1.*", "2.*", "3.*", "4.*", "5.*", "7.*", "10.*"]
"""Framing, pings, reserved bits and codes, fragments, closing. 9 is speed, 12 and 13 are
compression, which is not offered."""
GOOD = ["6.1.*", "6.2.*", "6.5.*", "6.7.*", "6.9.*", "6.22.*", "6.23.*"]
"""Text in good UTF-8. Text that is none does not fail the connection here, as the other cases of
the group want, but is told and forgiven, as documented."""
OURS = {"7.1.5"}
"""The plain echo that is tested beside the doors answers the close within a message in its own
words."""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_protocols_cases(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    interpreter()
    copy = house.copy(tmp_path_factory.mktemp("conformance") / "store")
    settings = {**copy.environment, "FRONTLINE_STT__PROVIDER": "none"}
    with ServerProcess(settings) as server:
        told = {"address": f"ws://{server.address}/echo", "cases": GROUPS + GOOD}
        found = asyncio.run(run("conformance.py", told))
    assert len(found) > 150
    assert {case for case, verdict in found.items() if verdict in ("FAILED", "ERROR")} == OURS
