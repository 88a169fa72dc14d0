"""Faults of a server under load."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

from bench.load_faults import calls_of, port_of, strike


def test_a_processs_own_connections_are_counted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert calls_of(os.getpid(), port) == 0
        with socket.create_connection(("127.0.0.1", port)):
            there, _ = server.accept()
            with there:
                assert calls_of(os.getpid(), port) == 1
                assert calls_of(os.getppid(), port) == 0


def test_a_server_is_told_to_stop() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        strike("sigterm", child.pid, 1, {})
        assert child.wait(20) == -signal.SIGTERM


def test_ports() -> None:
    assert [port_of(url) for url in ("ws://a:81", "ws://a", "wss://a/b")] == [81, 80, 443]
