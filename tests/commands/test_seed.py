"""``frontline seed``: from a CSV to a live catalogue, and every way it can be refused."""

from __future__ import annotations

import io
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cache_seed.cells import RowError
from cache_seed.publish import Outcome, SeedReport
from gateway.commands.seed import show, summed_up

GOOD = """\
id,question,answer
hours,when do you open|what are your hours|how late are you open,At nine.
parking,where can i park|is there parking|do you have a car park,Behind the house.
returns,can i send it back|how do returns work|i want to return something,"Yes, for a month."
"""
BAD = "question,answer\nwhen do you open,\nwhere can i park,Behind the house.\n"


@pytest.fixture
def shop(tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table in it; clips are rendered in this many processes: one."""
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", str(model_folder))
    monkeypatch.setenv("FRONTLINE_RENDER__WORKERS", "1")
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "bad.csv").write_text(BAD)
    return tmp_path


def test_a_table_becomes_a_catalogue_once(run: Callable[..., Any], shop: Path) -> None:
    checked = json.loads(run("seed", "--dry-run", "--json", "good.csv").out)
    assert (checked["outcome"], checked["catalogue"]) == ("checked", None)
    first = json.loads(run("seed", "--json", "good.csv").out)
    assert (first["outcome"], first["catalogue"], first["entries"]) == ("published", 1, 3)
    assert first["rendered"] == checked["rendered"] > 0
    again = run("seed", "good.csv")
    assert again.code == 0
    assert again.out == "nothing has changed: catalogue 1 of default, 3 entries, 9 questions\n"
    assert run("ask", "when do you open").out.startswith("cache")


def test_if_empty_leaves_a_catalogue_alone(run: Callable[..., Any], shop: Path) -> None:
    assert run("seed", "--if-empty", "good.csv").code == 0
    done = run("seed", "--if-empty", "bad.csv")
    assert done.code == 0
    assert "catalogue 1 already" in done.err


def test_a_bad_row_is_named_and_nothing_published(run: Callable[..., Any], shop: Path) -> None:
    done = run("seed", "bad.csv")
    assert done.code == 1
    assert "error: line 2, column answer: " in done.out
    assert done.out.endswith("nothing was published (1 mistake); there is no catalogue yet\n")
    report = json.loads(run("seed", "--json", "bad.csv").out)
    assert report["errors"][0]["line"] == 2
    assert run("catalogue", "list").code == 2


def test_a_table_may_come_through_a_pipe(
    run: Callable[..., Any], shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = types.SimpleNamespace(buffer=io.BytesIO(BAD.encode()))
    monkeypatch.setattr(sys, "stdin", piped)
    report = json.loads(run("seed", "--json", "-").out)
    assert (report["source"], report["outcome"]) == ("standard input", "refused")


def test_a_file_that_is_not_there_is_one_line(run: Callable[..., Any], shop: Path) -> None:
    done = run("seed", "none.csv")
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith("frontline: ")
    assert "none.csv" in done.err


def test_without_the_model_the_mend_is_named(
    run: Callable[..., Any], shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", "nowhere")
    monkeypatch.setitem(sys.modules, "onnx", None)  # else it would be built
    done = run("seed", "good.csv")
    assert done.code == 2
    assert "frontline model build" in done.err


def report(outcome: Outcome, **changes: Any) -> SeedReport:
    fields: dict[str, Any] = {"catalogue": 3, "rows": 2, "entries": 2, "questions": 5, **changes}
    return SeedReport(tenant="default", source="x.csv", outcome=outcome, **fields)


def test_the_result_in_one_line() -> None:
    done = report(Outcome.PUBLISHED, rendered=7, reused=2, wall_s=2.0, x_realtime=31.4)
    assert summed_up(done) == (
        "catalogue 3 of default is live: 2 entries, 5 questions; 7 clips rendered, 2 kept "
        "(2.0 s, 31 x real time)"
    )
    refused = report(Outcome.REFUSED, errors=(RowError(2, "", "a", "b"),) * 2)
    assert summed_up(refused) == "nothing was published (2 mistakes); catalogue 3 still answers"


def test_a_thousand_mistakes_do_not_flood_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show(report(Outcome.REFUSED, errors=(RowError(2, "", "a", "b"),) * 1000))
    out = capsys.readouterr().out
    assert "and 980 more of these" in out
    assert out.count("\n") == 22
