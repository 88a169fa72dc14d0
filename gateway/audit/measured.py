"""The figures that benchmarks measured last: one file which the documents and the calculator quote.

``frontline bench NAME --record`` writes it, ``bench/quoted.py`` holds the documents against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from gateway.errors import UsageError

FILE = Path(__file__).parents[1] / "data" / "measured.json"


class Measured(msgspec.Struct):
    """The figures of one benchmark, and the machine they are from."""

    machine: dict[str, Any]
    """The machine of the newest run, as ``frontline bench --json`` prints it."""
    parameters: dict[str, Any]
    day: str
    """The day of the newest run, UTC, as 2026-01-31."""
    figures: dict[str, float]
    """Each figure by its key, which ends in its unit."""


def read(file: Path = FILE) -> dict[str, Measured]:
    """Every benchmark's recorded figures, by the benchmark's name."""
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Measured])


@cache
def figure(name: str, key: str) -> float:
    """The recorded figure ``key`` of the benchmark ``name``, in the unit which the key ends in.

    Raises ``KeyError`` if that was never recorded.
    """
    return read()[name].figures[key]


def record(result: Mapping[str, Any], file: Path = FILE) -> None:
    """Keep a benchmark's result. A run of some parts of it leaves the other figures as they were.

    Raises ``UsageError`` if the file cannot be written.
    """
    known = read(file) if file.exists() else {}
    name = str(result["bench"])
    before = known[name].figures if name in known else {}
    known[name] = Measured(
        machine=dict(result["machine"]),
        parameters=dict(result["parameters"]),
        day=datetime.now(UTC).date().isoformat(),
        figures=before | dict(result["figures"]),
    )
    text = msgspec.json.format(msgspec.json.encode(dict(sorted(known.items()))), indent=2)
    try:
        file.write_bytes(text + b"\n")
    except OSError as error:
        raise UsageError(f"--record: {file} cannot be written ({error.strerror})") from None
