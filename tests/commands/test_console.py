"""Output: texts as they are, numbers aligned, nothing coloured or broken for programs."""

from __future__ import annotations

import json

import pytest

from gateway.commands.console import dump, note, progress, say, table


def test_text_is_not_taken_for_markup(capsys: pytest.CaptureFixture[str]) -> None:
    say("[bold]a[/bold] [x" + "y" * 300, style="red")
    note("[bold]b")
    said = capsys.readouterr()
    assert said.out == "[bold]a[/bold] [x" + "y" * 300 + "\n"
    assert said.err == "[bold]b\n"


def test_json_keeps_every_letter(capsys: pytest.CaptureFixture[str]) -> None:
    dump({"a": "café"})
    out = capsys.readouterr().out
    assert "café" in out
    assert json.loads(out) == {"a": "café"}


def test_a_table_aligns_numbers_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    table(("name", "n"), [("[a]", 5), ("b", 1000)])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["name     n", "[a]      5", "b     1000"]


def test_progress_is_one_line_per_job_without_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress() as tell:
        for done in range(3):
            tell("rendering", done, 3)
        tell("publishing", 1, 1)
    said = capsys.readouterr()
    assert said.err == "rendering\npublishing\n"
    assert said.out == ""
