"""The journal of webhooks: bounded, in order, there after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.adapters.hooks.journal import Journal, Waiting


def message(number: int, hook: str = "crm", due: float = 1.0) -> Waiting:
    body = f"secret words {number}".encode()
    return Waiting(hook=hook, id=f"m{number}", kind="call.ended", body=body, since=1.0, due=due)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "webhooks.db"


def ids(journal: Journal, hook: str = "crm", now: float = 10.0) -> list[str]:
    return [one.id for one in journal.due(hook, now, 100)]


def test_what_waits_is_there_after_a_restart_in_order(path: Path) -> None:
    journal = Journal(path)
    journal.add([message(2), message(1), message(3, "other"), message(4, due=11.0)])
    journal.close()
    again = Journal(path)
    assert ids(again) == ["m2", "m1"]
    assert ids(again, "other") == ["m3"]
    assert ids(again, now=11.0) == ["m2", "m1", "m4"]
    assert [one.id for one in again.due("crm", 11.0, 1)] == ["m2"]


def test_the_oldest_goes_when_it_is_full(path: Path) -> None:
    journal = Journal(path, kept=3)
    assert journal.add([message(n) for n in range(3)]) == 0
    assert journal.add([message(3), message(9, "other")]) == 1
    assert ids(journal) == ["m1", "m2", "m3"]
    assert ids(journal, "other") == ["m9"]


def test_later_and_done(path: Path) -> None:
    journal = Journal(path)
    journal.add([message(1), message(2)])
    first, second = journal.due("crm", 10.0, 100)
    journal.later(first.place, 20.0)
    journal.done(second.place)
    assert ids(journal) == []
    (again,) = journal.due("crm", 20.0, 100)
    assert (again.id, again.tries, again.since) == ("m1", 1, 1.0)


def test_a_hook_that_is_no_more_leaves_nothing(path: Path) -> None:
    journal = Journal(path)
    journal.add([message(1), message(2, "old")])
    journal.forget(["crm"])
    assert ids(journal, "old") == []
    assert ids(journal) == ["m1"]


def test_nobody_else_reads_it_and_what_was_told_is_gone(path: Path) -> None:
    journal = Journal(path)
    assert path.stat().st_mode & 0o777 == 0o600
    journal.add([message(1)])
    journal.done(journal.due("crm", 10.0, 1)[0].place)
    journal.close()
    assert b"secret words" not in path.read_bytes()
