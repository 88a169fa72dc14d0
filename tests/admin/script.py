"""Lines for the stand-in worker, and a server that uses it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.admin.jobs import jobs
from gateway.ports.sound import WIRE_FORMATS

FORMAT = WIRE_FORMATS[0]
STAND_IN = (sys.executable, str(Path(__file__).with_name("worker.py")))


def use_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have servers made from now on run the stand-in."""
    monkeypatch.setattr(jobs.Jobs.__init__, "__defaults__", (STAND_IN,))


def step(what: str, done: int, of: int) -> str:
    return json.dumps({"step": {"what": what, "done": done, "of": of}})


def report(**changes: Any) -> str:
    """The report of a job that published; 12 entries."""
    whole = {
        "tenant": "default",
        "source": "upload",
        "outcome": "published",
        "catalogue": 3,
        "rows": 12,
        "entries": 12,
        "questions": 36,
        "rendered": 4,
        "reused": 8,
        "rendered_s": 16.0,
        "audio_s": 48.0,
        "wall_s": 0.5,
        "x_realtime": 32.0,
        "entry": "",
        "added": 0,
        "errors": [],
        "warnings": [],
        "conflicts": [],
        "summary": {"threshold": 0.5},
    }
    return json.dumps({"report": whole | changes})


def error(status: int, code: str, message: str, **more: Any) -> str:
    """A refusal, ``more`` of which may be the report of what was found until then."""
    return json.dumps({"error": {"code": code, "message": message}, "status": status, **more})


def events(text: str) -> list[tuple[str, Any]]:
    """(name, data) of a stream of server-sent events."""
    found = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            name, data = lines
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found
