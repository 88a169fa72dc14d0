"""Training behind the calls: done once by whoever serves, again after a stop, and told."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.adapters.store.sqlite import SqliteStore
from gateway.admin.jobs import training
from gateway.admin.jobs.jobs import Jobs
from gateway.admin.jobs.training import BehindTheCalls, training_out
from gateway.errors import StoreFailed
from gateway.ports.people import TrailQuery
from gateway.ports.work import Training, training_of
from gateway.settings.store import ModelSettings, StoreSettings
from gateway.settings.whole import Settings
from gateway.shell.catalogue.tenants import Tenants
from gateway.shell.process.background import Background
from intents.models.encoder import Encoder
from tests.admin import script
from tests.support.untrained import publish_untrained

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

LITTLE = (sys.executable, str(Path(__file__).with_name("little_worker.py")))


@pytest.fixture(scope="module")
def published(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_untrained(tmp_path_factory.mktemp("published") / "store", encoder)


class Machine:
    """A server's part in it."""

    def __init__(self, store: SqliteStore, encoder: Encoder, worker: tuple[str, ...]) -> None:
        self.store = store
        folder = StoreSettings(url=f"sqlite:///{store.folder}")
        settings = Settings(store=folder, model=ModelSettings(folder=str(encoder.folder)))
        self.jobs = Jobs(settings, worker)
        self.tenants = Tenants(store, encoder)
        self.background = Background()
        self.published: list[str] = []
        self.leads = True
        services: Any = SimpleNamespace(
            store=store, tenants=self.tenants, background=self.background
        )
        self.behind = BehindTheCalls(self.jobs, services, lambda: self.leads, self.published.append)

    async def start(self) -> None:
        await self.tenants.refresh()
        self.background.spawn(self.behind.watch(), name="watch")

    async def stop(self) -> None:
        await self.jobs.close()
        await self.background.close()


@pytest.fixture
async def machine(
    published: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., Machine]]:
    """Another machine on one store."""
    monkeypatch.setattr(training, "LOOK_EVERY", 0.01)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    shutil.copytree(published, tmp_path / "store")
    made: list[Machine] = []

    def another(worker: tuple[str, ...] = LITTLE) -> Machine:
        made.append(Machine(SqliteStore(tmp_path / "store"), encoder, worker))
        return made[-1]

    yield another
    for one in made:
        await one.stop()
        one.store.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(150.0):
        while not true():  # noqa: ASYNC110 - another process makes it so
            await asyncio.sleep(0.01)


def stands(store: SqliteStore) -> Training:
    work = training_of("default", store.load("default", 1).summary)
    return Training.of_work(store.work(work), 1)


@pytest.mark.slow
@pytest.mark.timeout(200)
async def test_what_one_server_left_in_the_middle_one_of_two_others_does_and_both_serve_it(
    machine: Callable[..., Machine],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "frontline.training")
    monkeypatch.setenv("STEPS", "2000")
    first = machine()
    await first.start()
    await until(lambda: _steps(first) > 0)
    assert stands(first.store).state == "running"
    await first.stop()
    told = stands(first.store)
    assert (told.state, told.begun, first.store.live_number("default")) == ("waiting", 0, 1)
    monkeypatch.setenv("STEPS", "1")
    one, other = machine(), machine()
    await one.start()
    await other.start()
    await until(lambda: one.published + other.published == ["default"])
    assert stands(one.store).over
    assert [info.number for info in one.store.history("default")] == [2, 1]
    for server in (one, other):
        await server.tenants.refresh()
        serving = server.tenants.get("default")
        assert serving is not None
        assert (serving.number, serving.matcher.knowledge.summary["adapting"]) == (2, "kept")
        shown = training_out(server.store, serving.catalogue)
        assert (shown.state, shown.after) == ("trained", stands(one.store).after)
    (line,) = one.store.trail(TrailQuery(what="published"))
    assert (line.who, line.subject) == ("frontline training", "2")
    assert "catalogue 1 of default is live as 2" in caplog.text


def _steps(server: Machine) -> int:
    """How many steps its training has made."""
    for job in server.jobs._running.values():
        if job.step is not None and job.step.what == "training the encoder":
            return job.step.done
    return 0


async def test_who_does_not_lead_and_who_has_no_torch_trains_nothing(
    machine: Callable[..., Machine],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "frontline.training")
    server = machine(("false",))
    await server.tenants.refresh()
    monkeypatch.setattr(training, "NEEDED", ("torch_of_next_year",))
    await server.behind._look()
    await server.behind._look()
    assert caplog.text.count("torch_of_next_year can be imported") == 1
    server.leads = False
    monkeypatch.setattr(server.behind, "_look", None)
    task = asyncio.get_running_loop().create_task(server.behind.watch())
    await asyncio.sleep(0.03)
    assert not task.done()
    task.cancel()


async def test_what_fails_here_is_tried_again_later(
    machine: Callable[..., Machine],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("SCRIPT", script.error(500, "failed", "no room"))
    server = machine(script.STAND_IN)
    await server.tenants.refresh()
    await server.behind._look()
    assert "the training for default failed: no room" in caplog.text
    caplog.clear()
    await server.behind._look()  # not now
    assert not caplog.records
    server.behind._not_before.clear()
    await server.behind._look()
    assert "no room" in caplog.text
    assert list(server.behind._rest.values()) == [2 * training.AGAIN]


async def test_how_it_stands_is_told(
    machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = machine().store
    live = store.load("default")
    assert training_out(store, live).state == "waiting"
    course = Training(catalogue=1, state="running", begun=1, done=3, of=9)
    store.claim(training_of("default", live.summary), "me", 60.0, course.as_json())
    told = training_out(store, live)
    assert (told.state, told.done, told.of) == ("running", 3, 9)
    off = replace(live, summary={"adapting": "switched off"})
    assert (training_out(store, off).state, training_out(store, off).why) == (
        "none",
        "switched off",
    )

    def away(work: str) -> Any:
        raise StoreFailed("Redis is away")

    monkeypatch.setattr(store, "work", away)
    assert training_out(store, live).why == "Redis is away"
