"""The carrier emulator against the facts of Twilio's documentation."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest

from tests.providers.twilio import (
    BINARY,
    PROTOCOL_ERROR,
    STREAM,
    TOO_MUCH,
    StreamBuffer,
    TwilioCall,
)

pytestmark = pytest.mark.anyio


def second(byte: int = 1) -> bytes:
    return bytes([byte]) * 8000


class TestTheBuffer:
    def test_sound_is_heard_in_real_time_however_fast_it_came(self) -> None:
        buffer = StreamBuffer()
        for byte in (1, 2, 3):
            buffer.media(second(byte), 10.0)
        assert buffer.heard(10.5) == second(1)[:4000]
        assert buffer.heard(12.25) == second(1) + second(2) + second(3)[:2000]
        assert buffer.heard(99.0) == second(1) + second(2) + second(3)

    def test_a_mark_comes_back_when_what_was_before_it_was_played(self) -> None:
        buffer = StreamBuffer()
        buffer.media(second(), 0.0)
        buffer.mark("one", 0.0)
        buffer.media(second(), 0.0)
        buffer.mark("two", 0.0)
        assert buffer.due(0.99) == []
        assert buffer.due(1.0) == ["one"]
        assert buffer.due(5.0) == ["two"]

    def test_at_once_where_nothing_is_queued(self) -> None:
        buffer = StreamBuffer()
        buffer.mark("idle", 3.0)
        assert buffer.due(3.0) == ["idle"]

    def test_clear_drops_what_was_not_heard_and_returns_every_mark(self) -> None:
        buffer = StreamBuffer()
        buffer.media(second(), 0.0)
        buffer.mark("one", 0.0)
        buffer.media(second(), 0.0)
        buffer.mark("two", 0.0)
        assert buffer.clear(0.25) == ["one", "two"]
        assert buffer.heard(9.0) == second()[:2000]
        buffer.media(second(7), 0.3)
        assert buffer.heard(9.0) == second()[:2000] + second(7)

    def test_more_than_ten_minutes_are_discarded_with_one_warning(self) -> None:
        buffer = StreamBuffer()
        for _ in range(700):
            buffer.media(second(), 0.0)
        assert 600 <= buffer.head <= 601
        assert buffer.warnings == [TOO_MUCH]


async def sent(frame: str) -> None:
    """To nobody."""


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ("{", PROTOCOL_ERROR),
        ("[]", PROTOCOL_ERROR),
        (json.dumps({"event": "hello", "streamSid": STREAM}), PROTOCOL_ERROR),
        (json.dumps({"event": "clear", "streamSid": "MZother"}), PROTOCOL_ERROR),
        (json.dumps({"event": "media", "streamSid": STREAM, "media": {"payload": "*"}}), 31924),
        (b"\0\0", BINARY),
    ],
)
async def test_anything_else_is_an_error(frame: str | bytes, error: int) -> None:
    call = TwilioCall(sent)
    call.receive(frame)
    assert call.errors == [error]


async def test_a_stream_begins_and_ends_as_documented() -> None:
    out: list[dict[str, object]] = []

    async def note(frame: str) -> None:
        out.append(json.loads(frame))

    call = TwilioCall(note, parameters={"tenant": "acme"})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(call.run())
        call.open()
        await call.speak(second()[:400])
        payload = base64.b64encode(second()).decode()
        media = {"event": "media", "streamSid": STREAM, "media": {"payload": payload}}
        call.receive(json.dumps(media))
        call.receive(json.dumps({"event": "mark", "streamSid": STREAM, "mark": {"name": "m"}}))
        await asyncio.sleep(1.5)
        call.press("5")
        call.stop()
    assert [one["event"] for one in out] == [
        *("connected", "start", "media", "media", "media", "mark", "dtmf", "stop")
    ]
    assert [one.get("sequenceNumber") for one in out[1:4]] == ["1", "2", "3"]
    assert out[2]["media"] == {
        "track": "inbound",
        "chunk": "1",
        "timestamp": "0",
        "payload": base64.b64encode(second()[:160]).decode(),
    }
