"""The matching threads. Real threads, held and released by events: nothing sleeps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import cast

import pytest

from gateway.shell.catalogue.matching import MatchRequest, MatchService
from intents.decision import NO_CONTEXT, Context, Decision, Kind
from intents.matcher import Matcher
from tests.support.house import FakeMatcher

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]


class Bench:
    """A service whose matcher can be held in the middle of a question."""

    def __init__(self) -> None:
        self.service = MatchService()
        self.matcher = FakeMatcher()
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.answers: asyncio.Queue[tuple[str, Decision, float]] = asyncio.Queue()

    def hold(self) -> None:
        """From now on every question waits for ``go_on``."""

        def wait(text: str) -> None:
            self.begun.release()
            assert self.go_on.acquire(timeout=10)

        self.matcher.before = wait

    async def has_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.acquire, timeout=10)

    def ask(
        self, call: str, text: str, *, final: bool = False, context: Context = NO_CONTEXT
    ) -> None:
        def answered(decision: Decision, took: float) -> None:
            assert asyncio.get_running_loop() is not None
            self.answers.put_nowait((text, decision, took))

        matcher = cast(Matcher, self.matcher)
        self.service.ask(MatchRequest(call, matcher, text, final, context, answered))

    async def answered(self, count: int) -> list[str]:
        return [(await self.answers.get())[0] for _ in range(count)]

    @property
    def asked(self) -> list[str]:
        return [text for text, _, _ in self.matcher.asked]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    for _ in range(20):
        made.go_on.release()
    made.service.close()
    assert made.service._finals.join() and made.service._partials.join()


async def test_the_answer_comes_on_the_loop_with_its_time(bench: Bench) -> None:
    context = Context(before=("hello",))
    bench.ask("c1", "when do you open", final=True, context=context)
    text, decision, took = await bench.answers.get()
    assert (text, decision.entry) == ("when do you open", "hours")
    assert 0 <= took < 10
    assert bench.matcher.asked == [("when do you open", True, context)]


async def test_of_a_call_only_the_newest_partial_is_matched(bench: Bench) -> None:
    bench.hold()
    bench.ask("c1", "in progress")
    await bench.has_begun()
    for n in range(10_000):
        bench.ask("c1", f"partial {n}")
    assert len(bench.service._partials) == 1
    bench.go_on.release(2)
    assert await bench.answered(2) == ["in progress", "partial 9999"]
    assert bench.asked == ["in progress", "partial 9999"]


async def test_a_final_waits_for_no_partial(bench: Bench) -> None:
    bench.hold()
    bench.ask("c1", "in progress")
    await bench.has_begun()
    bench.ask("c2", "partial")
    bench.matcher.before = lambda text: None
    bench.ask("c3", "final 3", final=True)
    assert await bench.answered(1) == ["final 3"], "the partial has not ended"
    bench.ask("c1", "final 1", final=True)
    assert await bench.answered(1) == ["final 1"], "not even for one of its own call"
    bench.go_on.release()
    assert await bench.answered(2) == ["in progress", "partial"]


async def test_a_final_wipes_out_the_partial_of_its_call_alone(bench: Bench) -> None:
    bench.hold()
    bench.ask("c1", "in progress")
    await bench.has_begun()
    bench.ask("c2", "partial 2")
    bench.ask("c3", "partial 3")
    bench.matcher.before = lambda text: None
    bench.ask("c3", "final 3", final=True)
    assert await bench.answered(1) == ["final 3"]
    bench.go_on.release()
    assert await bench.answered(2) == ["in progress", "partial 2"]
    assert "partial 3" not in bench.asked


async def test_finals_come_in_their_order(bench: Bench) -> None:
    bench.hold()
    bench.ask("c0", "in progress", final=True)
    await bench.has_begun()
    bench.ask("c1", "begun", final=True)
    bench.ask("c2", "second", final=True)
    bench.ask("c1", "first", final=True)
    bench.go_on.release(3)
    assert await bench.answered(3) == ["in progress", "first", "second"]


async def test_calls_take_turns(bench: Bench) -> None:
    """A flood of one call does not push the other behind it again and again."""
    bench.hold()
    bench.ask("flood", "0")
    await bench.has_begun()
    bench.ask("flood", "1")
    bench.ask("quiet", "hello")
    bench.ask("flood", "2")
    bench.go_on.release(3)
    assert await bench.answered(3) == ["0", "2", "hello"]


async def test_a_partial_after_the_final_is_another_question(bench: Bench) -> None:
    bench.hold()
    bench.ask("c0", "final in progress", final=True)
    bench.ask("c0", "partial in progress")
    await bench.has_begun()
    await bench.has_begun()
    bench.ask("c1", "final", final=True)
    bench.ask("c1", "next")
    bench.go_on.release(4)
    assert sorted(await bench.answered(4)) == [
        *("final", "final in progress", "next", "partial in progress"),
    ]


@pytest.mark.parametrize("final", [True, False])
async def test_a_call_that_is_gone_is_forgotten(bench: Bench, final: bool) -> None:
    bench.hold()
    bench.ask("c0", "in progress", final=final)
    await bench.has_begun()
    bench.ask("c1", "never", final=final)
    bench.service.forget("c1")
    bench.service.forget("never heard of")
    bench.ask("c2", "after", final=final)
    bench.go_on.release(2)
    assert await bench.answered(2) == ["in progress", "after"]
    assert bench.asked == ["in progress", "after"]


async def test_a_mistake_of_ours_is_a_miss(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def fail(text: str) -> None:
        raise ValueError("out of cheese")

    bench.matcher.before = fail
    bench.ask("c1", "when do you open", final=True)
    _, decision, _ = await bench.answers.get()
    assert (decision.kind, decision.reason) == (Kind.MISS, "matching failed")
    assert "out of cheese" in caplog.text
    bench.matcher.before = lambda text: None
    bench.ask("c1", "when do you open", final=True)
    assert (await bench.answers.get())[1].entry == "hours"


async def test_closing_leaves_the_queue_unanswered(bench: Bench) -> None:
    bench.hold()
    bench.ask("c1", "in progress")
    await bench.has_begun()
    bench.ask("c2", "never")
    bench.go_on.release()
    bench.service.close()
    await bench.answered(1)
    assert bench.answers.empty()
    assert bench.asked == ["in progress"]


def test_a_closed_loop_ends_its_thread() -> None:
    matcher, began, go_on = FakeMatcher(), threading.Event(), threading.Event()

    def wait(text: str) -> None:
        began.set()
        assert go_on.wait(timeout=10)

    matcher.before = wait

    async def ask() -> MatchService:
        service = MatchService()
        question = MatchRequest(
            "c1", cast(Matcher, matcher), "hello", True, NO_CONTEXT, lambda decision, took: None
        )
        service.ask(question)
        assert await asyncio.to_thread(began.wait, 10)
        return service

    service = asyncio.run(ask())
    go_on.set()
    assert service._finals.join(within=10)
    service.close()
