"""The program against the whole server, which runs in this process."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from gateway import cli
from gateway.adapters.store import SqliteStore
from gateway.commands.running import client
from gateway.ports.people import Role
from tests.admin.conftest import TOKEN, recent, seeded
from tests.admin.people.conftest import Bearer, bearer, house_http, house_store
from tests.commands.conftest import Done

__all__ = ["bearer", "house_http", "house_store", "seeded"]

Asked = Callable[..., Done]


@pytest.fixture(scope="module", autouse=True)
def traffic(house_store: SqliteStore) -> None:
    """Turns of three paths, one of which would steer a terminal."""
    miss = {"path": "handoff", "evidence": {"kind": "miss", "reason": "nothing is near"}}
    now = time.time()
    house_store.write(
        [
            recent("a", 1, entry="wifi", intent="wifi", text="what is the wifi"),
            recent("a", 2, text="do you \x1b[31msell\x1b[0m [bold]elephants", **miss),
            recent(
                "a",
                3,
                path="agent",
                text="and tigers",
                reply="No.\x07",
                at=now - 1,
                evidence={"kind": "miss"},
            ),
        ]
    )


@pytest.fixture
def asked(
    house_http: TestClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Asked:
    """``asked("stats")``: with the token of the settings, unless ``FRONTLINE_TOKEN`` is another."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRONTLINE_HOME", str(tmp_path))
    monkeypatch.setenv("FRONTLINE_ADMIN__TOKEN", TOKEN)

    @contextlib.contextmanager
    def connected(address: str, headers: Mapping[str, str]) -> Iterator[Any]:
        assert address == "http://127.0.0.1:8080"
        before = dict(house_http.headers)
        house_http.headers.update(headers)
        yield house_http
        house_http.headers.clear()
        house_http.headers.update(before)

    monkeypatch.setattr(client, "connected", connected)

    def call(*argv: str) -> Done:
        code = cli.main(argv)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return call


@pytest.fixture
def viewer(bearer: Bearer, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a viewer asks."""
    secret = bearer(Role.VIEWER)["Authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("FRONTLINE_TOKEN", secret)
