"""Models over their vendors' clients, against local vendors: what is sent, how it fails, and that
whoever stops listening closes the connection."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.adapters.llm.completions import Completions, request_of
from gateway.adapters.llm.groq import groq_model
from gateway.adapters.llm.openai import openai_model
from gateway.core.race.attempts import AttemptFailure, Piece, PieceKind
from gateway.ports.models import ChatFailed, ChatRequest, Usage
from tests.providers.behaviour import (
    COMMENT_EVENT,
    ERROR_EVENT,
    INVALID_UTF8_EVENT,
    MALFORMED_EVENT,
    OVERSIZED_EVENT,
    Behaviour,
)
from tests.providers.chat import Reply, ToolCall
from tests.providers.groq import Groq
from tests.providers.openai import OpenAI
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

HOURS = Reply("We open at nine.")
REQUEST = ChatRequest(
    messages=({"role": "user", "content": "when do you open"},), max_tokens=50, temperature=0.2
)


def _openai(reply: Reply) -> tuple[Any, Callable[[str], Completions]]:
    def model(http: str) -> Completions:
        return openai_model(name="o", model="m", key="good", base_url=f"{http}/v1")

    return OpenAI(reply, key="good"), model


def _groq(reply: Reply) -> tuple[Any, Callable[[str], Completions]]:
    def model(http: str) -> Completions:
        return groq_model(name="g", model="m", key="good", base_url=http)

    return Groq(reply, key="good"), model


@pytest.fixture(params=[_openai, _groq], ids=["openai", "groq"])
def vendor(request: pytest.FixtureRequest) -> Any:
    return request.param


@contextlib.asynccontextmanager
async def api(
    vendor: Any, reply: Reply = HOURS, **options: Any
) -> AsyncIterator[tuple[Server, Completions]]:
    provider, make = vendor(reply)
    async with Server(provider, **options) as server:
        model = make(server.http)
        try:
            yield server, model
        finally:
            await model.close()
            await model.close()


async def take(model: Completions, request: ChatRequest = REQUEST) -> list[Piece | Usage]:
    return [one async for one in model.stream(request)]


def text_of(found: list[Piece | Usage]) -> str:
    return "".join(one.text for one in found if isinstance(one, Piece))


async def reason_of(model: Completions) -> AttemptFailure:
    with pytest.raises(ChatFailed) as caught:
        await take(model)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.reason


async def test_an_answer_and_what_it_took(vendor: Any) -> None:
    async with api(vendor) as (server, model):
        found = await take(model)
        again = await take(model.another("n"))
        first, second = server.journal[0], server.journal[1]
    assert text_of(found) == text_of(again) == "We open at nine."
    assert [one for one in found if isinstance(one, Usage)] == [
        Usage(prompt=len(json.dumps(first.body["messages"])) // 4, answer=4)
    ]
    limit = "max_completion_tokens" if model.provider == "g" else "max_tokens"
    assert first.body[limit] == 50
    assert (first.body["model"], second.body["model"]) == ("m", "n")
    assert (first.body["temperature"], first.body["stream"]) == (0.2, True)
    assert "tools" not in first.body
    assert second.connection == first.connection, "connections are kept"


async def test_the_first_words_bring_the_id_of_the_request() -> None:
    async with api(_openai) as (_, model):
        words = [one for one in await take(model) if isinstance(one, Piece) and one.text]
    assert [one.request for one in words] == ["req_local1"] + [""] * (len(words) - 1)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"x-request-id": "req_01jz-a.b:c"}, "req_01jz-a.b:c"),
        ({"x-request-id": "a b\n"}, ""),
        ({"x-request-id": "a" * 101}, ""),
        ({}, ""),
        (None, ""),
    ],
)
async def test_only_what_looks_like_an_id_is_one(given: dict[str, str] | None, name: str) -> None:
    assert request_of(SimpleNamespace(response=SimpleNamespace(headers=given))) == name
    assert request_of(object()) == ""


async def test_a_tool_call(vendor: Any) -> None:
    call = ToolCall("opening_hours", '{"branch": "Main Street"}')
    tools = ({"type": "function", "function": {"name": "opening_hours", "parameters": {}}},)
    request = ChatRequest(messages=REQUEST.messages, max_tokens=50, tools=tools)
    async with api(vendor, Reply(tool_calls=(call,))) as (server, model):
        found = await take(model, request)
        body = server.journal[0].body
    kinds = [one.kind for one in found if isinstance(one, Piece) and one.usable]
    assert kinds == [PieceKind.TOOL_BEGUN, PieceKind.TOOL]
    whole = next(one.tool for one in found if isinstance(one, Piece) and one.tool)
    assert (whole.name, whole.arguments) == (call.name, call.arguments)
    assert body["tools"] == list(tools)
    assert "temperature" not in body


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Behaviour(status=500), AttemptFailure.SERVER),
        (Behaviour(status=401), AttemptFailure.REFUSED),
        (Behaviour(status=429, code="insufficient_quota"), AttemptFailure.REFUSED),
        (Behaviour(reset_at="headers"), AttemptFailure.UNREACHABLE),
        (Behaviour(close_at="headers"), AttemptFailure.UNREACHABLE),
        (Behaviour(insert={2: ERROR_EVENT}), AttemptFailure.SERVER),
        (Behaviour(insert={2: MALFORMED_EVENT}), AttemptFailure.BROKEN),
        (Behaviour(insert={2: INVALID_UTF8_EVENT}), AttemptFailure.BROKEN),
        (Behaviour(insert={2: b"data: 5\n\n"}), AttemptFailure.BROKEN),
        (Behaviour(insert={2: b"data: null\n\n"}), AttemptFailure.BROKEN),
        (Behaviour(insert={2: b'data: {"choices": 5}\n\n'}), AttemptFailure.BROKEN),
        (Behaviour(insert={2: b"data: [DONE]\n\n"}), AttemptFailure.BROKEN),
    ],
    ids=repr,
)
async def test_faults(vendor: Any, behaviour: Behaviour, reason: AttemptFailure) -> None:
    async with api(vendor) as (server, model):
        server.next(behaviour)
        assert await reason_of(model) is reason
        assert text_of(await take(model)) == "We open at nine.", "the next one is fine"
    assert len(server.journal) == 2, "the client itself tries nothing again"


@pytest.mark.parametrize("fault", ["reset_at", "close_at", "garbage_at"])
@pytest.mark.parametrize("point", [1, 3])
async def test_cut_in_the_middle(vendor: Any, fault: str, point: int) -> None:
    behaviour: Any = {fault: point}
    async with api(vendor, behaviour=Behaviour(**behaviour)) as (_, model):
        assert await reason_of(model) in (AttemptFailure.BROKEN, AttemptFailure.UNREACHABLE)


async def test_told_when_to_come_back(vendor: Any) -> None:
    async with api(vendor, behaviour=Behaviour(status=429, retry_after="7")) as (_, model):
        with pytest.raises(ChatFailed) as caught:
            await take(model)
    assert (caught.value.reason, caught.value.retry_after) == (AttemptFailure.RATE_LIMITED, 7.0)


async def test_nobody_there(vendor: Any) -> None:
    async with api(vendor) as (server, model):
        await server.refuse()
        assert await reason_of(model) is AttemptFailure.UNREACHABLE
        with pytest.raises(ChatFailed):
            await model.warm()
        await server.listen()
        assert text_of(await take(model)) == "We open at nine."


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(split=1, crlf=True),
        Behaviour(insert={0: COMMENT_EVENT, 3: COMMENT_EVENT}),
        Behaviour(insert={2: OVERSIZED_EVENT}),
    ],
    ids=["byte by byte", "comments", "a long line"],
)
async def test_ugly_but_right(vendor: Any, behaviour: Behaviour) -> None:
    async with api(vendor, behaviour=behaviour) as (_, model):
        assert text_of(await take(model)) == "We open at nine."


@pytest.mark.parametrize(
    "behaviour",
    [Behaviour(silent_at=6), Behaviour(reset_at=6), Behaviour(insert={6: MALFORMED_EVENT})],
    ids=["silent", "reset", "malformed"],
)
async def test_what_follows_a_whole_answer_is_no_matter(vendor: Any, behaviour: Behaviour) -> None:
    async with api(vendor, behaviour=behaviour) as (_, model):
        assert text_of(await take(model)) == "We open at nine."


@pytest.mark.parametrize("point", ["headers", "body", 1, 3])
async def test_whoever_stops_closes_the_connection(vendor: Any, point: Any) -> None:
    async with api(vendor, behaviour=Behaviour(silent_at=point)) as (server, model):
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(take(model))
            wanted = point if isinstance(point, int) else 0
            await server.journal.until(-1, lambda entry: entry.pieces >= wanted)
            cut_at = asyncio.get_running_loop().time()
            waiting.cancel()
        entry = await server.journal.closed()
        assert entry.outcome == "cancelled"
        assert entry.client_closed_at is not None
        assert entry.client_closed_at - cut_at < 0.1
        assert server.connections == 0


async def test_warming_opens_what_the_answer_uses(vendor: Any) -> None:
    async with api(vendor) as (server, model):
        await model.warm()
        await take(model)
        assert [entry.connection for entry in server.journal] == [1, 1]


async def test_warming_tells_a_wrong_key() -> None:
    async with Server(OpenAI(HOURS, key="good")) as server:
        model = openai_model(name="o", model="m", key="bad", base_url=f"{server.http}/v1")
        with pytest.raises(ChatFailed, match="refused"):
            await model.warm()
        await model.close()


async def test_nothing_that_is_said_is_logged(
    vendor: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with api(vendor) as (server, model):
            await take(model)
            server.next(Behaviour(status=500), Behaviour(insert={2: ERROR_EVENT}))
            await reason_of(model)
            await reason_of(model)
    for word in ("when do you open", "We open", "good"):
        assert word not in caplog.text
