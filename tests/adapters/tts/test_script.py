"""A reply's texts, kept until they are spoken. What becomes of them is in ``test_chain``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.adapters.tts.script import AHEAD, Part, Script
from gateway.ports.live_speech import SpokenPiece, SpokenWord
from tests.support.speaking import texts

pytestmark = pytest.mark.anyio


async def read(*given: str) -> Script:
    script = Script(texts(*given))
    await script.pump()
    return script


async def test_whoever_writes_waits_when_nobody_speaks() -> None:
    written = 0

    async def endless() -> AsyncIterator[str]:
        nonlocal written
        while True:
            written += 1
            yield "word"

    script = Script(endless())
    async with asyncio.TaskGroup() as tasks:
        pump = tasks.create_task(script.pump())
        await asyncio.sleep(9)
        assert written == AHEAD
        assert await script.text(3) == "word"
        await asyncio.sleep(9)
        assert written == AHEAD + 4
        pump.cancel()


async def test_texts_are_there_for_as_many_as_ask() -> None:
    script = await read("one", " ", "two")
    assert [await script.text(number) for number in (0, 1, 0, 2)] == ["one", "two", "one", None]
    assert await script.has_more()


async def test_spoken_words_are_not_given_again() -> None:
    script = await read("one two, three", "four")
    words = tuple(
        SpokenWord(text=text, chunk=0, at=at, start_ms=at * 10, end_ms=at * 10 + 40)
        for text, at in (("one", 0), ("two,", 4), ("three", 9))
    )
    script.spoken(SpokenPiece(words=words), 100.0)
    script.interrupted()
    assert script.part() == Part(0, 9, 100.0)
    script.spoken(SpokenPiece(finished=1), 50.0)
    script.interrupted()
    assert script.part() == Part(1, 0, 150.0)
    assert not script.is_over(script.part(), 0)
    assert script.is_over(script.part(), 1)


async def test_a_text_of_which_only_marks_are_left_is_finished() -> None:
    script = await read("one ...")
    word = SpokenWord(text="one", chunk=0, at=0, start_ms=0, end_ms=100)
    script.spoken(SpokenPiece(words=(word,)), 100.0)
    script.interrupted()
    assert not await script.has_more()
    script.interrupted()
    assert script.part().first == 1


async def test_a_part_is_placed_in_the_reply() -> None:
    word = SpokenWord(text="x", chunk=0, at=1, start_ms=2, end_ms=3)
    other = SpokenWord(text="x", chunk=1, at=1, start_ms=2, end_ms=3)
    piece = Part(4, 7, 100.0).placed(SpokenPiece(words=(word, other), finished=1))
    assert piece.finished == 5
    assert [(one.chunk, one.at, one.start_ms, one.end_ms) for one in piece.words] == [
        (4, 8, 102, 103),
        (5, 1, 102, 103),
    ]
