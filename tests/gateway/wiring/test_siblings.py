"""What workers of one machine tell each other, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gateway import logs
from gateway.admin import loglevel
from gateway.admin.dashboard import events, status
from gateway.admin.dashboard.listeners import ALIVE, Listener
from gateway.admin.inputs import LogIn
from gateway.admin.reports import CALLS
from gateway.settings.whole import Settings, load
from gateway.wiring.app import Parts, create_app
from gateway.wiring.siblings import between_workers
from gateway.workers.peers import HEADER, Peers

WORD = {HEADER: "a word"}


@pytest.fixture
def settings(tmp_path: Path, model_folder: Path) -> Settings:
    environment = {
        "FRONTLINE_STORE__URL": f"sqlite:///{tmp_path / 'store'}",
        "FRONTLINE_MODEL__FOLDER": str(model_folder),
    }
    return load(None, environment)


@pytest.fixture
def http(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """The routes alone, about an application that is up; its streams end after a comment."""

    async def at_once(self: Listener, beat: float) -> AsyncIterator[bytes]:
        yield ALIVE

    monkeypatch.setattr(Listener, "events", at_once)
    whole = create_app(settings, admin_token="secret", parts=Parts(transcriber=lambda: None))
    with TestClient(whole, "http://localhost"):
        state = whole.state.frontline
        peers = Peers(tmp_path, 0, 2, "a word")
        routes = between_workers(peers, settings, state.live_services, state.events)
        yield TestClient(Starlette(routes=routes))


def test_a_worker_is_told(http: TestClient) -> None:
    assert http.get(CALLS, headers=WORD).json() == {"calls": []}
    told = http.get(f"{status.PEERS}?tenant=default", headers=WORD).json()
    assert told == {"live": 0, "calls": 0, "agent": 0, "filled": 0, "alerts": []}
    answer = http.get(f"{events.PEERS}?tenant=default", headers=WORD)
    assert (answer.headers["content-type"], answer.content) == (
        "text/event-stream; charset=utf-8",
        ALIVE,
    )


@pytest.mark.usefixtures("log_levels")
@pytest.mark.parametrize("level", get_args(get_type_hints(LogIn)["level"]))
def test_a_worker_logs_as_it_is_told(http: TestClient, level: str) -> None:
    before = logs.level()
    assert http.put(f"{loglevel.PEERS}?level={level}", headers=WORD).is_success
    assert logs.level() == level
    assert http.put(f"{loglevel.PEERS}?level={before}").status_code == 404
    assert logs.level() == level


@pytest.mark.parametrize("path", [CALLS, status.PEERS, events.PEERS])
def test_to_a_stranger_nothing_is_there(http: TestClient, path: str) -> None:
    assert http.get(path).status_code == 404
    assert http.get(path, headers={HEADER: "another"}).status_code == 404
