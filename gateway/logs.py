"""Logs: one line a fact, JSON for machines, text for people.

What callers say and the keys of providers are in no line, at any level, and this fails closed. Only
our own loggers go below warning: libraries write headers and messages there. Of a library's warning
the words up to the first value are kept, and of an exception that is not ours its type and where it
came from, since the rest may quote anything. Secrets of the settings are taken out of every line.
"""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import re
import sys
import traceback
from collections import OrderedDict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
OWN = ("frontline", "gateway", "intents", "cache_seed", "bench")
"""First names of our own loggers, and of the modules whose exceptions are told with their text."""
TIMES_MORE = "times_more"
"""The fact that counts what was not said again."""

WINDOW = 60.0
"""Seconds in which a warning that comes again is only counted."""
MOST_COUNTED = 256
"""Different warnings that are counted at a time; of more, the oldest is told and forgotten."""
SHORTEST_SECRET = 8
"""Characters; what is shorter is a word that stands in harmless lines too."""
MOST_CAUSES = 8
"""Exceptions of one chain that are told."""

_VALUE = re.compile(r"[%({<\[\"'`:=\n]")
"""The characters that may begin a value in the message of a library."""
_NUMBERS = re.compile(r"\d+")


def ours(name: str) -> bool:
    """Return whether a logger or module of that name is our own."""
    return name.partition(".")[0] in OWN


def facts(record: logging.LogRecord) -> dict[str, object]:
    """Return the fields that were logged beside the message; of a library only what we added."""
    own = ours(record.name)
    return {
        key: value
        for key, value in vars(record).items()
        if key not in STANDARD and (own or key == TIMES_MORE)
    }


def message_of(record: logging.LogRecord) -> str:
    """The message; of a library the words before its first value, and where it was said."""
    if ours(record.name):
        return " ".join(record.getMessage().splitlines())
    begins = _VALUE.split(record.msg, 1)[0].strip() if isinstance(record.msg, str) else ""
    return f"{begins[:200]} ({record.name}, {record.module}:{record.lineno})".strip()


# --- exceptions ------------------------------------------------------------------------------


def told(error: BaseException) -> str:
    """Type, text if it is harmless, and lines of code of an exception and of its causes."""
    return "\nbefore it: ".join(_one(one) for one in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, those in it if it is a group, and its causes; each once."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < MOST_CAUSES:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        before = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
        if before is not None:
            waiting.append(before)


def _one(error: BaseException) -> str:
    kind = type(error)
    frames = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)[-20:]))
    text = ""
    if ours(kind.__module__):
        text = str(error)
    elif isinstance(error, OSError):
        text = error.strerror or ""
    return f"{kind.__module__}.{kind.__qualname__}{': ' if text else ''}{text}\n{frames}".rstrip()


# --- lines -----------------------------------------------------------------------------------


class LogLines(logging.Formatter):
    """A record without secrets; a subclass writes it out."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        super().__init__()
        known = sorted({one for one in secrets if len(one) >= SHORTEST_SECRET}, key=len)
        self._secrets = re.compile("|".join(map(re.escape, reversed(known)))) if known else None

    def clean(self, value: object) -> Any:
        """A value as it may be written: its text without secrets, numbers as they are."""
        if value is None or isinstance(value, (bool, int, float)):
            return value
        text = str(value)
        return self._secrets.sub("[secret]", text) if self._secrets is not None else text

    def parts(self, record: logging.LogRecord) -> tuple[str, dict[str, object], str]:
        """The message, the facts, and the exception or nothing."""
        error = record.exc_info[1] if record.exc_info else None
        said = {key: self.clean(value) for key, value in facts(record).items()}
        return self.clean(message_of(record)), said, self.clean(told(error)) if error else ""


class JsonLines(LogLines):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        message, said, error = self.parts(record)
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": message,
            **said,
        }
        if error:
            line["error"] = error
        return json.dumps(line, default=str)


class TextLines(LogLines):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        message, said, error = self.parts(record)
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S.%f")[:-3]
        extra = " ".join(f"{key}={value}" for key, value in said.items())
        line = f"{at} {record.levelname.lower():7} {message} {extra}".rstrip()
        return f"{line}\n{error}" if error else line


# --- repetitions -----------------------------------------------------------------------------


@dataclass(slots=True)
class _Said:
    record: logging.LogRecord
    since: float
    more: int = 0


class Repetitions:
    """Warnings said lately. Two are the same if they differ in numbers alone."""

    def __init__(self) -> None:
        self._said: OrderedDict[tuple[object, ...], _Said] = OrderedDict()

    def is_new(self, record: logging.LogRecord) -> bool:
        """Return whether the message is to be logged; if not, it has been counted."""
        if record.levelno < logging.WARNING:
            return True
        key = _key(record)
        if (before := self._said.get(key)) is not None:
            before.more += 1
            return False
        self._said[key] = _Said(record, record.created)
        return True

    def due(self, now: float) -> Iterator[logging.LogRecord]:
        """Return the counts that are now to be logged: after ``WINDOW``, or when there are too
        many. What comes on and on is told once in each window. ``now``: unix seconds."""
        while self._said:
            key, said = next(iter(self._said.items()))
            late = not 0 <= now - said.since < WINDOW
            if not late and len(self._said) < MOST_COUNTED:
                return
            del self._said[key]
            if said.more:
                yield _counted(said)
                if late:
                    self._said[key] = _Said(said.record, now)

    def rest(self) -> Iterator[logging.LogRecord]:
        """All that was counted and not told."""
        while self._said:
            _, said = self._said.popitem(last=False)
            if said.more:
                yield _counted(said)


def _key(record: logging.LogRecord) -> tuple[object, ...]:
    error = record.exc_info[1] if record.exc_info else None
    said = (message_of(record), *(f"{key}={value}" for key, value in facts(record).items()))
    words = tuple(_NUMBERS.sub("#", one) for one in said)
    return record.name, record.levelno, record.lineno, type(error), *words


def _counted(said: _Said) -> logging.LogRecord:
    record = copy.copy(said.record)
    record.exc_info = record.exc_text = None
    setattr(record, TIMES_MORE, said.more)
    return record


class Standard(logging.StreamHandler[Any]):
    """Standard error: our own lines, and the warnings of libraries."""

    def __init__(self) -> None:
        super().__init__()
        self._repetitions = Repetitions()

    def emit(self, record: logging.LogRecord) -> None:
        """Write what may be written, and what is due."""
        if record.levelno < logging.WARNING and not ours(record.name):
            return
        try:
            new = self._repetitions.is_new(record)
            late = list(self._repetitions.due(record.created))
        except Exception:  # noqa: BLE001 - a message that cannot be made
            self.handleError(record)
            return
        for one in late:
            super().emit(one)
        if new:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say that a line is lost, and not with what: the usual way writes its arguments out."""
        place = f"{record.name}, {record.module}:{record.lineno}"
        with contextlib.suppress(OSError, ValueError):  # there is no standard error any more
            self.stream.write(f"a log line cannot be written ({place})\n")

    def close(self) -> None:
        """Tell what was only counted."""
        for one in self._repetitions.rest():
            super().emit(one)
        super().close()


def configure(level: str, form: str, secrets: Collection[str] = ()) -> None:
    """Send all logs to standard error. ``form``: auto, json or text. ``secrets``: what no line may
    hold."""
    text = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler = Standard()
    handler.setFormatter(TextLines(secrets) if text else JsonLines(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    set_level(level)


def set_level(level: str) -> None:
    """Write no less severe line than that; of libraries never less than a warning."""
    least = logging.getLevelNamesMapping()[level.upper()]
    logging.getLogger().setLevel(max(logging.WARNING, least))
    for name in OWN:
        logging.getLogger(name).setLevel(least)


def level() -> str:
    """The least severe level that is written."""
    return logging.getLevelName(logging.getLogger(OWN[0]).getEffectiveLevel()).lower()
