"""Limits from settings."""

from __future__ import annotations

from gateway.serving.limits import HEADROOM, Limits, limits_of
from gateway.settings_server import ServerSettings
from gateway.transports import native


def test_all_calls_may_come_through_one_proxy() -> None:
    for calls in (1, 200, 5000):
        limits = limits_of(ServerSettings(max_calls=calls))
        assert limits.per_address == calls + HEADROOM
        assert limits.connections == limits.per_address + calls


def test_what_is_set_holds() -> None:
    server = ServerSettings(max_connections=500, max_connections_per_address=20)
    limits = limits_of(server)
    assert (limits.connections, limits.per_address) == (500, 20)
    few = limits_of(ServerSettings(max_connections=250))
    assert (few.connections, few.per_address) == (250, 250)


def test_a_call_is_told_of_its_messages_before_its_frames_are_too_many() -> None:
    limits = limits_of(ServerSettings())
    assert limits.window == native.FLOOD_WINDOW
    assert limits.patience == native.PATIENCE
    assert limits.frames > native.FLOOD
    assert isinstance(limits, Limits)
