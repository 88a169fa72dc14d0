"""The local Deepgram voices, ``/v1/speak``, against Deepgram's own client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.errors import BadRequestError
from deepgram.speak.v1.types import SpeakV1Text
from websockets.exceptions import ConnectionClosedError

from tests.providers.behaviour import Behaviour
from tests.providers.deepgram import Deepgram
from tests.providers.server import Server

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

ONCE: Any = {"max_retries": 0}


@contextlib.asynccontextmanager
async def api(**options: Any) -> AsyncIterator[tuple[Server, AsyncDeepgramClient]]:
    async with (
        asyncio.timeout(20),
        Server(Deepgram(key="good"), **options) as server,
        httpx.AsyncClient() as http,  # the client leaves its own open
    ):
        place = DeepgramClientEnvironment(
            base=server.http, production=server.ws, agent=server.ws, agent_rest=server.http
        )
        yield server, AsyncDeepgramClient(api_key="good", environment=place, httpx_client=http)


async def said(client: AsyncDeepgramClient, **options: Any) -> bytes:
    options = {"text": "We open at nine.", "encoding": "mulaw", "sample_rate": 8000, **options}
    parts = client.speak.v1.audio.generate(**options, request_options=ONCE)
    return b"".join([part async for part in parts])


# --- HTTP -----------------------------------------------------------------------------------------


async def test_sound_by_http() -> None:
    async with api() as (server, client):
        sound = await said(client)
        entry = await server.journal.ended()
    assert 0.5 < len(sound) / 8000 < 2.5
    assert entry.pieces > 4
    assert entry.body == {"text": "We open at nine."}
    assert entry.headers["authorization"] == "Token ***"


@pytest.mark.parametrize(
    ("options", "starts"),
    [
        ({"encoding": "linear16", "sample_rate": 16000}, b"RIFF"),
        ({"encoding": "mp3", "sample_rate": None}, b"\xff"),
        ({"encoding": "opus", "sample_rate": None}, b"OggS"),
    ],
    ids=str,
)
async def test_formats(options: dict[str, Any], starts: bytes) -> None:
    async with api() as (_, client):
        assert (await said(client, **options)).startswith(starts)


async def test_raw_sound_has_no_header() -> None:
    async with api() as (_, client):
        sound = await said(client, encoding="linear16", sample_rate=16000, container="none")
    assert len(sound) % 2 == 0
    assert not sound.startswith(b"RIFF")


@pytest.mark.parametrize(
    "wrong", [{"sample_rate": 44100}, {"model": "nova-3"}, {"text": "a" * 2001}], ids=repr
)
async def test_refused(wrong: dict[str, Any]) -> None:
    async with api() as (_, client):
        with pytest.raises(BadRequestError):
            await said(client, **wrong)


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_statuses(status: int) -> None:
    async with api(behaviour=Behaviour(status=status)) as (_, client):
        with pytest.raises(ApiError) as caught:
            await said(client)
    assert caught.value.status_code == status
    assert caught.value.body["err_code"]


@pytest.mark.parametrize("point", ["headers", "body", 2])
async def test_resets(point: Any) -> None:
    async with api(behaviour=Behaviour(reset_at=point)) as (_, client):
        with pytest.raises(httpx.TransportError):
            await said(client)


# --- WebSocket ------------------------------------------------------------------------------------


class Mouth:
    """A connection, and what came on it: messages' types, runs of sound as one."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.kinds: list[str] = []
        self.sound = b""

    async def say(self, text: str) -> None:
        await self.connection.send_text(SpeakV1Text(text=text))

    async def next(self) -> str:
        one = await self.connection.recv()
        kind = "sound" if isinstance(one, bytes) else str(one.type)
        self.sound += one if isinstance(one, bytes) else b""
        if kind != "sound" or self.kinds[-1:] != ["sound"]:
            self.kinds.append(kind)
        return kind

    async def until(self, kind: str) -> None:
        while await self.next() != kind:
            pass


@contextlib.asynccontextmanager
async def speaking(**options: Any) -> AsyncIterator[tuple[Server, Mouth]]:
    async with (
        api(**options) as (server, client),
        client.speak.v1.connect(
            model="aura-2-thalia-en", encoding="mulaw", sample_rate=8000
        ) as connection,
    ):
        yield server, Mouth(connection)


async def test_sound_comes_with_the_flush() -> None:
    async with speaking() as (server, mouth):
        await mouth.say("We open ")
        await mouth.say("at nine")
        await mouth.connection.send_flush()
        await mouth.until("Flushed")
        first = len(mouth.sound)
        await mouth.say("Goodbye")
        await mouth.connection.send_flush()
        await mouth.until("Flushed")
        await mouth.connection.send_close()
        with pytest.raises(Exception, match="1000"):
            await mouth.next()
        entry = await server.journal.ended()
    assert mouth.kinds == ["Metadata", *("sound", "Flushed") * 2]
    assert 0.4 < first / 8000 < 2
    assert len(mouth.sound) > first
    assert entry.outcome == "complete"
    assert entry.texts[0] == {"type": "Speak", "text": "We open "}


async def test_whole_sentences_do_not_wait() -> None:
    async with speaking() as (_, mouth):
        await mouth.say("We open at nine. And we ")
        await mouth.until("sound")


async def test_clear_takes_back_what_has_not_left() -> None:
    stuck = Behaviour(silent_at=3, silent_for=0.05)
    async with speaking(behaviour=stuck) as (_, mouth):
        await mouth.say("We open at nine every day of the week.")
        await mouth.connection.send_flush()
        await mouth.until("sound")
        await mouth.connection.send_clear()
        await mouth.until("Cleared")
    assert 0 < len(mouth.sound) <= 3 * 800


async def test_too_many_flushes() -> None:
    async with speaking() as (_, mouth):
        for _ in range(21):
            await mouth.connection.send_flush()
        await mouth.until("Warning")
    assert mouth.kinds.count("Flushed") == 20


async def test_what_it_cannot_read_closes_it() -> None:
    async with speaking() as (_, mouth):
        await mouth.connection._send({"type": "Nonsense"})
        with pytest.raises(ConnectionClosedError) as caught:
            await mouth.until("sound")
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1003


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_refused_at_the_handshake(status: int) -> None:
    with pytest.raises(ApiError) as caught:
        async with speaking(behaviour=Behaviour(status=status)):
            pass
    assert caught.value.status_code == status


async def test_reset_in_the_middle() -> None:
    async with speaking(behaviour=Behaviour(reset_at=2)) as (_, mouth):
        await mouth.say("We open at nine. ")
        with pytest.raises(ConnectionClosedError):
            await mouth.until("Flushed")
