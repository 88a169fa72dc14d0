"""Text that is not UTF-8 is a malformed message like any other, over real sockets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.transports import door
from tests.support.serving import serving

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

BAD = [b"\xff", b'{"type":"final","text":"\xc3"}', b'{"type":"end"}\xed\xa0\x80', b"\xf0\x9f\x98"]


@pytest.mark.parametrize("bad", BAD)
async def test_text_that_is_no_utf8_is_told_and_a_good_one_forgives(bad: bytes) -> None:
    async with serving() as gateway, gateway.dial() as call:
        for _ in range(2):
            for _ in range(2):
                await call.connection.send(bad, text=True)
            await call.send(type="mark", name="x")
        await call.send(type="final", text="when do you open")
        await call.until("decision")
        told = call.of("error")
        assert [one["code"] for one in told] == ["malformed"] * 4
        assert {one["message"] for one in told} == {"not valid JSON in UTF-8"}


@pytest.mark.parametrize("started", [False, True])
async def test_three_in_a_row_close_the_call_and_the_log_stays_clean(
    started: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as gateway, gateway.connect() as call:
        if started:
            await call.send(type="start", stt="client")
            await call.until("started")
        for bad in BAD[:3]:
            await call.connection.send(bad, text=True)
        assert await call.closed() == door.MALFORMED
        assert [one["code"] for one in call.of("error")] == ["malformed"] * 3
        await gateway.quiet()
    assert "Traceback" not in caplog.text
    assert not [one for one in caplog.records if one.exc_info]


async def test_a_character_may_be_cut_between_two_frames() -> None:
    whole = json.dumps({"type": "final", "text": "é 😀"}, ensure_ascii=False).encode()
    async with serving() as gateway, gateway.dial() as call:
        for at in range(len(whole) - 10, len(whole)):
            await call.connection.send([whole[:at], whole[at:]], text=True)
            await call.until("decision")
        assert call.of("error") == []


async def test_a_message_in_frames_may_be_bad_as_a_whole() -> None:
    async with serving() as gateway, gateway.dial() as call:
        parts: list[Any] = [b'{"type":"final","text":"', b"\xe2\x82", b'"}']
        await call.connection.send(parts, text=True)
        assert (await call.until("error"))["code"] == "malformed"
        await call.connection.send(b"\xff" * 100)  # sound is never taken for text
        assert (await call.until("error"))["code"] == "unexpected"
