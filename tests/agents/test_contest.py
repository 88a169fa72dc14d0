"""One race over asyncio, with models in memory and in virtual time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import uvloop

from gateway.agents import contest as contests
from gateway.agents.contest import AT_ONCE, Contest
from gateway.core.race.attempts import AttemptFailure, Hedging, Piece, PieceKind, Provider
from gateway.core.race.pilot import Pilot, Why
from gateway.ports.agents import AgentPiece
from gateway.ports.models import AnswerFailed, ChatRequest, ToolWanted, Usage
from gateway.shell.process.background import Background
from tests.support.chatting import ROLE, ScriptedModel, Step, Watched, failing, tool

pytestmark = pytest.mark.anyio

REQUEST = ChatRequest(messages=({"role": "user", "content": "hi"},), max_tokens=50)
SILENT: tuple[Step, ...] = (60.0, "too late")


class Stage:
    """A pair of models, and what a race between them leads to."""

    def __init__(self, *models: ScriptedModel, **hedging: Any) -> None:
        self.models = models
        self.pilot = Pilot([Provider(name=m.provider) for m in models], Hedging(**hedging))
        self.background = Background()
        self.watched = Watched()
        self.over: list[Contest] = []

    def contest(self, *, speculative: bool = False) -> Contest:
        made = Contest(
            1,
            self.pilot,
            {one.provider: one for one in self.models},
            REQUEST,
            self.background,
            self.watched,
            speculative=speculative,
            on_over=self.over.append,
        )
        made.begin()
        return made

    async def text(self) -> str:
        pieces = [one async for one in self.contest()]
        return "".join(one.text for one in pieces if isinstance(one, AgentPiece))

    async def nothing_left(self) -> None:
        """After ``close_within`` and a turn of the loop."""
        await asyncio.sleep(0.11)
        assert [one.open for one in self.models] == [0] * len(self.models)
        assert len(self.background) == 0
        assert self.over


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_the_first_answers_alone() -> None:
    stage = Stage(
        ScriptedModel("a", [0.05, ROLE, 0.05, "We open", " at nine.", Usage(prompt=9, answer=4)]),
        ScriptedModel("b", SILENT),
    )
    assert await stage.text() == "We open at nine."
    assert stage.watched.attempts == ["a"]
    assert dict(stage.watched.answers) == {"a": pytest.approx(0.1)}
    assert stage.watched.usage == [("a", Usage(prompt=9, answer=4))]
    assert stage.watched.outcomes == ["whole"]
    await stage.nothing_left()


class AtOnce(ScriptedModel):
    """Notes what was read of it."""

    def __init__(self, *steps: Step) -> None:
        super().__init__("a", steps)
        self.read: list[Piece | Usage] = []

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece | Usage, None]:
        async for one in super().stream(request):
            self.read.append(one)
            yield one


async def test_the_first_sentence_is_given_out_before_the_last_is_read() -> None:
    model = AtOnce(*["word "] * 100)
    pieces = Stage(model).contest()
    assert await anext(pieces) == AgentPiece(text="word ")
    assert len(model.read) <= 2 * AT_ONCE, "what was read when it woke up, and once more since"
    assert len([one async for one in pieces]) == 99


async def test_words_are_given_out_before_the_end_of_the_stream_is_read() -> None:
    model = AtOnce("We ", "open.", ROLE, *[Usage(prompt=9, answer=4)] * 9)
    pieces = Stage(model).contest()
    assert await anext(pieces) == AgentPiece(text="We ")
    assert len(model.read) == 3
    assert [one async for one in pieces] == [AgentPiece(text="open.")]


async def test_a_piece_is_there_in_the_instant_it_comes() -> None:
    stage = Stage(ScriptedModel("a", [0.2, "One", 0.3, " two", 1.0]))
    contest = stage.contest()
    assert await anext(contest) == AgentPiece(text="One")
    assert now() == pytest.approx(0.2)
    assert await anext(contest) == AgentPiece(text=" two")
    assert now() == pytest.approx(0.5)
    await contest.aclose()
    await stage.nothing_left()


@pytest.mark.parametrize("script", [SILENT, (0.1, ROLE, 60.0)])
async def test_silence_brings_in_the_second(script: tuple[Step, ...]) -> None:
    first, second = ScriptedModel("a", script), ScriptedModel("b", [0.2, "Hello."])
    stage = Stage(first, second)
    assert await stage.text() == "Hello."
    assert now() == pytest.approx(0.5), "the delay and the second's own time"
    assert first.cut == [pytest.approx(0.5)]
    assert stage.watched.attempts == ["a", "b"]
    assert dict(stage.watched.answers) == {"b": pytest.approx(0.5)}
    assert stage.pilot.spent.calls[Why.HEDGE] == 1
    await stage.nothing_left()


async def test_a_failure_brings_it_in_at_once() -> None:
    first = ScriptedModel("a", [0.01, failing(AttemptFailure.RATE_LIMITED, 30.0)])
    stage = Stage(first, ScriptedModel("b", [0.1, "Hello."]))
    assert await stage.text() == "Hello."
    assert now() == pytest.approx(0.11)
    assert stage.watched.failures == [("a", "rate_limited")]
    assert await stage.text() == "Hello."
    assert len(first.requests) == 1, "it asked to be left alone"


async def test_both_fail() -> None:
    stage = Stage(
        ScriptedModel("a", [failing(AttemptFailure.SERVER)]),
        ScriptedModel("b", [0.1, failing(AttemptFailure.UNREACHABLE)]),
    )
    with pytest.raises(AnswerFailed, match="did not come: a server, b unreachable") as caught:
        await stage.text()
    assert caught.value.begun is False
    assert stage.watched.outcomes == ["failed"]
    await stage.nothing_left()


async def test_both_are_silent() -> None:
    stage = Stage(ScriptedModel("a", SILENT), ScriptedModel("b", SILENT), give_up=2.0)
    with pytest.raises(AnswerFailed) as caught:
        await stage.text()
    assert now() == pytest.approx(2.0)
    assert caught.value.reasons == (("a", AttemptFailure.SILENT), ("b", AttemptFailure.SILENT))
    assert stage.watched.failures == [("a", "silent"), ("b", "silent")]
    await stage.nothing_left()


@pytest.mark.parametrize("script", [(), (ROLE,), (ROLE, " ", "\n")])
async def test_an_answer_without_a_word_is_none(script: tuple[Step, ...]) -> None:
    stage = Stage(ScriptedModel("a", script), ScriptedModel("b", ["Hello."]))
    assert await stage.text() == "Hello."
    assert stage.watched.failures == [("a", "empty")]


async def test_nobody_may_be_asked() -> None:
    stage = Stage(ScriptedModel("a", [failing(AttemptFailure.REFUSED)]))
    for _ in range(2):
        with pytest.raises(AnswerFailed):
            await stage.text()
    assert len(stage.models[0].requests) == 1
    assert stage.watched.failures == [("a", "refused")], "who is not asked has not failed again"
    assert len(stage.over) == 2


@pytest.mark.parametrize(
    ("last", "reason"),
    [(failing(AttemptFailure.BROKEN), AttemptFailure.BROKEN), (60.0, AttemptFailure.SILENT)],
)
async def test_an_answer_that_breaks_off_is_not_taken_up(
    last: Step, reason: AttemptFailure
) -> None:
    second = ScriptedModel("b", ["Other words."])
    stage = Stage(ScriptedModel("a", ["We open", last]), second)
    contest = stage.contest()
    assert await anext(contest) == AgentPiece(text="We open")
    with pytest.raises(AnswerFailed, match="broke off") as caught:
        await anext(contest)
    assert (caught.value.begun, caught.value.reasons) == (True, (("a", reason),))
    assert stage.watched.failures == [("a", reason.value)]
    with pytest.raises(StopAsyncIteration):
        await anext(contest)
    assert second.requests == []
    await stage.nothing_left()


async def test_a_tool_comes_whole_and_once() -> None:
    begun = Piece(kind=PieceKind.TOOL_BEGUN)
    call = tool("balance", '{"of": "savings"}')
    stage = Stage(ScriptedModel("a", [begun, 1.0, call, call]))
    pieces = [one async for one in stage.contest()]
    assert pieces == [ToolWanted(name="balance", arguments='{"of": "savings"}', call_id="call_1")]


async def test_dropping_closes_at_once() -> None:
    first, second = ScriptedModel("a", SILENT), ScriptedModel("b", SILENT)
    stage = Stage(first, second)
    contest = stage.contest()
    await asyncio.sleep(1.0)
    assert (first.open, second.open) == (1, 1)
    await contest.aclose()
    assert (first.cut, second.cut) == ([1.0], [1.0])
    assert now() == pytest.approx(1.0)
    assert [one async for one in contest] == []
    assert stage.watched.outcomes == ["dropped"]
    await stage.nothing_left()


async def test_dropping_before_anything_has_begun() -> None:
    first = ScriptedModel("a", SILENT)
    stage = Stage(first)
    await stage.contest().aclose()
    assert first.requests == []
    await stage.nothing_left()


async def test_a_stream_that_does_not_close_is_not_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = ScriptedModel("a", SILENT, close_takes=1.0)
    stage = Stage(first)
    contest = stage.contest()
    await asyncio.sleep(0.5)
    with caplog.at_level(logging.WARNING):
        await contest.aclose()
    assert now() == pytest.approx(0.6)
    assert stage.pilot.spent.abandoned == 1
    assert "did not close in time" in caplog.text
    await asyncio.sleep(1.0)
    await stage.nothing_left()


async def test_a_mistake_in_an_adapter_is_a_failure_of_its_attempt(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage(ScriptedModel("a", [ZeroDivisionError("oops")]), ScriptedModel("b", ["Hello."]))
    assert await stage.text() == "Hello."
    assert stage.watched.failures == [("a", "broken")]
    assert "oops" in caplog.text


@pytest.mark.parametrize("endless", ["a long story ", ROLE])
async def test_an_answer_without_end_is_cut(endless: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contests, "MOST_PIECES", 500)
    monkeypatch.setattr(contests, "MOST_CHARS", 2000)
    stage = Stage(ScriptedModel("a", ["Well, ", *[endless] * 1000]))
    with pytest.raises(AnswerFailed, match="broke off"):
        await stage.text()
    await stage.nothing_left()


async def test_an_answer_without_end_that_nobody_reads_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(contests, "MOST_PIECES", 500)
    contest = Stage(ScriptedModel("a", ["word "] * 1000)).contest()
    await asyncio.sleep(1.0)
    assert not contest.alive
    assert [await anext(contest) for _ in range(500)] == [AgentPiece(text="word ")] * 500
    with pytest.raises(AnswerFailed, match="broke off"):
        await anext(contest)


# --- speculation -----------------------------------------------------------------------------


async def test_nothing_of_a_speculation_is_given_out_before_it_is_adopted() -> None:
    stage = Stage(ScriptedModel("a", [0.1, "Hello", tool("pay"), 0.1]))
    contest = stage.contest(speculative=True)
    await asyncio.sleep(1.0)
    assert contest.alive
    assert stage.watched.answers == []
    contest.adopt()
    pieces = [one async for one in contest]
    assert pieces == [
        AgentPiece(text="Hello"),
        ToolWanted(name="pay", arguments="{}", call_id="call_1"),
    ]
    assert stage.watched.answers == [("a", 0.0)]
    await stage.nothing_left()


async def test_a_speculation_nobody_wants_drops_itself() -> None:
    stage = Stage(ScriptedModel("a", [0.1, "Hello", 60.0]), speculate_for=3.0)
    contest = stage.contest(speculative=True)
    await asyncio.sleep(3.2)
    assert not contest.alive
    assert stage.watched.outcomes == ["dropped"]
    assert stage.pilot.spent.dropped_calls == 1
    await stage.nothing_left()


def test_on_the_loop_that_serves_a_timer_that_is_due_at_once_cannot_say_when() -> None:
    """uvloop rings within half a millisecond by a handle that has no ``when``."""

    async def race() -> None:
        stage = Stage(ScriptedModel("a", SILENT), ScriptedModel("b", SILENT), give_up=0.0003)
        contest = stage.contest()
        contest.drop()
        await contest.aclose()
        await stage.nothing_left()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(race())
