"""The commands' output: results on standard output, progress on standard error."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from gateway.ports.progress import Progress


def stdout() -> Console:
    """Standard output; colour only on a terminal, no line broken where it is read by a program."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=10_000)


def say(text: str = "", style: str | None = None) -> None:
    """Print one line of a result; the text is taken literally."""
    stdout().print(escape(text), style=style)


def note(text: str) -> None:
    """Print one line for the person at the terminal that is not part of the result."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(escape(text))


def dump(value: Any) -> None:
    """JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table; numbers are aligned to the right."""
    made = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for at, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[at], (int, float)) for row in rows)
        made.add_column(name, justify="right" if numeric else "left")
    for row in rows:
        made.add_row(*(escape(_shown(cell)) for cell in row))
    stdout().print(made)


def _shown(cell: object) -> str:
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar per job on standard error; a line per job where that is no terminal."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        yield _lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        jobs: dict[str, Any] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in jobs:
                jobs[what] = bars.add_task(what, total=of)
            bars.update(jobs[what], completed=done, total=of)

        yield tell


def _lines(console: Console) -> Progress:
    seen: set[str] = set()

    def tell(what: str, done: int, of: int) -> None:
        if what not in seen:
            seen.add(what)
            console.print(escape(what))

    return tell
