"""The listening socket."""

from __future__ import annotations

import socket

import pytest

from gateway.errors import SettingsError
from gateway.serving.listening import UNREAD_MS, listen


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"127\.0\.0\.1:{port} cannot be listened on"):
            listen("127.0.0.1", port)


def test_connections_that_are_not_read_end() -> None:
    with listen("127.0.0.1", 0) as sock:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNREAD_MS
