"""``frontline export``: what comes out goes in again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cache_seed.table import read
from gateway.adapters.store.sqlite import SqliteStore
from tests.support.stored import draft, put_clips


def publish(folder: Path, *texts: str) -> Any:
    store = SqliteStore(folder / "var" / "store")
    made = draft(*texts)
    put_clips(store, made)
    store.publish(made)
    store.close()
    return made


def test_the_round_trip_keeps_every_entry(run: Callable[..., Any], tmp_path: Path) -> None:
    made = publish(tmp_path, "We close at five.", 'He said "no", twice; so, what')
    table = read(run("export").out.encode())
    assert not table.errors
    assert [one.id for one in table.entries] == [one.id for one in made.entries]
    for found, entry in zip(table.entries, made.entries, strict=True):
        assert set(found.questions) <= set(entry.questions)  # "x?" and "x" are one question
        assert found.answer == entry.answer


def test_into_a_file_and_from_an_earlier_number(run: Callable[..., Any], tmp_path: Path) -> None:
    publish(tmp_path, "first")
    publish(tmp_path, "second")
    done = run("export", "--number", "1", "--output", "out.csv")
    assert done.out == ""
    assert "catalogue 1" in done.err
    assert "first" in (tmp_path / "out.csv").read_text()


def test_nothing_to_export_is_exit_2(run: Callable[..., Any], tmp_path: Path) -> None:
    done = run("export")
    assert done.code == 2
    assert "no catalogue yet" in done.err
    assert not (tmp_path / "var").exists()
