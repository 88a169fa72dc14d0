"""Log lines for machines and for people."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest

from gateway.errors import StoreFailed
from gateway.logs import (
    MOST_COUNTED,
    OWN,
    WINDOW,
    JsonLines,
    Repetitions,
    Standard,
    TextLines,
    configure,
    facts,
    message_of,
    told,
)


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
    written = JsonLines().format(with_error(StoreFailed("the disk is full")))
    assert "\n" not in written
    assert "gateway.errors.StoreFailed: the disk is full" in json.loads(written)["error"]
    line = TextLines().format(with_error(StoreFailed("the disk is full")))
    assert "gateway.errors.StoreFailed: the disk is full" in line
    assert "test_logs.py" in line
    assert "in with_error" in line


def test_a_text_line_is_short() -> None:
    written = TextLines().format(record(call="c1"))
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} info    turn 7 call=c1", written)
    assert TextLines().format(record()).endswith("turn 7")


WORDS = "i have lost my purse"


def test_of_an_exception_that_is_not_ours_the_text_is_not_told() -> None:
    try:
        try:
            raise KeyError(WORDS)
        except KeyError as error:
            raise ExceptionGroup(WORDS, [ValueError(WORDS), StoreFailed("it is full")]) from error
    except ExceptionGroup as group:
        said = told(group)
    assert WORDS not in re.sub(r"(?m)^    .*", "", said), "lines of code are ours"
    for kind in ("ExceptionGroup", "builtins.ValueError", "StoreFailed: it is full", "KeyError"):
        assert kind in said


def test_a_chain_of_exceptions_without_end() -> None:
    first, second = ValueError("a"), TypeError("b")
    first.__cause__, second.__cause__ = second, first
    assert told(first).count("builtins.") == 2


def test_an_error_of_the_system_says_what_it_is_and_not_of_which_file() -> None:
    assert told(FileNotFoundError(2, "No such file or directory", f"/{WORDS}")) == (
        "builtins.FileNotFoundError: No such file or directory"
    )


def library(message: object, *args: object, **extra: object) -> logging.LogRecord:
    name = "websockets.client"
    line = logging.getLogger(name).makeRecord(
        name, logging.WARNING, "/lib/client.py", 7, message, args, None, extra=extra
    )
    line.module = "client"
    return line


@pytest.mark.parametrize(
    ("message", "args", "kept"),
    [
        ("> %s: %s", ("Authorization", WORDS), ">"),
        ("Executing %s took %.3f seconds", (WORDS, 1.0), "Executing"),
        (f"Exception in callback told({WORDS!r})\nhandle: ...", (), "Exception in callback told"),
        ("Task exception was never retrieved\nfuture: " + WORDS, (), "Task exception was never re"),
        (f"bad='{WORDS}'", (), "bad"),
        (ValueError(WORDS), (), ""),
        ("%d", (WORDS,), ""),
    ],
)
def test_of_a_librarys_warning_no_value_is_kept(
    message: object, args: tuple[object, ...], kept: str
) -> None:
    record = library(message, *args, websocket=WORDS)
    said = message_of(record)
    assert said.startswith(kept)
    assert said.endswith("(websockets.client, client:7)")
    assert WORDS not in JsonLines().format(record) + TextLines().format(record)


def test_a_secret_of_the_settings_is_in_no_line() -> None:
    key, longer = "sk-12345678", "sk-123456789"
    line = record("asked with %s", key, header=f"Bearer {longer}", times=3)
    line.exc_info = (StoreFailed, StoreFailed(f"redis://:{key}@host"), None)
    for form in (JsonLines, TextLines):
        written = form({key, longer, "call"}).format(line)
        assert "sk-" not in written
        assert "9" not in written.partition("header")[2].partition("times")[0]
        assert written.count("[secret]") == 3
    assert "asked" in JsonLines({"ask"}).format(line), "too short to be one"


def test_a_message_is_one_line_for_people_too() -> None:
    assert TextLines().format(record("a\nb %d")).endswith("a b 7")


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger; it and our own are put back afterwards."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    own = {name: logging.getLogger(name).level for name in OWN}
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)
    for name, before in own.items():
        logging.getLogger(name).setLevel(before)


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


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_only_our_own_loggers_go_below_warning(
    root: logging.Logger, capsys: pytest.CaptureFixture[str], level: str
) -> None:
    configure(level, "json")
    number = logging.getLevelNamesMapping()[level.upper()]
    assert logging.getLogger("frontline.call").getEffectiveLevel() == number
    assert root.level >= logging.WARNING
    for name in ("websockets.client", "httpx", "uvicorn", "asyncio", "a.library.of.tomorrow"):
        logger = logging.getLogger(name)
        before = logger.level
        logger.setLevel(logging.DEBUG)  # as a library's own variable of the environment does
        try:
            logger.debug(WORDS)
            logger.info(WORDS)
        finally:
            logger.setLevel(before)
    assert capsys.readouterr().err == ""


def test_a_line_that_cannot_be_made_does_not_tell_its_arguments(
    root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("info", "json")
    logging.getLogger("frontline.call").info("%d words", WORDS)
    logging.getLogger("frontline.call").warning("%d words", WORDS)
    said = capsys.readouterr().err
    assert said.count("a log line cannot be written (frontline.call, test_logs:") == 2
    assert WORDS not in said


# --- repetitions -----------------------------------------------------------------------------


def warning(at: float, message: str = "the store is down", **extra: object) -> logging.LogRecord:
    made = logging.getLogger("frontline").makeRecord(
        "frontline", logging.WARNING, "x.py", 1, message, (), None, extra=extra
    )
    made.created = at
    return made


def told_at(said: Repetitions, now: float) -> list[tuple[str, object]]:
    return [(one.getMessage(), facts(one).get("times_more")) for one in said.due(now)]


def test_a_warning_that_comes_again_is_said_once_and_counted() -> None:
    said = Repetitions()
    assert said.is_new(warning(0.0))
    assert not any(said.is_new(warning(at)) for at in range(1, 60))
    assert told_at(said, WINDOW - 0.1) == []
    assert told_at(said, WINDOW) == [("the store is down", 59)]
    assert not said.is_new(warning(61.0)), "it goes on and on: told once in each window"
    assert told_at(said, 2 * WINDOW) == [("the store is down", 1)]
    assert told_at(said, 3 * WINDOW) == []
    assert said.is_new(warning(181.0))


def test_warnings_that_differ_in_numbers_alone_are_the_same() -> None:
    said = Repetitions()
    assert said.is_new(warning(0.0, "a recogniser was lost: try 1", port=8080))
    assert not said.is_new(warning(0.0, "a recogniser was lost: try 2", port=9090))
    assert said.is_new(warning(0.0, "a recogniser was lost: try 2", port=9090, tool="orders"))
    assert said.is_new(warning(0.0, "a voice was lost"))
    failed = with_error(ValueError())
    failed.levelno, failed.created = logging.ERROR, 0.0
    assert said.is_new(failed)


def test_what_is_no_warning_is_always_said() -> None:
    said = Repetitions()
    assert said.is_new(record())
    assert said.is_new(record())


def test_what_is_counted_takes_little_memory() -> None:
    said = Repetitions()
    words = [f"{chr(97 + at % 26)}{chr(97 + at // 26)}{'x' * (at // 676)}" for at in range(3000)]
    told_of = []
    for word in words:
        for _ in range(2):
            said.is_new(warning(0.0, word))
            told_of += told_at(said, 0.0)
        assert len(said._said) < MOST_COUNTED
    assert told_of[:2] == [("aa", 1), ("ba", 1)]
    assert len(told_of) + len(list(said.rest())) >= 2900


def test_the_clock_may_be_set_back() -> None:
    said = Repetitions()
    said.is_new(warning(5000.0))
    said.is_new(warning(5001.0))
    assert told_at(said, 10.0) == [("the store is down", 1)]


def test_what_was_only_counted_is_told_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    handler = Standard()
    handler.setFormatter(JsonLines())
    for at in range(3):
        handler.handle(warning(float(at)))
    handler.handle(warning(100.0, "another"))
    handler.handle(warning(101.0, "another"))
    handler.close()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["message"], line.get("times_more")) for line in lines] == [
        ("the store is down", None),
        ("the store is down", 2),
        ("another", None),
        ("another", 1),
    ]
