"""Turns on their way to the store."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.errors import ProviderFailed, StoreFailed
from gateway.ports.agents import Agent, AgentPiece, AgentRequest
from gateway.ports.records import MAX_REPLY, FirstPiece
from gateway.ports.store import RecordStore
from gateway.privacy.redactor import Redactor
from gateway.shell.call import observe
from gateway.shell.call.observe import FLUSH, QUEUE, RecordWriter
from tests.support.fakes import FakeAgent, FakeObserver
from tests.support.house import FakeStore
from tests.support.stored import turn

pytestmark = pytest.mark.anyio


class Book:
    """Records over a fake store."""

    def __init__(self) -> None:
        self.store, self.observer = FakeStore(), FakeObserver()
        self.records = RecordWriter(cast(RecordStore, self.store), self.observer)

    @property
    def written(self) -> list[list[str]]:
        return [[record.id for record in batch] for batch in self.store.written]

    async def replies(self) -> dict[str, str]:
        """As the store has them: of two records of a turn the later."""
        await self.records.flush()
        return {record.id: record.reply for batch in self.store.written for record in batch}


REQUEST = AgentRequest(call_id="a", tenant="default", turn=1, text="when", history=())
SAID = (AgentPiece("We open "), AgentPiece(audio=b"\0\0"), AgentPiece("at nine."))


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


# --- the loop -----------------------------------------------------------------------------------


async def test_a_turn_that_waited_for_a_loop_that_stood_still_says_so(
    threads: SimpleNamespace,
) -> None:
    asked: list[float] = []

    def stood_still(seconds: float) -> float:
        asked.append(seconds)
        return {0.5: 0.1234, 0.2: 0.0}[seconds]

    store = FakeStore()
    records = RecordWriter(cast(RecordStore, store), FakeObserver(), stood_still)
    records.add(turn("a", 1, timeline={"ttfa_ms": 500.0}, evidence={"kind": "answer"}))
    records.add(turn("a", 2, timeline={"ttfa_ms": 200.0}))
    records.add(turn("a", 3))
    records.add(turn("a", 1, timeline={"ttfa_ms": 500.0, "heard_ms": 9.0}, interrupted=True))
    await records.flush()
    evidence = [(record.turn, dict(record.evidence)) for record in store.written[0]]
    stalled = {"stall_ms": 123.4}
    assert evidence == [(1, {"kind": "answer"} | stalled), (2, {}), (3, {}), (1, stalled)]
    assert asked == [0.5, 0.2], "what was heard later was waited for before"


# --- what the agent said ------------------------------------------------------------------------


async def test_a_reply_is_kept_with_its_turn(threads: SimpleNamespace) -> None:
    book, agent = Book(), FakeAgent(*SAID)
    book.records.add(turn("a", 1, path="agent"))
    speaker: Agent = agent
    passed = [piece async for piece in book.records.heard("a-1", speaker.reply(REQUEST))]
    assert passed == list(SAID)
    assert await book.replies() == {"a-1": "We open at nine."}
    assert (agent.asked, agent.stopped) == ([REQUEST], 1)
    assert [record.id for record in book.observer.turns] == ["a-1"], "a turn is counted once"


async def test_a_reply_may_end_before_its_turn_is_recorded(threads: SimpleNamespace) -> None:
    book = Book()
    book.records.replied("a-1", "At nine.")
    book.records.add(turn("a", 1, path="agent"))
    book.records.add(turn("a", 1, path="agent", interrupted=True))
    assert await book.replies() == {"a-1": "At nine."}


async def test_what_was_said_until_it_was_cut_short_is_kept(threads: SimpleNamespace) -> None:
    book, agent = Book(), FakeAgent(*SAID)
    book.records.add(turn("a", 1, path="agent"))
    pieces: Any = book.records.heard("a-1", agent.reply(REQUEST))
    async with aclosing(pieces):
        assert await anext(pieces) == SAID[0]
    assert agent.stopped == 1, "the agent is freed"
    assert await book.replies() == {"a-1": "We open"}


async def test_what_was_said_until_the_agent_failed_is_kept(threads: SimpleNamespace) -> None:
    book, agent = Book(), FakeAgent(SAID[0], ProviderFailed("gone"))
    book.records.add(turn("a", 1, path="agent"))
    with pytest.raises(ProviderFailed):
        _ = [piece async for piece in book.records.heard("a-1", agent.reply(REQUEST))]
    assert await book.replies() == {"a-1": "We open"}


async def test_an_agent_that_only_sounds_leaves_no_text(threads: SimpleNamespace) -> None:
    book = Book()
    book.records.add(turn("a", 1, path="agent"))
    sounding = FakeAgent(AgentPiece(audio=b"\0\0"))
    _ = [piece async for piece in book.records.heard("a-1", sounding.reply(REQUEST))]
    assert await book.replies() == {"a-1": ""}


async def test_replies_are_kept_without_personal_data_and_bounded(
    threads: SimpleNamespace,
) -> None:
    book = Book()
    book.records.add(turn("a", 1, path="agent"))
    book.records.replied(
        "a-1", "Anna Miller, your card 4111 1111 1111 1111 is fine. " + "yes " * 9999
    )
    reply = (await book.replies())["a-1"]
    assert reply.startswith("[name], your card [number] is fine. yes yes")
    assert MAX_REPLY - 4 < len(reply) <= MAX_REPLY


async def test_a_reply_is_freed_of_personal_data_with_its_tenants_words(
    threads: SimpleNamespace,
) -> None:
    book = Book()
    knowing = {"default": Redactor(["we are the zorkery"])}
    book.records = RecordWriter(
        cast(RecordStore, book.store), book.observer, None, lambda tenant: knowing[tenant]
    )
    book.records.add(turn("a", 1, path="agent"))
    book.records.replied("a-1", "the zorkery, says quux")
    assert await book.replies() == {"a-1": "the zorkery, says [word]"}


async def test_where_no_text_is_kept_no_reply_is(threads: SimpleNamespace) -> None:
    book = Book()
    book.records = RecordWriter(cast(RecordStore, book.store), book.observer, keep_text=False)
    book.records.add(turn("a", 1, path="agent"))
    book.records.replied("a-1", "Yes.")
    assert await book.replies() == {"a-1": ""}


async def test_old_turns_and_replies_are_forgotten(
    threads: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observe, "REMEMBERED", 2)
    book = Book()
    for number in (1, 2, 3):
        book.records.add(turn("a", number, path="agent"))
    for number in (1, 2, 3):
        book.records.replied(f"a-{number}", "Yes.")
    assert await book.replies() == {"a-1": "", "a-2": "Yes.", "a-3": "Yes."}


async def test_a_reply_that_says_an_entrys_answer_again_names_it(threads: SimpleNamespace) -> None:
    book = Book()
    book.records.add(turn("a", 1))
    book.records.replied("a-1", "We open at nine.", "hours")
    book.records.add(turn("a", 1))
    await book.records.flush()
    last = book.store.written[-1][-1]
    assert (last.reply, last.evidence["used"]) == ("We open at nine.", "hours")


async def test_the_entry_is_named_where_no_text_is_kept(threads: SimpleNamespace) -> None:
    book = Book()
    book.records.keep_text = False
    book.records.add(turn("a", 1))
    book.records.replied("a-1", "We open at nine.", "hours")
    await book.records.flush()
    last = book.store.written[-1][-1]
    assert (last.reply, last.evidence["used"]) == ("", "hours")


async def test_what_a_reply_used_is_found_when_it_has_ended(threads: SimpleNamespace) -> None:
    book = Book()
    book.records.add(turn("a", 1))
    async for _ in book.records.heard(
        "a-1", FakeAgent(*SAID).reply(REQUEST), lambda text: f"<{text}>"
    ):
        pass
    await book.records.flush()
    assert book.store.written[-1][-1].evidence["used"] == "<We open at nine.>"


async def test_the_providers_id_of_the_request_is_in_the_evidence(threads: SimpleNamespace) -> None:
    book, agent = Book(), FakeAgent(replace(SAID[0], request="req_1"), *SAID[1:])
    _ = [piece async for piece in book.records.heard("a-1", agent.reply(REQUEST))]
    book.records.add(turn("a", 1, path="agent", evidence={"kind": "miss"}))
    book.records.add(turn("a", 2, path="agent"))
    await book.records.flush()
    kept = [record for batch in book.store.written for record in batch]
    evidence = {record.id: dict(record.evidence) for record in kept}
    assert evidence == {"a-1": {"kind": "miss", "request": "req_1"}, "a-2": {}}


async def test_who_began_and_how_soon_is_in_the_evidence(threads: SimpleNamespace) -> None:
    first, later = FirstPiece("groq/one", 0.3), FirstPiece("groq/one", 0.9)
    book = Book()
    said = FakeAgent(replace(SAID[0], first=first), replace(SAID[2], first=later))
    async for _ in book.records.heard("a-1", said.reply(REQUEST)):
        pass
    book.records.begun("a-1", voice=FirstPiece("edge", 0.0904))
    book.records.add(turn("a", 1, evidence={"felt": {"speech_end": "heard"}}))
    book.records.add(turn("a", 2, evidence={}))
    await book.records.flush()
    evidence = {record.id: record.evidence for batch in book.store.written for record in batch}
    assert evidence["a-1"]["felt"] == {
        "model": "groq/one",
        "ttft_ms": 300.0,
        "voice": "edge",
        "ttfb_ms": 90.4,
        "speech_end": "heard",
    }
    assert evidence["a-2"] == {}
