"""``frontline suggest``: a real catalogue, a local OpenAI, and models in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cache_seed.table import read
from gateway.adapters.store.sqlite import SqliteStore
from gateway.commands import suggest
from gateway.core.race.attempts import AttemptFailure, Piece
from gateway.ports.models import ChatRequest, Usage
from gateway.ports.store import Entry
from intents.learning.calibration import Aim
from intents.learning.knowledge import Knowledge
from intents.models.encoder import Encoder
from tests.providers.behaviour import Behaviour
from tests.providers.chat import Reply
from tests.providers.openai import OpenAI
from tests.providers.server import Server
from tests.support.chatting import ScriptedModel, failing
from tests.support.faq import FAQ
from tests.support.stored import clip, draft, put_clips

Run = Callable[..., Any]

ITEMS = FAQ[:6]
ENTRIES = tuple(
    Entry(
        id=item.id,
        intent=item.intent,
        questions=item.questions,
        answer=f'The answer, "{item.id}", is this.',
        counter_examples=item.counter_examples,
        locale="en-GB",
        tags=("old", "kept"),
    )
    for item in ITEMS
)
PARKING = ["Is there somewhere to leave my car?", "where can i park my car", "how tall are you"]


@pytest.fixture(scope="module")
def knowledge(encoder: Encoder) -> bytes:
    """Of the entries."""
    return Knowledge.build(ITEMS, encoder, aim=Aim(0.01)).to_bytes()


@pytest.fixture
def shop(
    tmp_path: Path, knowledge: bytes, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entries published in the folder of the test, and the encoder where settings say."""
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", str(model_folder))
    store = SqliteStore(tmp_path / "var" / "store")
    put_clips(store, draft("an answer"))
    clips = {f"entry:{one.id}": clip("an answer") for one in ENTRIES}
    store.publish(replace(draft(entries=ENTRIES, knowledge=knowledge), clips=clips))
    store.close()


@contextlib.contextmanager
def listening(reply: Any, *next_ones: Behaviour) -> Iterator[Server]:
    """A local OpenAI in a thread of its own: the command runs the loop of this one."""
    server, ready, stop = Server(OpenAI(reply)), threading.Event(), asyncio.Event()
    server.next(*next_ones)
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with server:
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


@pytest.fixture
def asked(shop: None, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``asked(reply, behaviours, *argv)``: the command with a model at a local address."""
    monkeypatch.setattr(suggest, "PAUSE", 0.0)

    def call(reply: Any, behaviours: tuple[Behaviour, ...], *argv: str) -> Any:
        with listening(reply, *behaviours) as server:
            monkeypatch.setenv("FRONTLINE_LLM__PRIMARY_PROVIDER", "openai")
            monkeypatch.setenv("FRONTLINE_LLM__PRIMARY_BASE_URL", f"{server.http}/v1")
            return run("suggest", *argv)

    return call


def of_entry(body: Mapping[str, Any]) -> str:
    """The entry a request is about."""
    said = json.loads(body["messages"][1]["content"])
    return next(one.id for one in ENTRIES if list(one.questions) == said["questions"])


def parking_only(body: Mapping[str, Any]) -> Reply:
    """A model that knows about parking, and repeats what it was told of anything else."""
    if of_entry(body) == "parking":
        return Reply("Sure!\n" + json.dumps(PARKING))
    return Reply(json.dumps(json.loads(body["messages"][1]["content"])["questions"]))


def test_rows_to_put_under_a_table_and_why_others_are_not(asked: Run) -> None:
    done = asked(parking_only, (), "parking")
    assert done.code == 0
    assert done.out == "id,question,answer\nparking,is there somewhere to leave my car,\n"
    assert 'rejected for parking: "where can i park my car": the entry has' in done.err
    assert "1 suggestions for 1 entries" in done.err
    assert "2 rejected" in done.err


def test_the_merged_table_is_a_table_that_can_be_seeded(asked: Run, tmp_path: Path) -> None:
    done = asked(parking_only, (), "--merged", "--output", "more.csv")
    assert (done.code, done.out) == (0, "")
    assert "more.csv" in done.err
    table = read(tmp_path / "more.csv")
    assert not table.errors and not table.warnings
    wanted = {one.id: one for one in ENTRIES}
    park = wanted["parking"]
    questions = (*park.questions, "is there somewhere to leave my car")
    wanted["parking"] = replace(park, questions=questions)
    assert {one.id: one for one in table.entries} == wanted


def test_json_has_both_lists(asked: Run) -> None:
    done = asked(parking_only, (), "--json", "--per-entry", "3", "parking", "refund", "parking")
    answer = json.loads(done.out)
    assert answer["failed"] == ""
    parking, refund = answer["entries"]
    assert parking["id"] == "parking"
    assert [one["question"] for one in parking["accepted"]] == [
        "is there somewhere to leave my car"
    ]
    assert parking["accepted"][0]["now"] in ("answer", "miss", "clarify")
    assert [one["check"] for one in parking["rejected"]] == ["repeated", "unlike"]
    assert (refund["id"], refund["accepted"]) == ("refund", [])
    assert {one["check"] for one in refund["rejected"]} == {"repeated"}


@pytest.mark.parametrize("status", [429, 500])
def test_a_fault_that_passes_is_outlived(asked: Run, status: int) -> None:
    faults = (Behaviour(status=status, retry_after="0"), Behaviour(status=status))
    done = asked(parking_only, faults, "parking")
    assert done.code == 0
    assert "is there somewhere to leave my car" in done.out


@pytest.mark.parametrize(
    ("status", "says"), [(429, "rate_limited"), (500, "server"), (401, "refused")]
)
def test_a_model_that_fails_is_one_line_and_what_came_is_kept(
    asked: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, says: str
) -> None:
    monkeypatch.setattr(suggest, "AT_ONCE", 1)
    faults = (Behaviour(), *[Behaviour(status=status, retry_after="0")] * 3)
    done = asked(parking_only, faults, "parking", "refund", "hours", "--output", "more.csv")
    assert done.code == 1
    last = done.err.strip().splitlines()[-1]
    assert last == (
        f"frontline: the answer did not come: openai {says}; what came for 1 of 3 entries was kept"
    )
    assert "is there somewhere to leave my car" in (tmp_path / "more.csv").read_text()


@pytest.mark.parametrize("garbage", ["[]", '{"a": 1', "[[[[", "1."])
def test_answers_without_questions_are_said_to_be(asked: Run, garbage: str) -> None:
    done = asked(Reply(garbage), (), "parking", "--json")
    (entry,) = json.loads(done.out)["entries"]
    assert entry["accepted"] == []
    assert done.code == (0 if entry["rejected"] else 1)
    if done.code:
        assert "held no questions" in done.err


@pytest.mark.parametrize("broken", [Behaviour(insert={1: b"data: {\n\n"}), Behaviour(close_at=3)])
def test_a_broken_stream_is_asked_for_again(asked: Run, broken: Behaviour) -> None:
    assert asked(parking_only, (broken,), "parking").code == 0


def test_the_deep_model_is_asked_without_a_temperature_it_does_not_take(
    asked: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTLINE_LLM__PRIMARY_DEEP_MODEL", "large")
    monkeypatch.setenv("FRONTLINE_LLM__TEMPERATURE", "-1")
    bodies = []

    def model(body: dict[str, Any]) -> Reply:
        bodies.append(body)
        return parking_only(body)

    assert asked(model, (), "parking").code == 0
    assert [body["model"] for body in bodies] == ["large"]
    assert "temperature" not in bodies[0]


def test_without_a_model_the_mend_is_named(run: Run) -> None:
    done = run("suggest")
    assert done.code == 2
    assert "FRONTLINE_LLM__PRIMARY_KEY" in done.err
    assert "llm.primary_base_url" in done.err


def test_what_cannot_be_is_told_before_a_model_is_asked(asked: Run) -> None:
    done = asked(parking_only, (), "parkin")
    assert done.code == 2
    assert "there is no entry parkin; did you mean parking?" in done.err
    done = asked(parking_only, (), "parking", "--output", "nowhere/more.csv")
    assert done.code == 2
    assert "no folder" in done.err


# --- which, and what is asked ---------------------------------------------------------------------


def test_those_with_the_fewest_questions_come_first() -> None:
    chosen = suggest.choose(ENTRIES, (), 3)
    assert [one.id for one in chosen] == ["holidays", "abroad", "hours"]


def test_the_prompt_has_the_entry_and_what_it_must_not_mean() -> None:
    request = suggest.request_for(ENTRIES[0], ["are you open on public holidays"], 5, None)
    system, user = request.messages
    assert "Write 5 other ways" in system["content"]
    said = json.loads(user["content"])
    assert said["questions"] == list(ENTRIES[0].questions)
    assert said["answer"] == ENTRIES[0].answer
    assert said["means something else"] == [
        "are you open on christmas day",
        "are you open on public holidays",
    ]


# --- asking, in virtual time ----------------------------------------------------------------------


def requests(number: int) -> dict[str, ChatRequest]:
    return {f"e{n}": ChatRequest(messages=(), max_tokens=16) for n in range(number)}


def silently(*_: object) -> None:
    """No progress is shown."""


@pytest.mark.anyio
async def test_four_at_a_time() -> None:
    model = ScriptedModel("one", [1.0, '["a"]'])
    asking = suggest.ModelQueue([model], requests(10))
    began = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as group:
        group.create_task(asking.all(silently))
        await asyncio.sleep(0.5)
        assert model.open == suggest.AT_ONCE == 4
    assert asyncio.get_running_loop().time() - began == pytest.approx(3.0)
    assert len(asking.answers) == 10
    assert model.closed


@pytest.mark.anyio
async def test_silence_ends_at_the_deadline_and_the_other_model_is_asked() -> None:
    silent, other = ScriptedModel("one", [1e6]), ScriptedModel("two", ['["a"]'])
    asking = suggest.ModelQueue([silent, other], requests(1))
    began = asyncio.get_running_loop().time()
    await asking.all(silently)
    assert asking.answers == {"e0": '["a"]'}
    assert asyncio.get_running_loop().time() - began == pytest.approx(suggest.DEADLINE)
    assert silent.open == 0


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("wait", "seconds"), [(None, 1 + 2), (7.0, 7 + 7), (3600.0, 2 * suggest.LONGEST_PAUSE)]
)
async def test_pauses_are_the_providers_own_but_bounded(wait: float | None, seconds: float) -> None:
    model = ScriptedModel("one", [failing(AttemptFailure.RATE_LIMITED, wait)])
    asking = suggest.ModelQueue([model], requests(1))
    began = asyncio.get_running_loop().time()
    await asking.all(silently)
    assert asyncio.get_running_loop().time() - began == pytest.approx(seconds)
    assert len(model.requests) == suggest.ATTEMPTS
    assert asking.failed == "the answer did not come: one rate_limited"


@pytest.mark.anyio
async def test_who_refuses_is_not_asked_again() -> None:
    refuses = ScriptedModel("one", [failing(AttemptFailure.REFUSED)])
    other = ScriptedModel("two", [1.0, '["a"]'])
    await suggest.ModelQueue([refuses, other], requests(9)).all(silently)
    assert len(refuses.requests) <= suggest.AT_ONCE
    assert len(other.requests) == 9
    assert refuses.closed


@pytest.mark.anyio
async def test_after_a_failure_nothing_new_is_begun() -> None:
    model = ScriptedModel("one", [failing(AttemptFailure.REFUSED)], [1.0, '["a"]'])
    asking = suggest.ModelQueue([model], requests(20))
    await asking.all(silently)
    assert asking.failed
    assert len(model.requests) <= suggest.AT_ONCE
    assert len(asking.answers) <= suggest.AT_ONCE - 1


@pytest.mark.anyio
async def test_an_endless_answer_is_cut() -> None:
    model = ScriptedModel("one", ["x" * 1000] * 100)
    asking = suggest.ModelQueue([model], requests(1))
    await asking.all(silently)
    assert len(asking.answers["e0"]) <= suggest.LONGEST_ANSWER + 1000
    assert model.open == 0


@pytest.mark.anyio
async def test_an_empty_answer_is_none() -> None:
    asking = suggest.ModelQueue([ScriptedModel("one", [" "])], requests(1))
    await asking.all(silently)
    assert asking.failed == "the answer did not come: one empty"


def test_an_interruption_keeps_what_came(
    shop: None, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(ScriptedModel):
        async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece | Usage, None]:
            if self.requests:
                signal.raise_signal(signal.SIGINT)
            async for piece in super().stream(request):
                yield piece

    model = Stopped("one", [json.dumps(PARKING)], [3600.0])
    monkeypatch.setattr(suggest, "models_of", lambda settings: [{"deep": model}])
    monkeypatch.setattr(suggest, "AT_ONCE", 1)
    # A shell has what it runs in the background ignore this signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        done = run("suggest", "parking", "hours")
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.code == 1
    assert "is there somewhere to leave my car" in done.out
    assert "interrupted; what came for 1 of 2 entries was kept" in done.err
