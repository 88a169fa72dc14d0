"""The program as it is called: help, exit codes, one line for whatever is wrong."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import types
from pathlib import Path

import pytest

from gateway import cli
from gateway.errors import DataError, NotFound
from gateway.settings.whole import Settings
from intents.learning.knowledge import KnowledgeError

ROOT = Path(__file__).parents[2]
COMMANDS = ("serve", "seed", "ask", "eval", "bench", "export", "suggest", "catalogue", "model")


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[argparse.Namespace, Settings]]:
    """Replaces every command by one that notes what it was given."""
    seen: list[tuple[argparse.Namespace, Settings]] = []

    def run(args: argparse.Namespace, settings: Settings) -> int:
        seen.append((args, settings))
        return 0

    fake = types.SimpleNamespace(run=run)
    monkeypatch.setattr(importlib, "import_module", lambda name: fake)
    return seen


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    def run(args: argparse.Namespace, settings: Settings) -> int:
        raise error

    fake = types.SimpleNamespace(run=run)
    monkeypatch.setattr(importlib, "import_module", lambda name: fake)
    return cli.main(["serve"])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_a_module(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([command, "--help"])
    assert caught.value.code == 0
    assert "--tenant" in capsys.readouterr().out
    assert (ROOT / "gateway" / "commands" / f"{command}.py").is_file()


def test_help_shows_examples_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; from gateway import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print('loaded', [m for m in ('numpy', 'rich', 'onnxruntime', 'starlette', 'asyncio')"
        " if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    assert 'frontline ask "when do you close"' in done.stdout
    assert done.stdout.endswith("loaded []\n")


@pytest.mark.parametrize(
    "line",
    ["", "nope", "ask", "seed", "catalogue", "catalogue drop", "catalogue rollback 0", "model"],
)
def test_wrong_usage_exits_2(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(line.split())
    assert caught.value.code == 2
    assert "usage: frontline" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == "frontline 0.1.0\n"


def test_config_and_tenant_stand_before_or_after_the_command(
    ran: list[tuple[argparse.Namespace, Settings]], tmp_path: Path
) -> None:
    (tmp_path / "own.toml").write_text("[server]\nport = 9\n")
    assert cli.main(["--config", "own.toml", "--tenant", "shop", "serve"]) == 0
    assert cli.main(["serve", "--config", "own.toml", "--tenant", "shop"]) == 0
    for _, settings in ran:
        assert (settings.server.port, settings.tenant.default) == (9, "shop")


def test_frontline_toml_of_the_folder_is_taken_unless_another_is_named(
    ran: list[tuple[argparse.Namespace, Settings]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cli.main(["serve"])
    (tmp_path / "frontline.toml").write_text("[server]\nport = 1\n")
    cli.main(["serve"])
    (tmp_path / "other.toml").write_text("[server]\nport = 2\n")
    monkeypatch.setenv("FRONTLINE_CONFIG", "other.toml")
    cli.main(["serve"])
    monkeypatch.setenv("FRONTLINE_SERVER__PORT", "3")
    cli.main(["serve"])
    assert [settings.server.port for _, settings in ran] == [8080, 1, 2, 3]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--tenant", "../x", "serve"], "frontline: --tenant is 1 to 63 lower-case letters"),
        (["--config", "none.toml", "serve"], "frontline: none.toml: no such file"),
        (["--config", "bad.toml", "serve"], "frontline: bad.toml: unknown key server.prot"),
    ],
)
def test_wrong_settings_are_one_line_and_exit_2(
    argv: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.toml").write_text("[server]\nprot = 1\n")
    assert cli.main(argv) == 2
    error = capsys.readouterr().err
    assert error.startswith(expected)
    assert error.count("\n") == 1


class FromUnderstanding(Exception):
    """Errors of ``intents`` are not in the gateway's tree; they carry their exit code."""

    exit_code = 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("no such thing"), 2),
        (DataError("row 3\nis wrong"), 1),
        (FromUnderstanding("no model"), 2),
        (KnowledgeError("it cannot be read"), 1),
        (PermissionError(13, "Permission denied", "var"), 1),
    ],
)
def test_errors_are_one_line_with_their_exit_code(
    error: Exception,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert failing(monkeypatch, error) == code
    text = capsys.readouterr().err
    assert text.startswith("frontline: ")
    assert text.count("\n") == 1


def test_control_c_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert failing(monkeypatch, KeyboardInterrupt()) == 130


def test_our_own_mistakes_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        failing(monkeypatch, ZeroDivisionError())
