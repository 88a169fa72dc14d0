"""What the owner of a bot is told, by a client in virtual time and over a real socket."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from gateway.adapters.notifying import (
    ONE_WITHIN,
    QUEUE,
    SIGNATURE,
    TRIES,
    WITHIN,
    BotNotifier,
    signature,
)
from gateway.ports.bots import AnswerGiven

pytestmark = pytest.mark.anyio

KEY = "hunter2"
URL = "https://owner.example/answered?token=s3cret"


def spoken(turn: int = 1) -> AnswerGiven:
    return AnswerGiven(
        id=f"c-{turn}",
        call_id="c",
        ids={"call_sid": "CA1", "account_sid": ""},
        tenant="acme",
        turn=turn,
        at=100.25,
        entry="hours",
        question="when do you öpen",
        answer="we open at nine",
        whole=True,
    )


@dataclass
class Owner:
    """The other side: what it does with the n-th request, and what it was sent."""

    does: list[int | float | Exception] = field(default_factory=list)
    requests: list[httpx2.Request] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    async def handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        self.at.append(asyncio.get_running_loop().time())
        now = self.does.pop(0) if self.does else 204
        if isinstance(now, Exception):
            raise now
        if isinstance(now, float):
            await asyncio.sleep(now)
            now = 204
        return httpx2.Response(now, headers={"location": "https://elsewhere.example/"})


@asynccontextmanager
async def telling(owner: Owner) -> AsyncIterator[BotNotifier]:
    transport = httpx2.MockTransport(owner.handle)
    made = BotNotifier(URL, KEY, lambda what, count: owner.lost.append(what), transport)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.run())
        await asyncio.sleep(0)
        yield made
        running.cancel()


async def test_the_post_is_signed_and_says_what_was_heard() -> None:
    owner = Owner()
    async with telling(owner) as made:
        made.tell(spoken())
        await asyncio.sleep(0.1)
    (request,) = owner.requests
    assert (request.method, str(request.url)) == ("POST", URL)
    assert request.headers["content-type"] == "application/json"
    said = json.loads(request.content)
    assert said == {
        "event": "answered",
        "id": "c-1",
        "call_id": "c",
        "call_sid": "CA1",
        "tenant": "acme",
        "turn": 1,
        "at": 100.25,
        "entry": "hours",
        "question": "when do you öpen",
        "answer": "we open at nine",
        "whole": True,
    }
    at, made_of = (part.partition("=")[2] for part in request.headers[SIGNATURE].split(","))
    right = hmac.new(KEY.encode(), f"{at}.".encode() + request.content, hashlib.sha256)
    assert made_of == right.hexdigest()
    assert signature(request.content, "other", int(at)) != request.headers[SIGNATURE]


@pytest.mark.parametrize("fault", [500, 503, 429, httpx2.ConnectError("no"), ONE_WITHIN + 1.0])
async def test_what_may_pass_is_tried_again(fault: Any) -> None:
    owner = Owner(does=[fault])
    async with telling(owner) as made:
        made.tell(spoken())
        await asyncio.sleep(WITHIN)
    assert len(owner.requests) == 2
    assert owner.lost == []


@pytest.mark.parametrize("status", [400, 401, 404, 302])
async def test_a_refusal_is_the_last_word(status: int) -> None:
    owner = Owner(does=[status])
    async with telling(owner) as made:
        made.tell(spoken())
        await asyncio.sleep(WITHIN)
    assert len(owner.requests) == 1
    assert owner.lost == ["notification"]


async def test_it_is_given_up_and_nothing_of_it_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    owner = Owner(does=[httpx2.ConnectError(URL)] * 100)
    with caplog.at_level(logging.DEBUG):
        async with telling(owner) as made:
            made.tell(spoken(1))
            made.tell(spoken(2))
            await asyncio.sleep(WITHIN + 1)
    assert len(owner.requests) == 2 * TRIES
    assert owner.lost == ["notification"] * 2
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("frontline")]
    assert ours == ["agent.notify_url was not told of an answer: ConnectError"], "once a minute"
    for secret in (KEY, "s3cret", "öpen", "nine"):
        assert secret not in caplog.text


async def test_one_that_never_answers_is_given_up_in_time() -> None:
    owner = Owner(does=[60.0] * 10)
    async with telling(owner) as made:
        made.tell(spoken())
        await asyncio.sleep(WITHIN + 0.1)
        assert owner.lost == ["notification"]


async def test_of_too_many_the_oldest_are_dropped() -> None:
    owner = Owner()
    made = BotNotifier(URL, KEY, lambda what, count: owner.lost.append(what))
    for turn in range(QUEUE + 3):
        made.tell(spoken(turn))
    assert len(made) == QUEUE
    assert owner.lost == ["notification"] * 3
