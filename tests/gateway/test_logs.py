"""Log lines for machines and for people."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest

from gateway.errors import StoreFailed
from gateway.logs import JsonLines, TextLines, configure, facts

SAID = "zork@example.com"


def record(message: str = "turn %d", *args: object, **extra: object) -> logging.LogRecord:
    return logging.getLogger("frontline.test").makeRecord(
        "frontline.test", logging.INFO, "x.py", 1, message, args or (7,), None, extra=extra
    )


def with_error(error: Exception) -> logging.LogRecord:
    line = record()
    try:
        raise error
    except Exception:  # noqa: BLE001 - whatever it is
        line.exc_info = sys.exc_info()
    return line


def test_facts_are_what_was_added() -> None:
    assert facts(record(call="c1", turn=2)) == {"call": "c1", "turn": 2}
    assert facts(record()) == {}


def test_a_json_line_is_one_object_with_the_facts() -> None:
    line = record(call="c1", when=object)
    line.created = 0.25
    written = JsonLines().format(line)
    assert "\n" not in written
    assert json.loads(written) == {
        "at": "1970-01-01T00:00:00.250+00:00",
        "level": "info",
        "logger": "frontline.test",
        "message": "turn 7",
        "call": "c1",
        "when": str(object),
    }


def test_an_error_is_in_the_line() -> None:
    written = JsonLines().format(with_error(ValueError("bad")))
    assert "\n" not in written
    assert json.loads(written)["error"].endswith("ValueError")
    assert TextLines().format(with_error(ValueError("bad"))).endswith("ValueError")


def test_what_a_mistake_says_of_itself_is_not_in_the_line() -> None:
    """The message of a ``KeyError`` is the key, and that of a ``ValueError`` the text."""
    outer = RuntimeError("about " + SAID)
    outer.__cause__ = KeyError(SAID)
    group = ExceptionGroup(SAID, [ValueError(SAID), StoreFailed("disk full")])
    for error in (outer, group):
        for form in (JsonLines(), TextLines()):
            assert SAID not in form.format(with_error(error))
    assert "KeyError" in JsonLines().format(with_error(outer))
    assert "of ValueError, StoreFailed: disk full" in TextLines().format(with_error(group))


def test_our_own_errors_and_the_systems_are_told() -> None:
    assert "StoreFailed: disk full" in TextLines().format(with_error(StoreFailed("disk full")))
    assert "no such file" in TextLines().format(with_error(FileNotFoundError(2, "no such file")))


def test_a_text_line_is_short() -> None:
    written = TextLines().format(record(call="c1"))
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} info    turn 7 call=c1", written)
    assert TextLines().format(record()).endswith("turn 7")


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back afterwards."""
    logger, uvicorn = logging.getLogger(), logging.getLogger("uvicorn")
    before = (list(logger.handlers), logger.level, uvicorn.level)
    yield logger
    logger.handlers[:], level, uvicorn_level = before
    logger.setLevel(level)
    uvicorn.setLevel(uvicorn_level)


@pytest.mark.parametrize(
    ("form", "terminal", "formatter"),
    [
        ("json", True, JsonLines),
        ("text", False, TextLines),
        ("auto", True, TextLines),
        ("auto", False, JsonLines),
    ],
)
def test_the_form_fits_the_reader(
    root: logging.Logger,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
    terminal: bool,
    formatter: type[logging.Formatter],
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    configure("info", form)
    assert [type(handler.formatter) for handler in root.handlers] == [formatter]


@pytest.mark.parametrize(("level", "uvicorn"), [("info", "WARNING"), ("debug", "INFO")])
def test_levels(root: logging.Logger, level: str, uvicorn: str) -> None:
    configure(level, "json")
    assert root.level == logging.getLevelName(level.upper())
    assert logging.getLevelName(logging.getLogger("uvicorn").level) == uvicorn
