"""Callers made of pipecat-ai, at the doors of Twilio and of Vonage."""

from __future__ import annotations

import asyncio
import base64
import json
import urllib.request
from dataclasses import dataclass
from typing import Any

import pytest

from bench.phone import stream_of
from bench.server import ADMIN_TOKEN, ServerProcess
from gateway.audio import mulaw_to_pcm
from tests.clients.environment import interpreter, run
from tests.clients.talk import Talk
from tests.providers.twilio import ACCOUNT, CALL, STREAM
from tests.support.house_server import FORMATS, House, house

__all__ = ["house"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BEFORE, ANSWER, INTO, AFTER = 1.0, 3.2, 1.5, 1.6
TALK = Talk.of(
    *(BEFORE, "when do you open", ANSWER),
    *("key 1", INTO, "wait", AFTER),
    *("can you recommend a good bakery", 7.0),
)
"""A hit; a key for a long answer, and a word into it; a miss, which hands the call off."""


def over_twilio(address: str) -> dict[str, Any]:
    """What ``pipecat_caller.py`` is told."""
    url, told = stream_of(f"http://{address}", "")
    form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    ids = {"streamSid": STREAM, "accountSid": ACCOUNT, "callSid": CALL}
    start = {**ids, "tracks": ["inbound"], "customParameters": told, "mediaFormat": form}
    key = {"event": "dtmf", "streamSid": STREAM, "dtmf": {"track": "inbound_track", "digit": ""}}
    return {
        "carrier": "twilio",
        "url": url,
        "rate": 8000,
        "opening": [
            {"event": "connected", "protocol": "Call", "version": "1.0.0"},
            {"event": "start", "sequenceNumber": "1", "streamSid": STREAM, "start": start},
        ],
        "steps": TALK.steps(8000, key, ("dtmf", "digit")),
        "closing": [{"event": "stop", "streamSid": STREAM, "stop": ids}],
    }


def over_vonage(address: str) -> dict[str, Any]:
    """The same over Vonage's answer webhook."""
    query = "uuid=1&conversation_uuid=CON-1&from=15550000001&to=1555"
    with urllib.request.urlopen(f"http://{address}/vonage/answer?{query}") as answer:
        [action] = [one for one in json.load(answer) if one["action"] == "connect"]
    [end] = action["endpoint"]
    opening = {"event": "websocket:connected", "content-type": end["content-type"]}
    key = {"event": "websocket:dtmf", "digit": "", "duration": 100}
    return {
        "carrier": "vonage",
        "url": end["uri"],
        "headers": {},
        "rate": 16_000,
        "opening": [{**opening, **end.get("headers", {})}],
        "steps": TALK.steps(16_000, key, ("digit",)),
        "closing": [],
    }


@dataclass
class Called:
    """What a caller heard, and what the gateway recorded."""

    rate: int
    heard: list[tuple[float, str, int]]
    pcm: bytes
    left: bool
    turns: list[dict[str, Any]]

    def between(self, begin: float, end: float = 99.0) -> bytes:
        """The sound that came from one second to another of the call."""
        sound, at = b"", 0
        for second, _, size in self.heard:
            if begin <= second < end:
                sound += self.pcm[at : at + size]
            at += size
        return sound

    @property
    def clears(self) -> list[float]:
        """When something was cleared."""
        return [second for second, kind, _ in self.heard if kind == "clear"]


@pytest.fixture(scope="module")
def calls(house: House, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Called]:
    """A call over each door, both at once: they take 15 s."""
    interpreter()
    copy = house.copy(tmp_path_factory.mktemp("callers") / "store")
    person = {"FRONTLINE_TRANSFERS__DEFAULT": "+15550001111"}
    settings = {**copy.environment, **person, "FRONTLINE_DTMF__1": "entry:send_money"}
    with ServerProcess(settings, [TALK.words, TALK.words], lag_ms=100) as server:
        told = {"twilio": over_twilio(server.address), "vonage": over_vonage(server.address)}

        async def both() -> list[Any]:
            return await asyncio.gather(*(run("pipecat_caller.py", one) for one in told.values()))

        answers = dict(zip(told, asyncio.run(both()), strict=True))
        turns = recorded(server.address)
    first, second = dict.fromkeys(one["call_id"] for one in turns)
    assert first != second
    return {
        name: Called(
            told[name]["rate"],
            answer["heard"],
            base64.b64decode(answer["pcm"]),
            answer["left"],
            turns,
        )
        for name, answer in answers.items()
    }


def recorded(address: str) -> list[dict[str, Any]]:
    """Turns of all calls, the oldest first."""
    token = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    asked = urllib.request.Request(f"http://{address}/admin/v1/turns", headers=token)
    with urllib.request.urlopen(asked) as answer:
        turns: list[dict[str, Any]] = json.load(answer)["turns"]
    return turns[::-1]


def clip(house: House, key: str, door: str) -> bytes:
    """What a caller decodes of a clip."""
    if door == "twilio":
        return mulaw_to_pcm(house.said(key, FORMATS["mulaw_8000"]))
    return house.said(key, FORMATS["pcm_s16le_16000"])


def plain(sound: bytes) -> bytes:
    """Without the silence that fills the last frame."""
    return sound.rstrip(b"\0")


DOORS = pytest.mark.parametrize("door", ["twilio", "vonage"])


@DOORS
def test_a_cached_answer_is_heard_to_the_last_sample(
    calls: dict[str, Called], house: House, door: str
) -> None:
    heard = calls[door].between(0.0, TALK.pressed("1") - 1.0)
    assert plain(heard) == plain(clip(house, "entry:hours", door))
    first = calls[door].heard[0][0]
    assert BEFORE < first < TALK.pressed("1") - 1.0


@DOORS
def test_a_key_is_answered_and_a_word_into_it_clears_what_is_left(
    calls: dict[str, Called], house: House, door: str
) -> None:
    call = calls[door]
    [cleared] = call.clears
    heard = call.between(TALK.pressed("1") - 1.0, cleared)
    assert heard and clip(house, "entry:send_money", door).startswith(plain(heard))
    assert cleared > TALK.pressed("1") + INTO
    assert call.between(cleared, cleared + AFTER) == b"", "nothing comes late"


@DOORS
def test_a_miss_is_handed_off_and_the_call_ends(
    calls: dict[str, Called], house: House, door: str
) -> None:
    """Vonage's is let go, to be connected with a person; Twilio's caller hangs up."""
    call = calls[door]
    [cleared] = call.clears
    heard = call.between(cleared + AFTER)
    assert plain(heard) == plain(clip(house, "line:handoff", door))
    assert call.left


def test_both_doors_have_the_same_turns(calls: dict[str, Called]) -> None:
    turns = calls["twilio"].turns
    by_call: dict[str, list[tuple[str, str, bool]]] = {one["call_id"]: [] for one in turns}
    for one in turns:
        by_call[one["call_id"]].append((one["path"], one["entry"], one["interrupted"]))
    whole = [
        ("cache", "hours", False),
        ("cache", "send_money", True),
        ("none", "", False),
        ("handoff", "", False),
    ]
    assert list(by_call.values()) == [whole, whole]
