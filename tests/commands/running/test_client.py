"""Where the server is, and what becomes of its errors."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Callable
from typing import Any

import pytest

from gateway.commands.running.client import address_of
from gateway.errors import UsageError
from gateway.settings.server import ServerSettings
from gateway.settings.whole import Settings
from tests.commands.conftest import run
from tests.commands.running.conftest import Asked

__all__ = ["run"]


@pytest.mark.parametrize(
    ("given", "server", "address"),
    [
        ("", {}, "http://127.0.0.1:8080"),
        ("", {"host": "0.0.0.0", "port": 9000}, "http://127.0.0.1:9000"),
        ("", {"host": "::1"}, "http://[::1]:8080"),
        ("", {"host": "calls.example.com", "tls_cert": "a"}, "https://calls.example.com:8080"),
        ("https://a:1", {}, "https://a:1"),
    ],
)
def test_where_the_server_is(given: str, server: dict[str, Any], address: str) -> None:
    settings = Settings(server=ServerSettings(**server))
    assert address_of(argparse.Namespace(server=given), settings) == address


def test_an_address_is_an_address() -> None:
    with pytest.raises(UsageError, match="--server takes an address"):
        address_of(argparse.Namespace(server="localhost"), Settings())


def test_nobody_there_is_told_with_the_mend(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("stats")
    assert (done.code, "no token: set FRONTLINE_TOKEN" in done.err) == (2, True)
    monkeypatch.setenv("FRONTLINE_TOKEN", "x")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = run("stats", "--server", f"http://127.0.0.1:{port}")
    assert done.code == 1
    assert "no answer from http://127.0.0.1" in done.err
    assert "--server" in done.err


def test_a_token_that_is_not_known(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTLINE_TOKEN", "no such token")
    done = asked("stats")
    assert (done.code, "does not know the token" in done.err) == (2, True)


def test_what_is_refused_is_told_in_the_servers_words(asked: Asked, viewer: None) -> None:
    done = asked("flag", "a-1", "wrong")
    assert done.code == 2
    assert "this takes the role editor; this token has viewer" in done.err
