"""A folder of its own for every command under test, and the program called in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway import cli


@dataclass(frozen=True)
class Done:
    """What a command said."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("catalogue", "list")`` in an empty folder, where ``var/store`` will be."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRONTLINE_HOME", str(tmp_path))

    def call(*argv: str) -> Done:
        code = cli.main(argv)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return call
