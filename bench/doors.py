"""``doors``: how soon a cached answer is on the wire, through each door, beside each other.

One call at a time through each door in turn, against one server. A turn is a key that stands for
an entry (``[dtmf]``), so that every door is asked for the same thing at a known instant, with no
recogniser and no matching in it: what is left is what a door adds. Counted from the intended
instant of the key to the first message that holds sound.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop
from websockets.asyncio.client import connect

from bench.caller import quantiles, sleep_until
from bench.seeded import bank, environment
from bench.server import ServerProcess
from gateway.settings.whole import Settings

STREAM, CALL = "MZ" + "1" * 32, "CA" + "2" * 32
KEYS = {"1": "opening-hours", "2": "cash-deposit"}
PAUSE = 0.6
"""Seconds between two keys: the second one cuts the first one's answer short."""


def native_key(digit: str) -> dict[str, Any]:
    """The native message of a key."""
    return {"type": "dtmf", "digit": digit}


def twilio_key(digit: str) -> dict[str, Any]:
    """Twilio's message of a key."""
    return {"event": "dtmf", "streamSid": STREAM, "dtmf": {"digit": digit}}


def vonage_key(digit: str) -> dict[str, Any]:
    """Vonage's message of a key."""
    return {"event": "websocket:dtmf", "digit": digit, "duration": 100}


MULAW = {"encoding": "mulaw", "sample_rate": 8000}
DOORS: dict[str, tuple[str, dict[str, Any], Callable[[str], dict[str, Any]]]] = {
    "native": ("/v1/call", {"type": "start", "stt": "client", "audio": MULAW}, native_key),
    "twilio": (
        "/twilio/media",
        {"event": "start", "streamSid": STREAM, "start": {"streamSid": STREAM, "callSid": CALL}},
        twilio_key,
    ),
    "vonage": (
        "/vonage/media",
        {"event": "websocket:connected", "content-type": "audio/l16;rate=16000"},
        vonage_key,
    ),
}


def run(settings: Settings, turns: int = 200) -> dict[str, Any]:
    """Measure each door."""
    folder = Path(tempfile.gettempdir()) / "frontline-bench"
    bank(settings, folder)
    keys = {f"FRONTLINE_DTMF__{key}": f"entry:{entry}" for key, entry in KEYS.items()}
    figures: dict[str, float] = {}
    with ServerProcess(environment(settings, folder, **keys)) as server:
        for name in DOORS:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                took = runner.run(call(server.address, name, turns))
            middle, _, late = quantiles(took)
            figures[f"{name}_hit_p50_ms"] = round(middle * 1000, 2)
            figures[f"{name}_hit_p99_ms"] = round(late * 1000, 2)
    return {
        "bench": "doors",
        "parameters": {"turns": turns},
        "figures": figures,
        "goals": {f"{name}_hit_p99_ms": "<= 20" for name in DOORS},
    }


async def call(address: str, name: str, turns: int) -> list[float]:
    """One call through a door; seconds from each key to its first sound."""
    path, start, key = DOORS[name]
    took: list[float] = []
    async with connect(f"ws://{address}{path}", compression=None, max_size=None) as socket:
        await socket.send(json.dumps(start))
        await asyncio.sleep(1.0)
        for number in range(turns + 2):
            at = time.perf_counter() + 0.05
            await sleep_until(at)
            await socket.send(json.dumps(key("12"[number % 2])))
            async with asyncio.timeout(10.0):
                while number and not clears(await socket.recv()):
                    pass  # what was still to come of the answer before
                while not sounds(await socket.recv()):
                    pass
            took.append(time.perf_counter() - at)
            await asyncio.sleep(PAUSE)
    return took[2:]  # the first of each key reads its clip from the disk


def sounds(frame: str | bytes) -> bool:
    """Return whether the message holds sound."""
    return isinstance(frame, bytes) or '"event":"media"' in frame


def clears(frame: str | bytes) -> bool:
    """Return whether the message drops the sound of the turn before."""
    return isinstance(frame, str) and "clear" in frame[:32]
