"""``frontline promote``; the worker that renders and publishes is the stand-in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.admin.script import STAND_IN, report
from tests.commands.running.conftest import Asked


@pytest.fixture
def order(house_http: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The order that the worker was given."""
    seen = tmp_path / "seen"
    jobs = house_http.app.state.frontline.jobs  # type: ignore[attr-defined]
    monkeypatch.setattr(jobs, "_worker", STAND_IN)
    monkeypatch.setenv("SCRIPT", f"look {seen}\n{report(entry='pets', added=2)}")
    return lambda: json.loads(seen.read_text())["order"]


def test_turns_become_part_of_an_entry(asked: Asked, order: Any) -> None:
    done = asked("promote", "pets", "--turn", "a-2", "--turn", "a-3", "--question", "any dogs")
    assert done.out == "pets: 2 questions added; published, catalogue 3\n"
    assert (order()["turns"], order()["questions"]) == (["a-2", "a-3"], ["any dogs"])
    assert (order()["entry"], order()["new"]) == ("pets", None)


def test_a_new_entry_has_its_answer(asked: Asked, order: Any) -> None:
    told = json.loads(
        asked("promote", "pets", "--cluster", "4de8", "--answer", "No.", "--json").out
    )
    assert told["outcome"] == "published"
    assert (order()["cluster"], order()["new"]["answer"], order()["new"]["id"]) == (
        "4de8",
        "No.",
        "pets",
    )


def test_what_was_asked_must_be_said(asked: Asked) -> None:
    done = asked("promote", "pets")
    assert (done.code, "--cluster, --turn or --question" in done.err) == (2, True)
