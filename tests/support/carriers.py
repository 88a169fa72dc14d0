"""Calls from a carrier in virtual time: the gateway's own session, and the emulator's line."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from gateway.transports import session
from gateway.transports.door import Door
from gateway.transports.facts import CallDialect
from tests.providers.twilio import TwilioCall
from tests.providers.vonage import VonageCall
from tests.support.fakes import FakeTranscription
from tests.support.house import House
from tests.support.socketless import Socketless

DOOR = Door(call_token="", allowed_origins=(), max_calls=10, default_tenant="default")


@dataclass
class OnTheLine:
    """A call in progress."""

    house: House
    client: Socketless
    twilio: TwilioCall

    @property
    def heard(self) -> FakeTranscription:
        """The recogniser of the newest call."""
        return self.house.transcriber.opened[-1]


async def _pass_on(client: Socketless, receive: Any) -> None:
    """What the gateway writes reaches the carrier as it is written."""
    done = 0
    while True:
        for _, frame in client.sent[done:]:
            receive(frame)
        done = len(client.sent)
        client.news.clear()
        await client.news.wait()


@contextlib.asynccontextmanager
async def twilio_call(
    house: House,
    dialect: CallDialect,
    *,
    carrier: session.Carrier | None = None,
    **options: Any,
) -> AsyncIterator[OnTheLine]:
    """A call from its start to its stop."""
    client = Socketless("/twilio/media")

    async def send(frame: str) -> None:
        client.say(frame)

    twilio = TwilioCall(send, **options)
    await client.socket.accept()
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(
            session.take(client.socket, house.services, DOOR, dialect, carrier)
        )
        passing = tasks.create_task(_pass_on(client, twilio.receive))
        running = tasks.create_task(twilio.run())
        twilio.open()
        await asyncio.sleep(0.2)
        yield OnTheLine(house, client, twilio)
        twilio.stop()
        await running
        client.leave()
        await call
        passing.cancel()
    await house.services.background.close()


@dataclass
class OnVonage:
    """A call from Vonage in progress."""

    house: House
    client: Socketless
    vonage: VonageCall

    @property
    def heard(self) -> FakeTranscription:
        """The recogniser of the newest call."""
        return self.house.transcriber.opened[-1]


@contextlib.asynccontextmanager
async def vonage_call(
    house: House,
    dialect: CallDialect,
    *,
    carrier: session.Carrier | None = None,
    **options: Any,
) -> AsyncIterator[OnVonage]:
    """A call from its first message to the end of its socket."""
    client = Socketless("/vonage/media")

    async def send(frame: str | bytes) -> None:
        client.say(frame)

    vonage = VonageCall(send, **options)
    await client.socket.accept()
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(
            session.take(client.socket, house.services, DOOR, dialect, carrier)
        )
        passing = tasks.create_task(_pass_on(client, vonage.receive))
        running = tasks.create_task(vonage.run())
        vonage.open()
        await asyncio.sleep(0.2)
        yield OnVonage(house, client, vonage)
        vonage.end()
        await running
        client.leave()
        await call
        passing.cancel()
    await house.services.background.close()
