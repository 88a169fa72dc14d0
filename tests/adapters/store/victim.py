"""A process that uses a store and is killed while it does; and what must be true afterwards.

``python -m tests.adapters.store.victim busy FOLDER NAME TIMES``  seeds and records so many times,
    and prints what was done only once it is done;
``... rounds FOLDER``  is killed at random instants of the work, many times, checking each time;
``... steps FOLDER``  dies at its first step, its second, its third..., checking each time.
"""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from gateway.adapters.store import SqliteStore, database
from gateway.ports.records import TurnQuery
from tests.support.stored import audio, draft, names, put_clips, turn

BATCH = 5
ROUNDS = 36


def work(folder: Path, name: str, times: Iterable[int]) -> None:
    """Put clips, publish, write turns, roll back, collect; say so after each."""
    store = SqliteStore(folder)
    say("open")
    for n in times:
        a_draft = draft(f"{name} {n}", "the same each time")
        put_clips(store, a_draft)
        say("published", store.publish(a_draft))
        store.write([turn(f"{name}.{n}", t) for t in range(BATCH)])
        say("wrote", f"{name}.{n}")
        if n % 5 == 4:
            store.activate("default", 1)
            store.collect()
            say("collected")
    store.close()


def say(*words: object) -> None:
    print(*words, flush=True)


def check(folder: Path, said: Iterable[str]) -> list[int]:
    """Open what is left. All that was said to be done is there; nothing is there by half.
    Returns the numbers of the catalogues."""
    store = SqliteStore(folder)
    history = store.history("default")
    numbers = [info.number for info in history]
    assert numbers == list(range(len(numbers), 0, -1)), numbers
    live = store.live_number("default")
    assert [info.number for info in history if info.live] == ([live] if live else [])
    assert (live is None) == (not numbers)
    for number in numbers:
        found = store.load("default", number)
        assert found.knowledge == "|".join(entry.answer for entry in found.entries).encode()
        for clip_name in names(found):
            assert store.get(clip_name) == audio(clip_name), (number, clip_name)
    for file in (folder / "clips").glob("??/*"):
        if "." not in file.name:  # a temporary file may be half, a clip never
            assert store.get(file.name) == audio(file.name), file
    calls: dict[str, int] = {}
    for record in store.turns(TurnQuery(limit=100_000)):
        calls[record.call_id] = calls.get(record.call_id, 0) + 1
    assert set(calls.values()) <= {BATCH}, calls
    for line in said:
        what, _, which = line.partition(" ")
        assert what != "published" or int(which) in numbers, line
        assert what != "wrote" or which in calls, line
    store.close()
    connection = sqlite3.connect(folder / "frontline.db")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    return numbers


def steps(folder: Path) -> None:
    """Once on an empty folder, once on one that has a catalogue; each step of the work in turn."""
    empty, seeded = folder / "empty", folder / "seeded"
    empty.mkdir(parents=True)
    work(seeded, "first", range(1))
    for before in (empty, seeded):
        had = len(check(before, [])) if before is seeded else 0
        for step in count():
            copy = folder / f"{before.name}-{step}"
            shutil.copytree(before, copy)
            status = _in_a_child(partial(_die_at, copy, step))
            numbers = check(copy, [])
            assert len(numbers) in (had, had + 1)
            work(copy, "second", range(1))  # what was left does not stand in the way
            assert len(check(copy, [])) == len(numbers) + 1
            shutil.rmtree(copy)
            if status == 0:
                say(before.name, step)
                break
            assert os.WTERMSIG(status) == signal.SIGKILL, status


def rounds(folder: Path) -> None:
    """Each round goes on with what the last one left: killed some milliseconds after it has said
    so many lines, from none (it is just starting) to a dozen.

    The processes are forks of this one: they run the code that checks what they leave, whatever
    happens to its files meanwhile.
    """
    chance = random.Random(7)
    numbers: list[int] = []
    for round_ in range(ROUNDS):
        reading, writing = os.pipe()
        child = _fork(partial(_work_into, writing, folder, f"r{round_}"))
        os.close(writing)
        with os.fdopen(reading) as out:
            lines = [out.readline() for _ in range(round_ % 12)]
            ended = os.pidfd_open(child)
            select.select([ended], [], [], chance.uniform(0.0, 0.03))
            os.close(ended)
            os.kill(child, signal.SIGKILL)
            said = _whole("".join(lines) + out.read())
        status = os.waitpid(child, 0)[1]
        assert os.WTERMSIG(status) == signal.SIGKILL, (status, said)
        found = check(folder, said)
        assert set(numbers) <= set(found)
        numbers = found
    say(ROUNDS, len(numbers))


def _whole(text: str) -> list[str]:
    """Its lines without the last one where that was cut off: unbuffered, as with
    ``PYTHONUNBUFFERED``, each word is written by itself and the kill may come between two."""
    return text[: text.rfind("\n") + 1].splitlines()


def _work_into(descriptor: int, folder: Path, name: str) -> None:
    os.dup2(descriptor, 1)
    work(folder, name, count())


def _in_a_child(what: Callable[[], None]) -> int:
    return os.waitpid(_fork(what), 0)[1]


def _fork(what: Callable[[], None]) -> int:
    """The child that does it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            what()
            code = 0
        finally:
            if code:
                traceback.print_exc()
            os._exit(code)
    return child


def _die_at(folder: Path, step: int) -> None:
    left = count(step, -1)

    def tick(*_: object) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def ticking(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            tick()
            return function(*args, **kwargs)

        return call

    def write(descriptor: int, data: memoryview) -> int:
        written = os_write(descriptor, data[: len(data) // 2])
        tick()  # with half a clip written
        return written + os_write(descriptor, data[len(data) // 2 :])

    os_write = os.write
    os.write = write  # type: ignore[assignment]
    for name in ("fsync", "replace", "mkdir"):
        setattr(os, name, ticking(getattr(os, name)))
    connect = database.Database._connect

    def connect_ticking(self: database.Database) -> sqlite3.Connection:
        connection = connect(self)
        connection.set_trace_callback(tick)  # before each statement, COMMIT among them
        return connection

    database.Database._connect = connect_ticking  # type: ignore[method-assign]
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    work(folder, "second", range(1))


if __name__ == "__main__":
    place = Path(sys.argv[2])
    match sys.argv[1]:
        case "rounds":
            rounds(place)
        case "busy":
            work(place, sys.argv[3], range(int(sys.argv[4])))
        case "steps":
            steps(place)
