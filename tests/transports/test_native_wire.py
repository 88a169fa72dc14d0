"""The native call's wire, to the byte and the instant: whole calls against a recording.

``python -m tests.transports.test_native_wire`` records anew, after a change that was meant.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.core.policy import Policy
from gateway.errors import ProviderFailed
from gateway.ports.speech_in import Heard, Presence, VoiceChange
from gateway.transports import native
from gateway.transports.door import Door
from tests.support.fakes import FakeDetector, FakeTranscription, threads_in_virtual_time
from tests.support.house import PCM16K, House, catalogue, open_house, tone
from tests.support.socketless import Socketless
from tests.support.virtual import VirtualLoop

RECORDING = Path(__file__).with_name("native_wire.json")
DOOR = Door(call_token="", allowed_origins=(), max_calls=2, default_tenant="default")

pytestmark = pytest.mark.anyio


async def own_text(client: Socketless, house: House) -> None:
    """A client that brings its own text, with mistakes of every kind."""
    client.say(b"\0\0")
    client.tell(type="hello")
    client.tell(type="hello")
    client.tell(type="start", stt="client", locale="en-GB", caller={"name": "x"})
    await asyncio.sleep(0.1)
    client.tell(type="partial", text="when do you", revision=1)
    client.tell(type="final", text="When do you open?", confidence=0.9)
    await asyncio.sleep(0.7)
    client.tell(type="mark", name="g2:280")
    client.tell(type="partial", text="no the holidays")
    await asyncio.sleep(0.1)
    client.tell(type="final", text="when are holidays")
    await asyncio.sleep(3.0)
    for text in ("tell me the times", "stop", "my balance", "nobody knows this", "repeat that"):
        client.tell(type="final", text=text)
        await asyncio.sleep(4.0)
    client.tell(type="final", text="tell me the times")
    await asyncio.sleep(0.5)
    client.tell(type="dtmf", digit="2")
    await asyncio.sleep(2.0)
    client.say(tone(PCM16K, 20))
    client.say("{")
    client.tell(type="start")
    client.tell(type="later")
    client.tell(type="final", text="goodbye")
    await asyncio.sleep(5.0)


async def our_text(client: Socketless, house: House) -> None:
    """Our recogniser, which comes and goes; three malformed messages end it."""
    client.tell(type="start", audio={"encoding": "mulaw", "sample_rate": 8000})
    await asyncio.sleep(0.1)
    [transcription] = house.transcriber.opened
    assert isinstance(transcription, FakeTranscription)
    for number in range(60):
        client.say(b"\x10" * 160)
        await asyncio.sleep(0.02)
        if number == 20:
            transcription.say(Heard("when do you open", final=False))
    transcription.say(Heard("when do you open", final=True))
    await asyncio.sleep(3.0)
    transcription.say(Presence(there=False))
    await asyncio.sleep(1.0)
    transcription.say(ProviderFailed("gone"))
    await asyncio.sleep(1.0)
    for frame in ("[]", "nonsense", '{"type": 7}'):
        client.say(frame)
    await asyncio.sleep(1.0)


async def refused(client: Socketless, house: House) -> None:
    """A tenant that is none."""
    client.tell(type="start", tenant="nobody")
    await asyncio.sleep(1.0)


CALLS: dict[str, Callable[[Socketless, House], Awaitable[None]]] = {
    "own text": own_text,
    "our text": our_text,
    "refused": refused,
}


def written(client: Socketless) -> list[Any]:
    """What was written, as text; sound by its length and hash."""
    lines: list[Any] = []
    for at, message in client.sent:
        if isinstance(message, bytes):
            shown = f"{len(message)} bytes {hashlib.sha256(message).hexdigest()[:12]}"
        else:
            shown = re.sub(r'"call_id": "\w{32}"', '"call_id": "ID"', message)
        lines.append([round(at, 6), shown])
    return [*lines, ["closed", client.close_code, client.close_reason]]


async def replayed(name: str) -> list[Any]:
    house = open_house(policy=Policy(no_input=60.0))
    house.services.detector = lambda: FakeDetector(
        VoiceChange(True, 100, 200), VoiceChange(False, 600, 700)
    )
    house.publish(catalogue(greeting=300))
    client = Socketless("/v1/call")
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(native.answer(client.socket, house.services, DOOR))
        await CALLS[name](client, house)
        client.leave()
        await call
    await house.services.background.close()
    return written(client)


@pytest.mark.parametrize("name", CALLS)
async def test_the_wire_is_as_recorded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with threads_in_virtual_time(monkeypatch):
        assert await replayed(name) == json.loads(RECORDING.read_text())[name]


def record() -> None:
    with pytest.MonkeyPatch.context() as patch, threads_in_virtual_time(patch):
        made = {}
        for name in CALLS:
            with asyncio.Runner(loop_factory=VirtualLoop) as runner:
                made[name] = runner.run(replayed(name))
    RECORDING.write_text(json.dumps(made, indent=0) + "\n")


if __name__ == "__main__":
    record()
