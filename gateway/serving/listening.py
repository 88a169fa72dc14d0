"""The socket on which all of them come in."""

from __future__ import annotations

import socket

from gateway.errors import SettingsError

BACKLOG = 256
"""Connections that may wait to be taken. All that wait are taken in one go: 10 ms of the loop."""

UNREAD_MS = 20_000
"""A peer that takes nothing of what was sent for this long is gone: without it, a closed call's
socket would wait for ever to be flushed to a client that never reads."""


def listen(host: str, port: int) -> socket.socket:
    """The listening socket. Raises ``SettingsError`` naming what is wrong with the address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; connections inherit it
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
    try:
        sock.bind((host, port))
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        why = error.strerror or str(error)
        raise SettingsError(
            f"server.host and server.port: {host}:{port} cannot be listened on ({why}); "
            "stop what uses it or set FRONTLINE_SERVER__PORT"
        ) from None
    return sock
