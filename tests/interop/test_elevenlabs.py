"""The local ElevenLabs against ElevenLabs' own client; contexts against plain websockets."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from elevenlabs.client import AsyncElevenLabs, ElevenLabs
from elevenlabs.core.api_error import ApiError
from elevenlabs.errors import UnprocessableEntityError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from tests.providers import elevenlabs as local
from tests.providers.behaviour import Behaviour
from tests.providers.server import Server

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.real_loop,
    # convert_realtime reads them
    pytest.mark.filterwarnings(r"ignore:ConnectionClosed\.(code|reason) is deprecated"),
]

ONCE: Any = {"max_retries": 0}


@contextlib.asynccontextmanager
async def api(**options: Any) -> AsyncIterator[Server]:
    provider = local.ElevenLabs(key="good", voices=("anna",))
    async with Server(provider, **options) as server, asyncio.timeout(20):
        yield server


async def said(server: Server, voice: str = "anna", key: str = "good", **options: Any) -> bytes:
    options = {"text": "We open at nine.", "output_format": "ulaw_8000", **options}
    async with httpx.AsyncClient() as http:  # the client leaves its own open
        client = AsyncElevenLabs(api_key=key, base_url=server.http, httpx_client=http)
        parts = client.text_to_speech.stream(voice, **options, request_options=ONCE)
        return b"".join([part async for part in parts])


# --- HTTP -----------------------------------------------------------------------------------------


async def test_a_stream() -> None:
    async with api() as server:
        sound = await said(server, model_id="eleven_flash_v2_5")
        entry = await server.journal.ended()
    assert 0.5 < len(sound) / 8000 < 2.5
    assert entry.pieces > 4
    assert entry.headers["xi-api-key"] == "***"
    assert entry.body["model_id"] == "eleven_flash_v2_5"


async def test_a_whole_file() -> None:
    async with api() as server, httpx.AsyncClient() as http:
        client = AsyncElevenLabs(api_key="good", base_url=server.http, httpx_client=http)
        parts = client.text_to_speech.convert("anna", text="Hello.", output_format="pcm_16000")
        assert len(b"".join([part async for part in parts])) > 3_000


async def test_streams_are_not_tried_again() -> None:
    busy = Behaviour(status=429, retry_after="0")
    async with api(behaviour=busy) as server, httpx.AsyncClient() as http:
        client = AsyncElevenLabs(api_key="good", base_url=server.http, httpx_client=http)
        with pytest.raises(ApiError):
            async for _ in client.text_to_speech.stream("anna", text="Hello."):
                pass
        assert len(server.journal) == 1


@pytest.mark.parametrize("form", ["pcm_16000", "pcm_24000", "mp3_44100_128", "alaw_8000"])
async def test_formats(form: str) -> None:
    async with api() as server:
        sound = await said(server, output_format=form)
    seconds = {"pcm": 2 * int(form.split("_")[1]), "mp3": 6000, "ala": 8000}[form[:3]]
    assert 0.5 < len(sound) / seconds < 2.5


async def test_refused() -> None:
    async with api() as server:
        with pytest.raises(ApiError) as caught:
            await said(server, voice="nobody")
        assert caught.value.body["detail"]["status"] == "voice_not_found"
        with pytest.raises(ApiError) as caught:
            await said(server, output_format="wma_8000")
        assert caught.value.status_code == 400
        with pytest.raises(UnprocessableEntityError):
            await said(server, text=7)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "quota_exceeded"), (429, ""), (429, "system_busy"), (500, "")],
)
async def test_statuses(status: int, code: str) -> None:
    async with api(behaviour=Behaviour(status=status, code=code)) as server:
        with pytest.raises(ApiError) as caught:
            await said(server)
    assert caught.value.status_code == status
    usual = {429: "too_many_concurrent_requests", 500: "internal_server_error"}
    assert caught.value.body["detail"]["status"] == (code or usual[status])


@pytest.mark.parametrize("point", ["headers", "body", 2])
async def test_resets(point: Any) -> None:
    async with api(behaviour=Behaviour(reset_at=point)) as server:
        with pytest.raises(httpx.TransportError):
            await said(server)


async def test_a_wrong_key() -> None:
    async with api() as server:
        with pytest.raises(ApiError) as caught:
            await said(server, key="bad")
    assert caught.value.status_code == 401


# --- stream-input, with the client ----------------------------------------------------------------


def realtime(server: Server, key: str = "good") -> list[bytes]:
    """The client has this for threads only, and takes every address for ``wss``."""
    with httpx.Client() as http:
        speak: Any = ElevenLabs(api_key=key, base_url=server.http, httpx_client=http).text_to_speech
        speak._ws_base_url = server.ws
        return list(speak.convert_realtime("anna", text=iter(TEXT), output_format="ulaw_8000"))


TEXT = ("We open at nine, ", "and we close ", "at half past five. ")


async def test_realtime() -> None:
    async with api() as server:
        parts = await asyncio.to_thread(realtime, server)
        entry = await server.journal.ended()
    assert 1 < len(b"".join(parts)) / 8000 < 5
    assert entry.outcome == "complete"
    assert entry.texts[0]["text"] == " "
    assert entry.texts[-1] == {"text": ""}
    assert entry.headers["xi-api-key"] == "***"


async def test_realtime_with_a_wrong_key() -> None:
    async with api() as server:
        with pytest.raises(Exception, match="401"):
            await asyncio.to_thread(realtime, server, "bad")


async def test_realtime_closed_with_a_reason() -> None:
    broken = Behaviour(close_at=1, close_code=1008, close_reason="quota_exceeded")
    async with api(behaviour=broken) as server:
        with pytest.raises(ApiError) as caught:
            await asyncio.to_thread(realtime, server)
    assert (caught.value.status_code, caught.value.body) == (1008, "quota_exceeded")


async def test_realtime_reset() -> None:
    async with api(behaviour=Behaviour(reset_at=1)) as server:
        with pytest.raises((ApiError, ConnectionClosed)):
            await asyncio.to_thread(realtime, server)


# --- both sockets, by hand ------------------------------------------------------------------------


class Mouth:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def until_final(self) -> list[dict[str, Any]]:
        messages = [await self.next()]
        while not messages[-1].get("isFinal"):
            messages.append(await self.next())
        return messages


@contextlib.asynccontextmanager
async def speaking(
    kind: str, query: str = "", header: bool = True, **options: Any
) -> AsyncIterator[tuple[Server, Mouth]]:
    async with api(**options) as server:
        address = f"{server.ws}/v1/text-to-speech/anna/{kind}?output_format=pcm_16000{query}"
        headers = {"xi-api-key": "good"} if header else {}
        async with connect(address, additional_headers=headers, max_queue=None) as connection:
            yield server, Mouth(connection)


async def test_letters_have_their_times() -> None:
    async with speaking("stream-input") as (_, mouth):
        await mouth.send(text=" ")
        await mouth.send(text="We open at nine. ", flush=True)
        await mouth.send(text="")
        *parts, last = await mouth.until_final()
    assert last == {"audio": None, "isFinal": True}
    assert "".join(c for one in parts for c in one["alignment"]["chars"]) == "We open at nine. "
    for one in parts:
        times = one["alignment"]
        ms = len(base64.b64decode(one["audio"])) / 32
        assert times["charStartTimesMs"][:1] in ([0], [])
        assert sum(times["charDurationsMs"]) == pytest.approx(ms, abs=2) or not times["chars"]


async def test_text_is_gathered_first() -> None:
    async with speaking("stream-input") as (_, mouth):
        await mouth.send(text=" ", generation_config={"chunk_length_schedule": [50]})
        await mouth.send(text="We open at nine. ")
        await mouth.send(text="And we close at half past five, but not on Sundays. ")
        first = await mouth.next()
        await mouth.send(text="Bye. ")
        await mouth.send(text="")
        *rest, _ = await mouth.until_final()
    said = "".join(c for one in (first, *rest) for c in one["alignment"]["chars"])
    assert said.startswith("We open at nine. And we close")
    assert said.endswith("Bye. ")


async def test_auto_mode_does_not_gather() -> None:
    async with speaking("stream-input", "&auto_mode=true") as (_, mouth):
        await mouth.send(text=" ")
        await mouth.send(text="Hello. ")
        assert (await mouth.next())["audio"]


async def test_a_key_may_come_with_the_first_message() -> None:
    async with speaking("stream-input", header=False) as (server, mouth):
        await mouth.send(text=" ", xi_api_key="good")
        await mouth.send(text="Hello. ", flush=True)
        assert (await mouth.next())["audio"]
        assert server.journal[0].texts[0] == {"text": " ", "xi_api_key": "***"}
    async with speaking("stream-input", header=False) as (_, mouth):
        await mouth.send(text=" ")
        assert (await mouth.next())["error"] == "invalid_api_key"
        with pytest.raises(ConnectionClosedError):
            await mouth.next()


async def test_no_text_for_too_long() -> None:
    async with speaking("stream-input", "&inactivity_timeout=0.03") as (_, mouth):
        await mouth.send(text=" ")
        with pytest.raises(ConnectionClosedError) as caught:
            await mouth.next()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1008
    assert "within the timeout" in caught.value.rcvd.reason


async def test_contexts_are_apart() -> None:
    async with speaking("multi-stream-input") as (server, mouth):
        await mouth.send(text="")  # keeps the socket alive
        await mouth.send(text=" ", context_id="a", voice_settings={"stability": 0.5})
        await mouth.send(text="Hello there. ", context_id="a")
        await mouth.send(text="Goodbye. ", context_id="b", flush=True)
        assert (await mouth.next())["contextId"] == "b"
        await mouth.send(context_id="b", close_context=True)
        messages = await mouth.until_final()
        assert {one["contextId"] for one in messages} == {"b"}
        await mouth.send(context_id="a", flush=True)
        assert (await mouth.next())["contextId"] == "a"
        await mouth.send(close_socket=True)
        with contextlib.suppress(ConnectionClosed):
            while True:
                await mouth.next()
        assert (await server.journal.ended()).outcome == "complete"


async def test_no_sixth_context() -> None:
    async with speaking("multi-stream-input") as (_, mouth):
        for name in "abcdef":
            await mouth.send(text=" ", context_id=name)
        refusal = await mouth.next()
        assert (refusal["error"], refusal["code"]) == ("max_active_conversations", 1008)
        with pytest.raises(ConnectionClosedError):
            await mouth.next()


async def test_settings_may_not_come_late() -> None:
    async with speaking("multi-stream-input") as (_, mouth):
        await mouth.send(text="", context_id="a")
        await mouth.send(text=" ", context_id="a", voice_settings={"stability": 0.5})
        assert (await mouth.next())["error"] == "invalid_input_message"


async def test_a_message_that_is_no_message() -> None:
    async with speaking("stream-input") as (_, mouth):
        await mouth.connection.send("hello")
        assert (await mouth.next())["error"] == "invalid_input_message"
