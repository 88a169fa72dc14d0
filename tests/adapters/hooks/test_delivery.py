"""Delivery of webhooks to a real receiver: signed, again until it worked, in nobody's way."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.hooks import delivery as module
from gateway.adapters.hooks.delivery import A_DAY, QUEUE, SOON, Delivery, Hook, RetryPolicy
from gateway.adapters.hooks.journal import Journal
from gateway.adapters.hooks.signing import headers_of
from gateway.ports.hooks import CALL_ENDED, KINDS, PUBLISHED, Happening
from tests.providers.receiver import Receiver

SECRET = "a secret of the operator's"


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Scene:
    def __init__(self, path: Path, receiver: Receiver, **fields: Any) -> None:
        self.clock = Clock()
        self.lost = 0
        self.receiver = receiver
        self.hook = Hook(
            "crm",
            f"{receiver.url}/x",
            SECRET,
            fields.get("kinds", KINDS),
            fields.get("tenants", ()),
            fields.get("patience", A_DAY),
        )
        leads = fields.get("leads", lambda: True)
        self.delivery = Delivery(
            [self.hook], Journal(path), self._lose, now=self.clock, leads=leads
        )

    def _lose(self, what: str, count: int) -> None:
        assert what == "hooks"
        self.lost += count

    async def look(self) -> None:
        await self.delivery.write()
        await self.delivery.send(self.hook)

    @property
    def types(self) -> list[str]:
        return [json.loads(one.body)["type"] for one in self.receiver.received]


@asynccontextmanager
async def scene(
    path: Path, receiver: Receiver | None = None, **fields: Any
) -> AsyncIterator[Scene]:
    async with receiver or Receiver() as there:
        made = Scene(path / "webhooks.db", there, **fields)
        async with made.delivery.closing():
            yield made


def happening(kind: str = CALL_ENDED, tenant: str = "bank", **data: Any) -> Happening:
    return Happening(kind=kind, tenant=tenant, at=5.0, data=data)


def test_a_message_is_signed_and_forgotten(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as one:
            told = happening(call="c1")
            one.delivery.tell(told)
            await one.look()
            await one.look()
            (got,) = one.receiver.received
            assert (got.method, got.path) == ("POST", "/x")
            body = {"type": CALL_ENDED, "timestamp": 5.0, "tenant": "bank", "data": {"call": "c1"}}
            assert json.loads(got.body) == body
            expected = headers_of(SECRET, told.id, one.clock.now, got.body)
            assert {name: got.headers[name] for name in expected} == expected

    asyncio.run(run())


def test_one_of_those_who_share_a_journal_sends_what_all_were_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as one, scene(tmp_path, leads=lambda: False) as other:
            other.delivery.tell(happening(call="c1"))
            await other.look()
            assert not other.receiver.received
            await one.look()
            assert len(one.receiver.received) == 1

    asyncio.run(run())


@pytest.mark.parametrize("status", [500, 429, 404, 301])
def test_a_message_that_was_refused_is_sent_again_with_its_id(tmp_path: Path, status: int) -> None:
    async def run() -> None:
        elsewhere = Receiver()
        async with elsewhere, scene(tmp_path, Receiver([status, status, 204])) as one:
            one.receiver.headers = f"location: {elsewhere.url}\r\n"
            one.delivery.tell(happening())
            await one.look()
            await one.look()
            assert len(one.receiver.received) == 1, "it is not due yet"
            one.clock.now += A_DAY.first_wait
            await one.look()
            one.clock.now += A_DAY.first_wait
            await one.look()
            assert len(one.receiver.received) == 2, "the second wait is longer"
            one.clock.now += A_DAY.first_wait
            for _ in range(2):
                await one.look()
            assert len({got.headers["webhook-id"] for got in one.receiver.received}) == 1
            assert len({got.headers["webhook-timestamp"] for got in one.receiver.received}) == 3
            assert len(one.receiver.received) == 3
            assert not elsewhere.received, "nobody is asked but whom the settings name"

    asyncio.run(run())


def test_a_receiver_that_is_away_gets_all_of_it_in_order_later(tmp_path: Path) -> None:
    async def run() -> None:
        port = 0
        async with Receiver() as gone:
            port = gone.port
        away = Receiver(port=port)
        one = Scene(tmp_path / "webhooks.db", away)
        for number in range(3):
            one.delivery.tell(happening(number=number))
        await one.look()
        await one.delivery.close()
        one = Scene(tmp_path / "webhooks.db", away)  # after a restart
        one.clock.now += A_DAY.first_wait
        async with away, one.delivery.closing():
            await one.look()
        assert [json.loads(got.body)["data"]["number"] for got in away.received] == [0, 1, 2]

    asyncio.run(run())


def test_a_message_is_given_up_after_a_day_and_counted(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path, Receiver([500])) as one:
            one.delivery.tell(happening())
            await one.look()
            one.clock.now += A_DAY.give_up
            await one.look()
            one.clock.now += A_DAY.give_up
            await one.look()
            assert (len(one.receiver.received), one.lost) == (2, 1)

    asyncio.run(run())


def test_a_receiver_that_never_answers_is_not_waited_for(tmp_path: Path) -> None:
    async def run() -> None:
        hurried = RetryPolicy(timeout=0.05)
        async with scene(tmp_path, Receiver(silent=True), patience=hurried) as one:
            one.delivery.tell(happening())
            await one.look()
            assert len(one.receiver.received) == 1
            await one.look()
            assert len(one.receiver.received) == 1

    asyncio.run(run())


def test_what_is_soon_stale_is_given_up_soon_and_not_told_late(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with scene(tmp_path, Receiver([500] * 9), patience=SOON) as one:
            for number in range(2):
                one.delivery.tell(happening(number=number))
            await one.look()
            assert len(one.receiver.received) == 2, "several at once"
            one.clock.now += SOON.first_wait
            await one.look()
            assert len(one.receiver.received) == 4
            one.clock.now += SOON.give_up
            await one.look()
            assert (len(one.receiver.received), one.lost) == (4, 2)

    with caplog.at_level(logging.WARNING, "frontline"):
        asyncio.run(run())
    assert len(caplog.messages) == 1, "not for every message of a receiver that is down"


def test_only_what_is_wanted_is_told(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path, kinds=(PUBLISHED,), tenants=("bank",)) as one:
            one.delivery.tell(happening())
            one.delivery.tell(happening(PUBLISHED, "shop"))
            one.delivery.tell(happening(PUBLISHED))
            await one.look()
            assert one.types == [PUBLISHED]

    asyncio.run(run())


def test_the_queue_is_bounded(tmp_path: Path) -> None:
    async def run() -> None:
        async with scene(tmp_path) as one:
            for _ in range(QUEUE + 7):
                one.delivery.tell(happening())
            assert one.lost == 7

    asyncio.run(run())


def test_neither_secret_nor_words_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with scene(tmp_path, Receiver([500])) as one:
            one.delivery.tell(happening(asked="zanzibar"))
            await one.look()
            assert SECRET not in repr(one.hook)

    with caplog.at_level(logging.DEBUG, "frontline"):
        asyncio.run(run())
    assert "status 500, again in 5 s" in caplog.text
    assert "zanzibar" not in caplog.text
    assert SECRET not in caplog.text


def test_it_runs_by_itself_and_waits_for_no_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK", 60.0)

    async def run() -> None:
        async with scene(tmp_path) as one, asyncio.TaskGroup() as tasks, asyncio.timeout(5):
            running = tasks.create_task(one.delivery.run())
            one.delivery.tell(happening())
            while not one.receiver.received:  # noqa: ASYNC110 - the receiver is no part of it
                await asyncio.sleep(0.001)
            running.cancel()

    asyncio.run(run())
