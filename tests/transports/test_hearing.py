"""A sentence by microphone: no call, no record, and no wait without an end."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, VoiceChange
from gateway.shell.process.background import start
from gateway.shell.sound.sentence import FINAL_S, NOTHING_S, PAUSE_S
from gateway.transports import hearing
from gateway.transports.hearing import (
    AT_ONCE,
    FRAME,
    LOCALE,
    MOST_S,
    PROTOCOL,
    STALLED_S,
    Hearings,
    commonest,
)
from gateway.transports.tickets import StreamTicket, Tickets
from tests.support.fakes import FakeDetector, FakeTranscription
from tests.support.house import House, catalogue, open_house
from tests.support.socketless import Socketless

pytestmark = pytest.mark.anyio

FRAME_20MS = bytes(640)


class Booth:
    """A server with a microphone in front of it; time is virtual."""

    def __init__(self, *changes: VoiceChange) -> None:
        self.house: House = open_house()
        self.house.services.detector = lambda: FakeDetector(*changes)
        self.tickets = Tickets("secret", lambda: 1_000_000.0)
        self.hearings = Hearings(lambda: self.house.services, self.tickets)

    def client(self, ticket: str | None = None, **headers: str) -> Socketless:
        shown = self.hearings.admit("default") if ticket is None else ticket
        offered = f"{PROTOCOL}, ticket.{shown}"
        return Socketless("/admin/v1/hear", {"sec-websocket-protocol": offered, **headers})

    def take(self, client: Socketless) -> asyncio.Task[None]:
        return start(self.hearings.hear(client.socket), name="hear")

    @property
    def transcription(self) -> FakeTranscription:
        return self.house.transcriber.opened[-1]


async def speak(client: Socketless, seconds: float) -> None:
    for _ in range(round(seconds * 50)):
        client.say(FRAME_20MS)
        await asyncio.sleep(0.02)


async def test_words_come_as_they_are_said_and_a_pause_ends_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    booth = Booth(VoiceChange(True, 100, 200), VoiceChange(False, 900, 1000))
    client = booth.client()
    hearing_it = booth.take(client)
    await speak(client, 0.5)
    assert client.told() == [{"type": "ready"}]
    booth.transcription.say(Heard("where is", final=False))
    await speak(client, 0.5)
    assert client.told()[-1] == {"type": "partial", "text": "where is"}
    await speak(client, PAUSE_S + 0.2)
    assert booth.transcription.finished == 1
    booth.transcription.say(Heard("where is the zanzibar", final=True))
    await hearing_it
    assert client.told()[-1] == {"type": "final", "text": "where is the zanzibar"}
    assert (client.close_code, booth.transcription.closed) == (1000, 1)
    assert booth.house.transcriber.keyterms == [("Hadley Street",)]
    house = booth.house
    assert (house.services.calls, house.observer.started, house.observer.turns) == ({}, 0, [])
    assert "zanzibar" not in caplog.text


async def test_the_language_is_that_of_most_answers() -> None:
    booth = Booth()
    assert commonest(()) == LOCALE
    entries = catalogue().entries
    german = tuple(replace(one, locale="de-DE") for one in entries)
    assert commonest((*german, *entries, german[0])) == "de-DE"
    booth.house.publish(replace(catalogue(), entries=german))
    task = booth.take(booth.client())
    await asyncio.sleep(0.1)
    assert booth.house.transcriber.locales == ["de-DE"]
    task.cancel()


async def test_a_thought_in_between_does_not_end_it_and_finals_are_joined() -> None:
    changes = (
        VoiceChange(True, 0, 100),
        VoiceChange(False, 500, 600),
        VoiceChange(True, 900, 1000),
    )
    booth = Booth(*changes)
    client = booth.client()
    hearing_it = booth.take(client)
    await speak(client, 0.3)
    booth.transcription.say(Heard("i want", final=True))
    await speak(client, 2.0)
    booth.transcription.say(Heard("a refund", final=False))
    await speak(client, 0.1)
    assert client.told()[-1] == {"type": "partial", "text": "i want a refund"}
    client.tell(type="end")
    await asyncio.sleep(FINAL_S + 1)
    assert hearing_it.done(), "a recogniser that gives no final holds nobody up"
    assert client.told()[-1] == {"type": "final", "text": "i want a refund"}


async def test_who_says_nothing_is_let_go() -> None:
    booth = Booth()
    client = booth.client()
    hearing_it = booth.take(client)
    await speak(client, NOTHING_S + 0.1)
    await hearing_it
    assert client.told()[-1] == {"type": "final", "text": ""}


async def test_who_never_stops_is_heard_for_so_long_and_no_longer() -> None:
    booth = Booth(VoiceChange(True, 0, 20))
    client = booth.client()
    hearing_it = booth.take(client)
    await speak(client, MOST_S + 2)
    assert booth.transcription.finished == 1
    assert len(booth.transcription.fed) == MOST_S * 32_000
    await asyncio.sleep(FINAL_S)
    assert hearing_it.done()


async def test_a_client_that_sends_no_more_is_not_waited_for() -> None:
    booth = Booth(VoiceChange(True, 0, 20))
    client = booth.client()
    hearing_it = booth.take(client)
    await speak(client, 0.5)
    await asyncio.sleep(STALLED_S + FINAL_S + 0.5)
    assert hearing_it.done()
    assert booth.transcription.closed == 1


async def test_a_client_that_leaves_takes_its_recogniser_with_it() -> None:
    booth = Booth(VoiceChange(True, 0, 20))
    client = booth.client()
    hearing_it = booth.take(client)
    await speak(client, 0.5)
    client.leave()
    await hearing_it
    assert booth.transcription.closed == 1
    assert client.told() == [{"type": "ready"}]


async def test_a_frame_too_large_is_refused() -> None:
    booth = Booth()
    client = booth.client()
    hearing_it = booth.take(client)
    client.say(bytes(FRAME + 2))
    await hearing_it
    assert client.told()[-1]["code"] == "too_large"
    assert client.close_code == 1009


@pytest.mark.parametrize("spoil", ["none", "forged", "used", "call", "origin"])
async def test_without_a_ticket_of_its_own_nothing_is_opened(spoil: str) -> None:
    booth = Booth()
    ticket, headers = booth.hearings.admit("default"), {}
    if spoil == "none":
        ticket = ""
    elif spoil == "forged":
        ticket = Tickets("another", lambda: 1_000_000.0).issue(
            StreamTicket(tenant="default", call="hear")
        )
    elif spoil == "used":
        booth.tickets.redeem(ticket)
    elif spoil == "call":  # such as a carrier has
        ticket = booth.tickets.issue(StreamTicket(tenant="default", call="CA1"))
    else:
        headers = {"origin": "https://elsewhere.example"}
    client = booth.client(ticket, **headers)
    await booth.hearings.hear(client.socket)
    assert client.close_code == 4401
    assert booth.house.transcriber.opened == []


async def test_a_few_at_once() -> None:
    booth = Booth()
    clients = [booth.client() for _ in range(AT_ONCE + 1)]
    tasks = [booth.take(client) for client in clients]
    await asyncio.sleep(0.1)
    assert clients[-1].told()[0]["code"] == "busy"
    assert clients[-1].close_code == 1013
    clients[0].leave()
    await asyncio.sleep(0.1)
    again = booth.client()
    tasks.append(booth.take(again))
    await asyncio.sleep(0.1)
    assert again.told() == [{"type": "ready"}]
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("when", ["opening", "later"])
async def test_a_recogniser_that_fails_is_told(when: str) -> None:
    booth = Booth()
    error = ProviderFailed("no recogniser is free")
    if when == "opening":
        booth.house.transcriber.refuses = error
    client = booth.client()
    hearing_it = booth.take(client)
    await asyncio.sleep(0.1)
    if when == "later":
        booth.transcription.say(error)
    await hearing_it
    assert client.told()[-1] == {
        "type": "error",
        "code": "stt_unavailable",
        "message": "no recogniser is free",
    }
    assert client.close_code == 1013


async def test_one_that_does_not_start_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    booth = Booth()

    async def never(*_: object) -> FakeTranscription:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(booth.house.transcriber, "open", never)
    client = booth.client()
    hearing_it = booth.take(client)
    await asyncio.sleep(hearing.OPENING_S + 1)
    assert hearing_it.done()
    assert "does not start" in client.told()[-1]["message"]
