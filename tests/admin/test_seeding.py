"""Seeding over HTTP: the upload, the events, the end. The worker here is a stand-in that says
what its table tells it to; ``test_seed_worker`` has the real one."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from gateway.admin import seeding, wire
from gateway.app import create_app
from gateway.settings import Settings
from tests.admin import script
from tests.admin.conftest import HERE, TOKEN
from tests.admin.truth import Client

JSON = {"Accept": "application/json"}


@pytest.fixture
def http(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    script.use_stand_in(monkeypatch)
    with TestClient(create_app(settings, admin_token=TOKEN), HERE) as running:
        yield running


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def seed(client: Client, *lines: str, query: str = "", headers: Any = None) -> Any:
    path = f"/seed{query}"
    return client.ask("POST", path, content="\n".join(lines), headers=headers or {})


def test_the_job_is_told_as_it_comes_about(client: Client, uploads: Path) -> None:
    response = seed(client, script.step("rendering", 1, 2), script.report())
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    told = script.events(response.text)
    assert told[-1][0] == "done"
    assert told[-1][1]["catalogue"] == 3
    assert [name for name, _ in told[:-1]] in ([], ["progress"])
    for name, data in told:
        kind = {"progress": "Step", "done": "Report", "error": "Failure"}[name]
        client.truth.fits(data, {"$ref": f"#/components/schemas/{kind}"})
    assert not list(uploads.iterdir())


def test_progress_is_seen_while_it_goes_on(client: Client, tmp_path: Path) -> None:
    """The worker ends only once its first step has reached the client."""
    gate = tmp_path / "gate"
    lines = [script.step("rendering", 1, 2), f"wait {gate}", script.report()]
    with client.http.stream(
        "POST", "/admin/v1/seed", content="\n".join(lines), headers=client.headers
    ) as response:
        told = response.iter_lines()
        assert next(told) == "event: progress"
        gate.touch()
        assert "event: done" in list(told)


def test_a_silent_job_is_heard_of(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "QUIET", 0.01)
    gate = tmp_path / "gate"
    lines = [f"wait {gate}", script.report()]
    with client.http.stream(
        "POST", "/admin/v1/seed", content="\n".join(lines), headers=client.headers
    ) as response:
        told = response.iter_lines()
        assert next(told).startswith(":"), "a comment, which clients pass over"
        gate.touch()
        assert "event: done" in list(told)


def test_only_the_report_for_those_who_ask_for_json(client: Client) -> None:
    response = seed(client, script.report(), headers=JSON)
    assert response.json()["entries"] == 12


def test_errors_of_the_table_come_with_the_report(client: Client) -> None:
    rows = [{"line": 3, "column": "answer", "reason": "it is empty", "mend": "write one"}]
    found = json.loads(script.report(outcome="refused", catalogue=None, errors=rows))["report"]
    line = script.error(422, "bad_data", "1 row is wrong", report=found)
    response = seed(client, line, headers=JSON)
    assert response.status_code == 422
    assert response.json()["error"]["message"] == "1 row is wrong"
    assert response.json()["report"]["errors"] == rows
    told = script.events(seed(client, line).text)
    assert told[-1][0] == "error"
    assert told[-1][1]["report"]["errors"] == rows


def test_what_the_worker_is_told(client: Client, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    seed(client, f"look {seen}", script.report(), query="?skip_bad=true&dry_run=1&tenant=shop")
    order = json.loads(seen.read_text())["order"]
    assert (order["tenant"], order["skip_bad"], order["dry_run"]) == ("shop", True, True)
    assert order["settings"]["model"]["folder"]


def test_one_job_a_tenant(client: Client, tmp_path: Path) -> None:
    gate, results = tmp_path / "gate", []

    def first() -> None:
        results.append(seed(client, f"wait {gate}", script.report(), headers=JSON).status_code)

    background = client.http.app.state.frontline.services.background  # type: ignore[attr-defined]
    before = len(background)
    thread = threading.Thread(target=first)
    thread.start()
    try:
        while len(background) <= before:
            threading.Event().wait(0.005)
        assert client.refused(409, "POST", "/seed", content="x", headers=JSON)["code"] == "busy"
        error = client.refused(409, "DELETE", "/entries/wifi")
        assert "being built" in error["message"]
    finally:
        gate.touch()
        thread.join()
    assert results == [200]
    assert seed(client, script.report(), headers=JSON).status_code == 200


def test_a_table_that_is_too_large(
    client: Client, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_TABLE", 2 << 20)
    monkeypatch.setattr(wire, "CHUNK", 1 << 16)
    declared = client.refused(413, "POST", "/seed", content=b"x" * (3 << 20))
    assert "2 MiB" in declared["message"]

    def chunks() -> Iterator[bytes]:
        for _ in range(48):
            yield b"x" * (1 << 16)

    assert client.refused(413, "POST", "/seed", content=chunks())["code"] == "too_large"
    assert not list(uploads.iterdir())
    assert seed(client, script.report(), headers=JSON).status_code == 200, "the tenant is free"


def test_a_form_is_told_what_to_send(client: Client) -> None:
    error = client.refused(415, "POST", "/seed", files={"file": b"question,answer"})
    assert "--data-binary" in error["message"]
    curl = {**JSON, "Content-Type": "application/x-www-form-urlencoded"}  # as it always says
    assert seed(client, script.report(), headers=curl).status_code == 200


def test_parameters_are_checked_first(client: Client) -> None:
    assert client.refused(400, "POST", "/seed?skip-bad=1")["field"] == "skip-bad"
    assert client.refused(400, "POST", "/seed?dry_run=perhaps")["field"] == "dry_run"


@pytest.mark.real_loop
@pytest.mark.anyio
async def test_an_upload_that_stalls_keeps_nobody_waiting(
    settings: Settings, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.use_stand_in(monkeypatch)
    monkeypatch.setattr(wire, "STALLED", 2.0)
    app = create_app(settings, admin_token=TOKEN)
    state = app.state.frontline
    stalled = Upload(b"question,answer\n", more=True)
    whole = Upload(script.report().encode(), more=False)

    def kept() -> list[Path]:
        return list(uploads.iterdir())

    async with state.running(app), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(app(dict(SEED), stalled.receive, stalled.send))
        await stalled.begun.wait()
        async with asyncio.timeout(20):
            await app(dict(SEED), whole.receive, whole.send)
            assert (whole.status, first.done()) == (200, False)
            await first
    assert (stalled.status, b"too_slow" in stalled.body) == (408, True)
    assert not kept(), "an upload has no name that could be left behind"


class Upload:
    """The client's side of an upload: one piece, and then perhaps no more and no end."""

    def __init__(self, piece: bytes, *, more: bool) -> None:
        self.messages = [{"type": "http.request", "body": piece, "more_body": more}]
        self.begun = asyncio.Event()
        self.status = 0
        self.body = b""

    async def receive(self) -> dict[str, Any]:
        if not self.messages:
            self.begun.set()
            await asyncio.Event().wait()
        return self.messages.pop()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")


SEED = {
    "type": "http",
    "method": "POST",
    "path": "/admin/v1/seed",
    "raw_path": b"/admin/v1/seed",
    "query_string": b"",
    "headers": [(b"authorization", f"Bearer {TOKEN}".encode())],
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "scheme": "http",
    "server": ("test", 80),
    "client": ("test", 1),
    "root_path": "",
}


@pytest.mark.real_loop
@pytest.mark.anyio
async def test_a_client_that_leaves_does_not_end_the_job(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The raw ASGI side: the client hangs up at the first byte, the job goes on to its end."""
    script.use_stand_in(monkeypatch)
    app = create_app(settings, admin_token=TOKEN)
    state = app.state.frontline
    gate, ended = tmp_path / "gate", tmp_path / "ended"
    lines = [script.step("a", 1, 2), f"wait {gate}", f"look {ended}", script.report()]
    left = asyncio.Event()
    bodies = [{"type": "http.request", "body": "\n".join(lines).encode(), "more_body": False}]

    async def receive() -> dict[str, Any]:
        if bodies:
            return bodies.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body":
            left.set()

    async with state.running(app):
        before = len(state.services.background)
        await app(dict(SEED), receive, send)
        assert len(state.services.background) == before + 1, "the job is still there"
        gate.touch()
        jobs = [task for task in asyncio.all_tasks() if task.get_name() == "catalogue of default"]
        async with asyncio.timeout(20):
            await asyncio.gather(*jobs)
        assert ended.exists()
