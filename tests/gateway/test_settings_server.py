"""The section of where calls come in."""

from __future__ import annotations

import pytest

from gateway.errors import SettingsError
from gateway.settings import load
from gateway.settings_server import ServerSettings, check_server


def test_connections_must_carry_the_calls() -> None:
    with pytest.raises(SettingsError, match=r"server\.max_connections must not be less than .*200"):
        load(None, {"FRONTLINE_SERVER__MAX_CONNECTIONS": "199"})
    assert load(None, {"FRONTLINE_SERVER__MAX_CONNECTIONS": "200"}).server.max_connections == 200


def test_left_open_they_follow_the_calls() -> None:
    check_server(ServerSettings(max_calls=5000), "settings")


def test_few_from_one_address_are_the_operators_choice() -> None:
    check_server(ServerSettings(max_connections_per_address=3), "settings")
