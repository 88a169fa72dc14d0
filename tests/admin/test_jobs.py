"""A job in a process of its own: what it gets, what it says, how it ends."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from gateway.admin import jobs
from gateway.admin.answers import Report, Step
from gateway.admin.jobs import Job, Jobs
from gateway.admin.wire import Refused
from gateway.settings import AdminSettings, Settings
from gateway.settings_server import ServerSettings
from gateway.shell.background import Background
from tests.admin import script

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

SECRETS = Settings(
    server=ServerSettings(call_token="call-secret"), admin=AdminSettings(token="admin-secret")
)


class Tenants:
    """Counts how often the live catalogues were looked at."""

    def __init__(self) -> None:
        self.refreshed = 0

    async def refresh(self) -> None:
        self.refreshed += 1


@pytest.fixture
async def services() -> AsyncIterator[Any]:
    made = SimpleNamespace(background=Background(), tenants=Tenants())
    yield made
    await made.background.close()


@pytest.fixture
def running() -> Jobs:
    return Jobs(SECRETS, script.STAND_IN)


def table(folder: Path, *lines: str) -> Path:
    path = folder / "table.csv"
    path.write_text("\n".join(lines))
    return path


def begin(running: Jobs, services: Any, path: Path) -> Job:
    job = running.claim("default")
    running.start(services, job, {"kind": "table", "table": str(path)}, path.open("rb"))
    return job


async def test_a_job_that_goes_well(running: Jobs, services: Any, tmp_path: Path) -> None:
    path = table(tmp_path, script.step("rendering", 1, 2), script.report())
    job, file = running.claim("default"), path.open("rb")
    running.start(services, job, {"kind": "table", "table": f"/dev/fd/{file.fileno()}"}, file)
    report = await job.ended()
    assert isinstance(report, Report)
    assert (report.catalogue, report.entries) == (3, 12)
    assert job.step == Step(what="rendering", done=1, of=2)
    assert services.tenants.refreshed == 1, "the new catalogue is live before anybody is told"
    assert file.closed
    running.drop(running.claim("default"))


async def test_a_dry_run_changes_nothing(running: Jobs, services: Any, tmp_path: Path) -> None:
    line = script.report(outcome="checked")
    await begin(running, services, table(tmp_path, line)).ended()
    assert services.tenants.refreshed == 0


async def test_a_job_that_refuses(running: Jobs, services: Any, tmp_path: Path) -> None:
    found = json.loads(script.report(outcome="refused"))["report"]
    line = script.error(422, "bad_data", "2 rows are wrong", report=found)
    with pytest.raises(Refused) as caught:
        await begin(running, services, table(tmp_path, line)).ended()
    assert caught.value.status == 422
    assert caught.value.problem.message == "2 rows are wrong"
    assert caught.value.report is not None
    assert caught.value.report.questions == 36


@pytest.mark.parametrize("lines", [["exit 3"], ["exit 0"], [script.step("a", 1, 2), "exit 9"]])
async def test_a_worker_that_dies(
    running: Jobs, services: Any, tmp_path: Path, lines: list[str], caplog: Any
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(Refused) as caught:
        await begin(running, services, table(tmp_path, *lines)).ended()
    assert caught.value.status == 500
    assert "something broke" in caplog.text, "its last words are for the log"
    assert "something broke" not in str(caught.value)


@pytest.mark.parametrize("line", ["no json", "[]", '{"report": {"tenant": 3}}'])
async def test_a_worker_that_talks_nonsense(
    running: Jobs, services: Any, tmp_path: Path, line: str, caplog: Any
) -> None:
    path = table(tmp_path, line, f"wait {tmp_path}/never")
    with pytest.raises(Refused) as caught:
        await begin(running, services, path).ended()
    assert caught.value.status == 500
    assert "of default failed" in caplog.text


async def test_a_worker_that_hangs_is_ended(
    running: Jobs, services: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "STALLED", 0.05)
    with pytest.raises(Refused, match="stuck"):
        await begin(running, services, table(tmp_path, f"wait {tmp_path}/never")).ended()


async def test_jobs_end_when_the_server_stops_and_say_so(
    running: Jobs, services: Any, tmp_path: Path
) -> None:
    path = table(tmp_path, script.step("rendering", 1, 2), f"wait {tmp_path}/never")
    job = begin(running, services, path)
    steps = job.steps(60.0)
    assert await anext(steps) is not None
    await running.close()
    assert [one async for one in steps] == []
    assert job.refused is not None
    assert (job.refused.status, job.refused.problem.code) == (503, "stopped")
    with pytest.raises(Refused) as caught:
        running.claim("other")
    assert caught.value.problem.code == "stopped"
    await running.close()


async def test_a_worker_that_cannot_be_started(services: Any, tmp_path: Path, caplog: Any) -> None:
    running = Jobs(SECRETS, (str(tmp_path / "missing"),))
    with pytest.raises(Refused) as caught:
        await begin(running, services, table(tmp_path)).ended()
    assert caught.value.status == 500
    assert "of default failed" in caplog.text
    running.drop(running.claim("default"))


async def test_no_secret_leaves_the_server(
    running: Jobs, services: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTLINE_ADMIN__TOKEN", "admin-secret")
    seen = tmp_path / "seen.json"
    await begin(running, services, table(tmp_path, f"look {seen}", script.report())).ended()
    assert "call-secret" not in seen.read_text()
    assert "admin-secret" not in seen.read_text()
    given = json.loads(seen.read_text())
    assert given["order"]["tenant"] == "default"
    assert given["order"]["settings"]["match"]["max_wrong_rate"] == 0.01
    assert not [name for name in given["environ"] if name.startswith("FRONTLINE_")]


async def test_a_tenant_has_one_job_at_a_time(running: Jobs) -> None:
    job = running.claim("default")
    with pytest.raises(Refused) as caught:
        running.claim("default")
    assert (caught.value.status, caught.value.problem.code) == (409, "busy")
    running.claim("other")
    with pytest.raises(Refused, match="2 jobs"):
        running.claim("third")
    running.drop(job)
    running.claim("third")


async def test_looking_through_misses_does_not_stand_in_the_way_of_publishing(
    running: Jobs,
) -> None:
    job = running.claim("default", "misses")
    with pytest.raises(Refused, match="misses of default are being grouped"):
        running.claim("default", "misses")
    running.drop(running.claim("default"))
    running.drop(job)
    running.claim("default", "misses")


async def test_the_server_stops_in_the_middle(running: Jobs, services: Any, tmp_path: Path) -> None:
    path = table(tmp_path, script.step("rendering", 1, 9), f"wait {tmp_path}/never")
    job, file = running.claim("default"), path.open("rb")
    running.start(services, job, {"kind": "table", "table": str(path)}, file)
    async for step in job.steps(5.0):
        assert step is not None
        break
    await services.background.close()
    with pytest.raises(Refused) as caught:
        await job.ended()
    assert (caught.value.status, caught.value.problem.code) == (503, "stopped")
    assert file.closed


# --- who watches ---------------------------------------------------------------------------------

DONE = msgspec.convert(json.loads(script.report())["report"], Report)


async def test_a_watcher_gets_the_newest_and_then_the_end() -> None:
    job = Job("default")
    for done in range(5):
        job.tell(step=Step(what="a", done=done, of=9))
    seen = []
    async for step in job.steps(5.0):
        seen.append(step.done if step else None)
        if len(seen) == 1:
            job.tell(step=Step(what="a", done=7, of=9))
        else:
            job.tell(report=DONE)
    assert seen == [4, 7]
    assert await job.ended() is DONE


async def test_a_watcher_is_told_that_nothing_is_new() -> None:
    job = Job("default")
    async for step in job.steps(0.001):
        assert step is None
        job.tell(refused=Refused(500, "failed", "no"))
    with pytest.raises(Refused, match="no"):
        await job.ended()


async def test_what_is_over_stays_as_it_ended() -> None:
    job = Job("default")
    job.tell(report=DONE)
    job.tell(refused=Refused(503, "stopped", "too late"), step=Step(what="a", done=1, of=1))
    assert await job.ended() is DONE
    assert job.step is None
