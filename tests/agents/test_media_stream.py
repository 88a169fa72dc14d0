"""The wire to a Media Streams bot, over real sockets where there is one."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from twilio.request_validator import RequestValidator
from websockets.asyncio.server import ServerConnection, serve

from gateway.agents.media_stream import MediaStream, MediaStreamBots, signed
from gateway.ports.bots import BotCall, BotClears, BotDied, BotFailed, BotMarks, BotSpeaks
from tests.providers.media_bot import MediaBot
from tests.providers.server import Server
from tests.support.bots import MemoryBot

CALL = BotCall(call_id="c" * 32, tenant="default", caller={"from": "alice"})


async def line(call: BotCall = CALL) -> MediaStream:
    made = await MemoryBot(dials=0.0).dial(call)
    assert isinstance(made, MediaStream)
    return made


@pytest.mark.anyio
async def test_the_start_is_a_carriers() -> None:
    hello, start = map(json.loads, (await line()).opening())
    assert hello == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert (start["event"], start["sequenceNumber"]) == ("start", "1")
    told = start["start"]
    assert told["streamSid"] == start["streamSid"]
    assert (told["streamSid"][:2], told["callSid"][:2], told["accountSid"][:2]) == (
        "MZ",
        "CA",
        "AC",
    )
    assert told["customParameters"] == {"from": "alice"}
    assert told["mediaFormat"] == {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}


@pytest.mark.anyio
async def test_the_carriers_own_names_are_kept() -> None:
    ids = {"call_sid": "CA7", "stream_sid": "MZ7", "account_sid": "AC7"}
    call = BotCall(call_id="c", tenant="default", ids=ids)
    start = json.loads((await line(call)).opening()[1])["start"]
    assert (start["callSid"], start["streamSid"], start["accountSid"]) == ("CA7", "MZ7", "AC7")


@pytest.mark.anyio
async def test_sound_is_numbered_and_timed_by_what_was_sent() -> None:
    made = await line()
    made.opening()
    sent = [json.loads(made.sound(b"\xff" * size)) for size in (160, 320, 160)]
    assert [one["media"]["chunk"] for one in sent] == ["1", "2", "3"]
    assert [one["media"]["timestamp"] for one in sent] == ["0", "20", "60"]
    assert [one["sequenceNumber"] for one in sent] == ["2", "3", "4"]
    assert base64.b64decode(sent[1]["media"]["payload"]) == b"\xff" * 320


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("message", "fact"),
    [
        ({"event": "media", "media": {"payload": "AQI="}}, BotSpeaks(b"\x01\x02")),
        ({"event": "mark", "mark": {"name": "m"}}, BotMarks("m")),
        ({"event": "clear"}, BotClears()),
    ],
)
async def test_what_a_bot_says(message: dict[str, Any], fact: Any) -> None:
    assert (await line()).read(json.dumps(message)) == (fact,)


def test_the_handshake_is_signed_as_the_carriers_own_validator_expects() -> None:
    url = "wss://bot.example.com/media"
    assert RequestValidator("token").validate(url, {}, signed(url, "token"))


@pytest.mark.anyio
@pytest.mark.real_loop
async def test_a_call_over_a_real_socket() -> None:
    bot = MediaBot(says=b"\x07" * 320, endpoint=0.04)
    async with Server(bot) as server:
        url = f"{server.ws}/media"
        made = await MediaStreamBots(url, "token").dial(CALL)
        for message in made.opening():
            await made.send(message)
        for payload in (b"\x10" * 160, b"\xff" * 320):
            await made.send(made.sound(payload))
        await made.send(made.key("5"))
        facts: list[Any] = []
        async with asyncio.timeout(5.0):
            while len(facts) < 3:
                frame = await made.receive()
                assert frame is not None
                facts += made.read(frame)
        assert facts == [BotSpeaks(b"\x07" * 160), BotSpeaks(b"\x07" * 160), BotMarks("answer-1")]
        await made.send(made.mark("answer-1"))
        for message in made.closing():
            await made.send(message)
        async with asyncio.timeout(5.0):
            assert await made.receive() is None
        await made.close()
        (call,) = bot.calls
        assert call.headers["x-twilio-signature"] == signed(url, "token")
        assert (call.marks, call.keys, call.events[-1]) == (["answer-1"], "5", "stop")
        with pytest.raises(OSError, match="closed"):
            await made.send("more")


@pytest.mark.anyio
@pytest.mark.real_loop
@pytest.mark.parametrize(("code", "died"), [(1000, False), (1001, True), (1011, True), (0, True)])
async def test_how_a_call_ends_is_told_from_how_a_bot_dies(code: int, died: bool) -> None:
    async def talk(socket: ServerConnection) -> None:
        if code:
            await socket.close(code)
        else:
            socket.transport.abort()

    async with serve(talk, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        made = await MediaStreamBots(f"ws://127.0.0.1:{port}").dial(CALL)
        if died:
            with pytest.raises(BotDied):
                await made.receive()
        else:
            assert await made.receive() is None


@pytest.mark.anyio
@pytest.mark.real_loop
@pytest.mark.parametrize("url", ["ws://127.0.0.1:1/media", "http://127.0.0.1:1", "ws://"])
async def test_a_bot_that_cannot_be_reached(url: str) -> None:
    with pytest.raises(BotFailed):
        await MediaStreamBots(url).dial(CALL)
