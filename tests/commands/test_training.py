"""Waiting for a training: done here, followed elsewhere, and how it is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.store.sqlite import SqliteStore
from gateway.commands.training import how_it_stands, summary, waited
from gateway.ports.work import Training, training_of
from intents.models.encoder import Encoder
from tests.support.untrained import TABLE, publish_untrained, train_little


@pytest.fixture(scope="module")
def published(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_untrained(tmp_path_factory.mktemp("published") / "store", encoder)


@pytest.fixture
def store(published: Path, tmp_path: Path) -> Iterator[SqliteStore]:
    shutil.copytree(published, tmp_path / "store")
    opened = SqliteStore(tmp_path / "store")
    yield opened
    opened.close()


def test_another_process_is_waited_for_and_what_it_says_is_told(
    store: SqliteStore, encoder: Encoder
) -> None:
    work = training_of("default", store.load("default").summary)
    running = Training(catalogue=1, state="running", begun=1, done=2, of=4)
    done = Training(catalogue=1, state="did not pay", before=0.5, after=0.4)
    steps = [(0.0, done)]
    store.claim(work, "other", 60.0, running.as_json())
    assert "2 of 4 steps" in summary(how_it_stands(store, "default"))

    def sleep(_: float) -> None:
        seconds, course = steps.pop()
        assert store.claim(work, "other", seconds, course.as_json())

    assert waited(store, "default", encoder, sleep) == done
    assert "would not pay" in summary(done)
    assert not steps


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_wait_trains_where_nobody_else_does(
    run: Callable[..., Any],
    tmp_path: Path,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``frontline seed --wait`` from a table to the trained catalogue."""
    train_little(monkeypatch)
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", str(model_folder))
    (tmp_path / "table.csv").write_text(TABLE)
    first = run("seed", "table.csv")
    assert "catalogue 1 of default is live" in first.out
    assert "a server does that behind the calls; --wait does it now" in first.out
    told = json.loads(run("seed", "--wait", "--json", "table.csv").out)
    assert (told["outcome"], told["training"]["state"]) == ("unchanged", "published")
    assert told["training"]["live"] == 2
    assert "not to be trained" in run("seed", "--wait", "--if-empty", "table.csv").out
    assert "trained" not in run("seed", "table.csv").out


@pytest.mark.parametrize(
    ("course", "said"),
    [
        (None, "not to be trained"),
        (Training(catalogue=1), "--wait does it now"),
        (Training(catalogue=1, why="torch is missing"), "yet (torch is missing)"),
        (Training(catalogue=1, state="published", live=2, after=0.43), "catalogue 2 is live"),
        (Training(catalogue=1, state="overtaken"), "nothing came of the training"),
        (Training(catalogue=1, state="failed", why="no room"), "failed (no room)"),
    ],
)
def test_how_it_is_told(course: Training | None, said: str) -> None:
    assert said in summary(course)


def test_without_a_training_there_is_nothing_to_wait_for(
    tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(tmp_path / "empty")
    assert waited(store, "default", encoder) is None
    assert how_it_stands(store, "default") is None
    store.close()
