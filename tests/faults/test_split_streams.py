"""A model's stream cut in two at every byte: in an event's name, in JSON, in a letter of several
bytes, in the line's end. A good one is understood wherever it is cut; a bad one fails wherever it
is, and as what it is.

Each half is a write of its own on a real socket, read by the vendors' own clients.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.adapters.llm.completions import Completions
from gateway.adapters.llm.groq import groq_model
from gateway.adapters.llm.openai import openai_model
from gateway.core.race.attempts import AttemptFailure, Piece
from gateway.ports.models import ChatFailed, ChatRequest
from tests.providers.behaviour import INVALID_UTF8_EVENT, MALFORMED_EVENT, Behaviour
from tests.providers.chat import Reply
from tests.providers.groq import Groq
from tests.providers.openai import OpenAI
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

REPLY = Reply("Grüße€ to you.")
REQUEST = ChatRequest(messages=({"role": "user", "content": "hi"},), max_tokens=20)
BAD = {
    MALFORMED_EVENT: AttemptFailure.BROKEN,
    INVALID_UTF8_EVENT: AttemptFailure.BROKEN,
    b'data: {"error": {"message": "no", "code": null}}\n\n': AttemptFailure.SERVER,
}


@pytest.fixture(params=["groq", "openai"])
def vendor_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@contextlib.asynccontextmanager
async def vendor(name: str) -> AsyncIterator[tuple[Server, Completions]]:
    kind: Any = Groq if name == "groq" else OpenAI
    async with Server(kind(REPLY, key="k")) as server:
        if name == "groq":
            model = groq_model(name=name, model="m", key="k", base_url=server.http)
        else:
            model = openai_model(name=name, model="m", key="k", base_url=f"{server.http}/v1")
        try:
            yield server, model
        finally:
            await model.close()


async def heard(model: Completions) -> str:
    """What it says."""
    return "".join([one.text async for one in model.stream(REQUEST) if isinstance(one, Piece)])


async def end_of(piece: int, server: Server, model: Completions) -> int:
    """Bytes of the answer up to the end of that piece."""
    server.next(Behaviour(crlf=True, silent_at=piece))
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(heard(model))
        await server.journal.until(-1, lambda entry: entry.pieces == piece)
        [line] = server._lines
        waiting.cancel()
    await server.journal.closed()
    return line.sent


async def test_a_good_one(vendor_name: str) -> None:
    async with vendor(vendor_name) as (server, model):
        begin, end = await end_of(1, server, model), await end_of(2, server, model)
        assert end - begin > 100, "the event of the first token"
        sent = 0  # on the connection that is kept
        for at in range(begin, end + 1):
            server.next(Behaviour(crlf=True, split_at=(sent + at,)))
            assert await heard(model) == REPLY.text, at
            [line] = server._lines
            sent = line.sent
        assert len({entry.connection for entry in server.journal}) == 3


@pytest.mark.parametrize("event", BAD, ids=[reason.value for reason in BAD.values()])
async def test_a_bad_one(vendor_name: str, event: bytes) -> None:
    async with vendor(vendor_name) as (server, model):
        begin = await end_of(1, server, model)
        for at in range(len(event) + 8):  # and what frames it
            server.next(Behaviour(crlf=True, insert={1: event}, split_at=(begin + at,)))
            with pytest.raises(ChatFailed) as caught:
                await heard(model)
            assert caught.value.reason is BAD[event], at
