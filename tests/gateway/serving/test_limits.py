"""Limits from settings."""

from __future__ import annotations

from gateway.serving.descriptors import OWN
from gateway.serving.limits import HEADROOM, Limits, limits_of
from gateway.settings.server import ServerSettings
from gateway.transports import session
from tests.support.documents import TEXTS


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
    assert limits.window == session.FLOOD_WINDOW
    assert limits.patience == session.PATIENCE
    assert limits.frames > session.FLOOD
    assert isinstance(limits, Limits)


def test_the_documents_say_them() -> None:
    text = " ".join(TEXTS["protocol.md"].split())
    one = limits_of(ServerSettings())
    for said in (
        f"{one.head // 1024} KiB, {one.headers} headers",
        f"whole head | {one.head_within:.0f} s",
        f"{one.body_within:.0f} s, and a second more for every {one.body_rate // 1024} KiB",
        f"{one.body_longest / 60:.0f} minutes in all",
        f"has been answered | {one.rest_within:.0f} s",
        f"{one.requests} in {one.window} s | read more slowly",
        f"{one.frames} in {one.window} s | read more slowly; after {one.patience:.0f} s",
        f"{one.frame_bytes // 1024} KiB in {one.window} s",
        f"{one.frames / one.window:.0f} frames of any kind, or "
        f"{one.frame_bytes / one.window / 1024 / 1024:g} MiB",
        f"more than {one.fragments} fragments",
        f"| {one.unread:.0f} s | the connection is dropped",
        f"{one.after_close} frames, {one.close_within:.0f} s for yours",
        f"twice `server.max_calls` and {HEADROOM}",
        f"{OWN} for itself",
    ):
        assert said in text, said
