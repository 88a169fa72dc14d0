"""The emulator of Vonage's WebSocket against the facts of its documentation."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.providers.vonage import VonageCall

pytestmark = pytest.mark.anyio


async def test_queued_played_notified_and_cleared() -> None:
    out: list[object] = []

    async def note(frame: str | bytes) -> None:
        out.append(frame if isinstance(frame, bytes) else json.loads(frame))

    call = VonageCall(note, rate=8000, headers={"tenant": "acme"})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(call.run())
        call.open()
        await call.speak(b"\1" * 330)
        for number in range(50):
            call.receive(bytes([number]) * 320)
        call.receive(json.dumps({"action": "notify", "payload": {"id": "one"}}))
        await asyncio.sleep(0.99)
        assert call.returned == []
        await asyncio.sleep(0.02)
        assert call.returned == ["one"]
        for number in range(50):
            call.receive(bytes([number]) * 320)
        call.receive(json.dumps({"action": "notify", "payload": {"id": "two"}}))
        await asyncio.sleep(0.1)
        call.receive('{"action": "clear"}')
        call.press("#")
        await asyncio.sleep(2.0)
        call.end()
    assert call.returned == ["one"]
    assert call.glitches == 0
    assert out == [
        {"event": "websocket:connected", "content-type": "audio/l16;rate=8000", "tenant": "acme"},
        b"\1" * 320,
        b"\1" * 10 + b"\0" * 310,
        {"event": "websocket:notify", "payload": {"id": "one"}},
        {"event": "websocket:cleared"},
        {"event": "websocket:dtmf", "digit": "#", "duration": 260},
    ]


async def test_beyond_3072_messages_sound_is_lost() -> None:
    async def note(frame: str | bytes) -> None:
        """Nobody listens."""

    call = VonageCall(note)
    for _ in range(3200):
        call.receive(b"\0" * 640)
    call.receive(b"\0" * 641)
    assert call.lost == 3201 - 3072
    assert call.glitches == 1
