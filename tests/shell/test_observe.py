"""Turns on their way to the store."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import cast

import pytest

from gateway.errors import StoreFailed
from gateway.ports import RecordStore
from gateway.shell.observe import FLUSH, QUEUE, Records
from tests.fakes import FakeObserver
from tests.house import FakeStore
from tests.stored import turn

pytestmark = pytest.mark.anyio


class Book:
    """Records over a fake store."""

    def __init__(self) -> None:
        self.store, self.observer = FakeStore(), FakeObserver()
        self.records = Records(cast(RecordStore, self.store), self.observer)

    @property
    def written(self) -> list[list[str]]:
        return [[record.id for record in batch] for batch in self.store.written]


async def test_turns_are_written_in_batches(threads: SimpleNamespace) -> None:
    book = Book()
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(book.records.run())
        book.records.add(turn("a", 1))
        book.records.add(turn("b", 1))
        await asyncio.sleep(1.5 * FLUSH)
        book.records.add(turn("a", 2))
        await asyncio.sleep(2 * FLUSH)
        writing.cancel()
    assert book.written == [["a-1", "b-1"], ["a-2"]]
    assert [record.id for record in book.observer.turns] == ["a-1", "b-1", "a-2"]


async def test_nothing_to_write_asks_nothing_of_the_store(threads: SimpleNamespace) -> None:
    book = Book()
    await book.records.flush()
    assert book.written == []


async def test_a_store_that_is_down_loses_nothing(
    threads: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    book = Book()
    book.store.broken = StoreFailed("disk full")
    book.records.add(turn("a", 1))
    await book.records.flush()
    assert "disk full" in caplog.text
    book.records.add(turn("a", 2))
    book.store.broken = None
    await book.records.flush()
    await book.records.flush()
    assert book.written == [["a-1", "a-2"]]
    assert book.observer.losses == []


async def test_what_comes_while_writing_is_not_lost(threads: SimpleNamespace) -> None:
    book = Book()
    threads.takes = 1.0
    book.records.add(turn("a", 1))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(book.records.flush())
        await asyncio.sleep(0.5)
        book.records.add(turn("a", 2))
    await book.records.flush()
    assert book.written == [["a-1"], ["a-2"]]


async def test_a_full_queue_loses_the_oldest_and_says_so(threads: SimpleNamespace) -> None:
    book = Book()
    for n in range(QUEUE + 2):
        book.records.add(turn("a", n))
    await book.records.flush()
    assert book.observer.losses == [("records", 1)] * 2
    assert len(book.written[0]) == QUEUE
    assert book.written[0][0] == "a-2"


async def test_one_log_line_a_turn_without_what_was_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    book = Book()
    with caplog.at_level(logging.INFO, "frontline.turn"):
        book.records.add(
            turn(
                "a",
                3,
                text="my secret",
                question="when?",
                entry="hours",
                confidence=0.98765,
                timeline={"ttfa_ms": 12.5},
            )
        )
    [line] = caplog.records
    facts = vars(line)
    assert (facts["call"], facts["turn"], facts["path"]) == ("a", 3, "cache")
    assert (facts["entry"], facts["confidence"], facts["ttfa_ms"]) == ("hours", 0.988, 12.5)
    assert "secret" not in str(facts)
