"""Logs: one line a fact, JSON for machines, text for people."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def facts(record: logging.LogRecord) -> dict[str, object]:
    """What was logged beside the message."""
    return {key: value for key, value in vars(record).items() if key not in STANDARD}


class _Quiet(logging.Formatter):
    """Tells where a mistake was made, and not what it says of itself: the message of a ``KeyError``
    or a ``ValueError`` is the value, which a caller may have said. Of our own errors, whose
    messages are written for people, and of the system's, it tells that too."""

    def formatException(self, ei: object) -> str:  # noqa: N802 - the name is the library's
        """The traceback of a record's ``exc_info``."""
        error = ei[1] if isinstance(ei, tuple) else ei
        parts: list[str] = []
        seen: set[int] = set()
        while isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            parts.append("".join(traceback.format_tb(error.__traceback__)) + _named(error))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nafter\n".join(parts)


def _named(error: BaseException) -> str:
    kind = type(error)
    told = kind.__module__.startswith("gateway.") or isinstance(error, OSError)
    inner = ""
    if isinstance(error, BaseExceptionGroup):
        inner = " of " + ", ".join(_named(one) for one in error.exceptions)
    return f"{kind.__name__}: {error}" if told and not inner else kind.__name__ + inner


class JsonLines(_Quiet):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **facts(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextLines(_Quiet):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S.%f")[:-3]
        extra = " ".join(f"{key}={value}" for key, value in facts(record).items())
        line = f"{at} {record.levelname.lower():7} {record.getMessage()} {extra}".rstrip()
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def configure(level: str, form: str) -> None:
    """Send all logs to standard error. ``form``: auto, json or text."""
    text = form == "text" or (form == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(TextLines() if text else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # At DEBUG it writes out headers and messages: tokens, and what callers say.
    logging.getLogger("uvicorn").setLevel("WARNING" if level != "debug" else "INFO")
