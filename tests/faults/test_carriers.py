"""What a carrier's socket may bring by mistake or malice: the call goes on, or ends alone.

Whole calls in virtual time, over the doors of Twilio and of Vonage. ``docs/faults.md`` has the
rows, and names the tests of what happens before a call, and beneath it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.core.policy import Policy
from gateway.ports.sound import AudioFormat, Encoding
from gateway.ports.speech_in import Heard
from gateway.settings.whole import Settings
from gateway.transports import session
from gateway.transports.facts import CallDialect
from gateway.transports.twilio import TwilioDialect
from gateway.transports.vonage import VonageDialect
from gateway.wiring.app import uvicorn_options
from tests.providers.twilio import CALL, STREAM
from tests.support.carriers import DOOR
from tests.support.documents import TEXTS, section, tables
from tests.support.fakes import FakeDetector, FakeTranscription, threads_in_virtual_time
from tests.support.house import House, open_house, tone
from tests.support.serving import serving
from tests.support.socketless import Socketless

Frame = str | bytes
GOES_ON, ENDS, CLOSED = "the call goes on", "the call ends", "the call is closed with 1007"


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("real_loop"):
        yield
        return
    with threads_in_virtual_time(monkeypatch):
        yield


# --- the carriers --------------------------------------------------------------------------------


def _twilio(event: str, **fields: Any) -> str:
    return json.dumps({"event": event, "streamSid": STREAM, **fields})


def _twilio_sound(payload: bytes, **fields: Any) -> str:
    return _twilio("media", media={"payload": base64.b64encode(payload).decode(), **fields})


@dataclass(frozen=True)
class Carrier:
    """A carrier's side of the wire."""

    dialect: Callable[[], CallDialect]
    form: AudioFormat
    opening: tuple[Frame, ...]
    sound: Callable[[bytes], Frame]

    def heard(self, sent: list[Frame]) -> bytes:
        """The sound in what the gateway wrote."""
        if self.form.encoding is Encoding.PCM:
            return b"".join(one for one in sent if isinstance(one, bytes))
        told = [json.loads(one) for one in sent]
        return b"".join(
            base64.b64decode(one["media"]["payload"]) for one in told if one["event"] == "media"
        )


CARRIERS = {
    "Twilio": Carrier(
        TwilioDialect,
        AudioFormat(Encoding.MULAW, 8000),
        (
            '{"event":"connected","protocol":"Call","version":"1.0.0"}',
            _twilio("start", start={"streamSid": STREAM, "callSid": CALL, "customParameters": {}}),
        ),
        _twilio_sound,
    ),
    "Vonage": Carrier(
        VonageDialect,
        AudioFormat(Encoding.PCM, 16_000),
        ('{"event":"websocket:connected","content-type":"audio/l16;rate=16000"}',),
        lambda payload: payload,
    ),
}


@dataclass
class OnLine:
    """A call."""

    carrier: Carrier
    house: House
    client: Socketless
    ear: FakeTranscription | None = None

    async def ask(self) -> bytes:
        """Ask what is cached; the sound that comes."""
        before = len(self.client.sent)
        assert self.ear is not None
        self.ear.say(Heard("when do you open", final=True))
        await asyncio.sleep(3.0)
        return self.carrier.heard([one for _, one in self.client.sent[before:]])


@contextlib.asynccontextmanager
async def on_the_line(
    carrier: Carrier, house: House, first: tuple[Frame, ...] = ()
) -> AsyncIterator[OnLine]:
    """A call that was told ``first`` before it is opened."""
    client = Socketless("/media")
    await client.socket.accept()
    line = OnLine(carrier, house, client)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(session.take(client.socket, house.services, DOOR, carrier.dialect()))
        for frame in (*first, *carrier.opening):
            client.say(frame)
        await asyncio.sleep(0.1)
        line.ear = house.transcriber.opened[-1]
        yield line
        client.leave()


# --- the rows ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Strange:
    """What a carrier's socket brings."""

    what: str
    """In the document's words."""
    then: str = GOES_ON
    first: dict[str, tuple[Frame, ...]] = field(default_factory=dict)
    """Before the call is opened, by carrier."""
    frames: dict[str, tuple[Frame, ...]] = field(default_factory=dict)
    """In the call, by carrier: one that is not named cannot say that."""


def both(*frames: Frame) -> dict[str, tuple[Frame, ...]]:
    """The same from either."""
    return dict.fromkeys(CARRIERS, frames)


def sounds(*sizes: int) -> dict[str, tuple[Frame, ...]]:
    """Messages of so many bytes of sound."""
    quiet = {"Twilio": b"\xff", "Vonage": b"\0"}
    return {
        name: tuple(carrier.sound(quiet[name] * size) for size in sizes)
        for name, carrier in CARRIERS.items()
    }


def numbered(*numbers: str) -> dict[str, tuple[Frame, ...]]:
    """Twilio's numbers of messages and of pieces of sound."""
    return {
        "Twilio": tuple(
            json.dumps({**json.loads(_twilio_sound(b"\xff" * 160, chunk=n)), "sequenceNumber": n})
            for n in numbers
        )
    }


DEEP = '{"event":"media","media":' + "[" * 10_000 + "]" * 10_000 + "}"
ROWS = (
    Strange(what="sound before the first message", first=sounds(160, 160)),
    Strange(
        what="a second first message",
        frames={name: carrier.opening[-1:] for name, carrier in CARRIERS.items()},
    ),
    Strange(what="an event that nobody knows", frames=both('{"event":"hello"}')),
    Strange(
        what="a message of another stream",
        frames={"Twilio": ('{"event":"stop","streamSid":"MZother"}',)},
    ),
    Strange(what="a message twice", frames=numbered("7", "7")),
    Strange(what="messages missing", frames=numbered("7", "19")),
    Strange(what="messages out of order", frames=numbered("9", "8", "7")),
    Strange(
        what="sound that is no base64",
        frames={"Twilio": (_twilio("media", media={"payload": "**"}),)},
    ),
    Strange(what="half a sample", frames={"Vonage": (b"\0" * 639, b"\0")}),
    Strange(what="messages of 0, 1, 159, 161 and 8000 bytes", frames=sounds(0, 1, 159, 161, 8000)),
    Strange(what="a hundred messages at once", frames=sounds(*[160] * 100)),
    Strange(
        what="a mark that we never sent",
        frames={
            "Twilio": (_twilio("mark", mark={"name": "g9:1"}), _twilio("mark")),
            "Vonage": (
                '{"event":"websocket:notify","payload":{"id":"g9:1"}}',
                '{"event":"websocket:notify"}',
            ),
        },
    ),
    Strange(
        what="a key twice in one message",
        frames={
            "Twilio": (_twilio("dtmf", dtmf={"digit": "11"}),),
            "Vonage": ('{"event":"websocket:dtmf","digit":"11"}',),
        },
    ),
    Strange(what="JSON 10,000 deep", frames=both(DEEP)),
    Strange(what="NaN", frames=both('{"event":NaN}')),
    Strange(what="1e400", frames=both('{"event":"x","digit":1e400}')),
    Strange(what="a name twice in one object", frames=both('{"event":"x","event":"hello"}')),
    Strange(what="three messages in a row that are none", then=CLOSED, frames=both("{", "[]", "7")),
    Strange(
        what="`stop`, and the socket stays open", then=ENDS, frames={"Twilio": (_twilio("stop"),)}
    ),
)


def said_by(row: Strange) -> list[str]:
    """The carriers that can say that."""
    return [name for name in CARRIERS if name in row.frames or name in row.first]


CASES = [pytest.param(row, name, id=f"{row.what}, {name}") for row in ROWS for name in said_by(row)]


@pytest.mark.anyio
@pytest.mark.parametrize(("row", "name"), CASES)
async def test_what_follows_and_no_other_call_notices(row: Strange, name: str) -> None:
    house, carrier = open_house(policy=Policy(no_input=600.0)), CARRIERS[name]
    house.services.detector = FakeDetector
    whole = tone(carrier.form, 1000)
    async with on_the_line(carrier, house) as beside:
        async with on_the_line(carrier, house, row.first.get(name, ())) as line:
            for frame in row.frames.get(name, ()):
                line.client.say(frame)
            await asyncio.sleep(0.5)
            if row.then == GOES_ON:
                assert line.client.close_code is None
                assert await line.ask() == whole
            else:
                assert line.client.close_code == (1007 if row.then == CLOSED else 1000)
        assert await beside.ask() == whole
        assert len(house.services.calls) == 1
    assert not house.services.calls


@pytest.mark.anyio
@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("code", [1000, 1006])
async def test_a_socket_that_closes_without_a_word_ends_the_call(name: str, code: int) -> None:
    house = open_house(policy=Policy(no_input=600.0))
    async with on_the_line(CARRIERS[name], house) as line:
        line.client.leave(code)
        await asyncio.sleep(0.1)
        assert not house.services.calls


@pytest.mark.anyio
@pytest.mark.parametrize("name", CARRIERS)
async def test_marks_that_never_come_back_are_replaced_by_the_clock(name: str) -> None:
    house = open_house(policy=Policy(no_input=600.0))
    async with on_the_line(CARRIERS[name], house) as line:
        first, second = await line.ask(), await line.ask()
    assert first == second == tone(CARRIERS[name].form, 1000)
    assert [turn.interrupted for turn in house.observer.turns] == [False, False]


@pytest.mark.anyio
@pytest.mark.parametrize("name", CARRIERS)
async def test_a_thousand_calls_at_once_are_taken_as_far_as_there_is_room(name: str) -> None:
    house, carrier = open_house(policy=Policy(no_input=600.0)), CARRIERS[name]
    async with on_the_line(carrier, house) as line:
        clients = [Socketless("/media") for _ in range(1000)]
        async with asyncio.TaskGroup() as tasks:
            for client in clients:
                await client.socket.accept()
                dialect = carrier.dialect()
                tasks.create_task(session.take(client.socket, house.services, DOOR, dialect))
                for frame in carrier.opening:
                    client.say(frame)
            await asyncio.sleep(1.0)
            refused = [client for client in clients if client.close_code == 1013]
            assert len(refused) == 1000 - (DOOR.max_calls - 1)
            assert await line.ask() == tone(carrier.form, 1000), "the call before them"
            for client in clients:
                client.leave()
    assert not house.services.calls


@pytest.mark.anyio
@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_is_put_back_or_on_changes_nothing(
    name: str, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, before = open_house(policy=Policy(no_input=600.0)), time.time
    async with on_the_line(CARRIERS[name], house) as line:
        first = await line.ask()
        monkeypatch.setattr(time, "time", lambda: before() + hours * 3600)
        assert first == await line.ask() == tone(CARRIERS[name].form, 1000)
        assert line.client.close_code is None


@pytest.mark.anyio
@pytest.mark.real_loop
class TestTheSocketBeneath:
    """Over real sockets, with the server's own options."""

    async def test_a_frame_that_claims_to_be_endless_closes_its_call(self) -> None:
        async with serving() as gateway, gateway.dial() as call, gateway.dial() as beside:
            call.connection.transport.write(b"\x81\xff" + (2**63 - 1).to_bytes(8) + b"mask")
            assert await call.closed() == 1009
            await beside.send(type="final", text="when do you open")
            await beside.until("audio.end", turn=1)

    async def test_compression_is_not_taken_up(self) -> None:
        async with serving() as gateway, gateway.connect(compression="deflate") as call:
            assert call.connection.protocol.extensions == []

    async def test_a_peer_that_is_gone_without_a_word_is_let_go(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = uvicorn_options(Settings())
        assert told["ws_ping_interval"] + told["ws_ping_timeout"] <= 40.0
        quick = {**told, "ws_ping_interval": 0.2, "ws_ping_timeout": 0.2}
        monkeypatch.setattr("tests.support.serving.uvicorn_options", lambda settings: quick)
        async with serving() as gateway, gateway.dial() as call:
            call.connection.transport.pause_reading()
            await gateway.quiet()
            call.connection.transport.abort()


# --- the document --------------------------------------------------------------------------------

TITLE = "A carrier's socket"


def test_the_document_tells_what_is_tested() -> None:
    documented = tables(section(TEXTS["faults.md"], TITLE))[0][1:]
    assert documented == [[row.what, ", ".join(said_by(row)), row.then] for row in ROWS]
