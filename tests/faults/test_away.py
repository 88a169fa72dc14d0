"""A recogniser that is not there when the caller has spoken, in virtual time and with the settings
as they are shipped: what the caller hears, and how soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.admin.metrics.metrics import Metrics
from gateway.core.events import VoiceStarted, VoiceStopped
from gateway.core.turn.ending import GOES_ON, PAUSE
from gateway.ports.speech_in import Heard, Presence
from gateway.settings.whole import Settings
from gateway.shell.sound.playout import Pacing
from gateway.wiring.factories import policy_of
from tests.faults.centre import CACHED, Caller, with_fillers
from tests.faults.rows import Hears, Row, counter, identity
from tests.support.fakes import FakeTranscription, threads_in_virtual_time
from tests.support.house import PCM16K, Dialled, House, open_house

pytestmark = pytest.mark.anyio

POLICY = policy_of(Settings())
SPOKE = 1.0
"""Seconds that the caller speaks."""
PROMISED = 3.0
"""Seconds after the end of their speech to recorded sound, whatever the recogniser does."""
GAP = POLICY.filler_again + 0.01
"""Seconds of silence between two things that are said meanwhile, and the loop's own."""
AWAY, BACK = Presence(there=False), Presence(there=True)
KNOWN = Heard("when do you", final=False)
FINAL = Heard(CACHED, final=True, confidence=0.9)


def turns(path: str) -> tuple[str, ...]:
    return (f'frontline_turns_total{{path="{path}"}}',)


ROWS = (
    Row(
        fault="away when the caller has spoken, and back after 2 s",
        hears=Hears.WAITED_FOR,
        counted=turns("cache"),
        setting={"says": [(0.5, AWAY), (2.5, BACK), (2.8, FINAL)], "within": 3.4 - SPOKE},
    ),
    Row(
        fault="away as soon as the caller has spoken, and back after 5 s",
        hears=Hears.WAITED_FOR,
        counted=turns("cache"),
        setting={"says": [(1.2, AWAY), (6.2, BACK), (6.5, FINAL)], "within": 7.1 - SPOKE},
    ),
    Row(
        fault="away when some of the words are known, and stays away",
        hears=Hears.COVERED_LEAVES,
        counted=turns("handoff"),
        setting={"says": [(0.4, KNOWN), (0.6, AWAY)], "within": POLICY.stt_absence},
    ),
    Row(
        fault="away before a word is known, and stays away",
        hears=Hears.COVERED_LEAVES,
        setting={"says": [(0.5, AWAY)], "within": 0.5 + POLICY.stt_absence - SPOKE + GAP},
    ),
    Row(
        fault="coming and going all the time",
        hears=Hears.COVERED_LEAVES,
        setting={
            "says": [(0.5 + n / 4, BACK if n % 2 else AWAY) for n in range(80)],
            "within": 2 * POLICY.stt_absence,  # it is there half of the time
        },
    ),
    Row(
        fault="there, and silent",
        hears=Hears.COVERED_ASKED,
        counted=turns("clarify"),
        setting={"says": [], "within": 6.5},
    ),
)


@pytest.fixture(autouse=True)
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Threads that take no real time."""
    with threads_in_virtual_time(monkeypatch) as told:
        yield told


@dataclass
class Stage:
    """The call, and what counts it."""

    house: House
    call: Dialled
    caller: Caller
    ear: FakeTranscription
    stopped: float
    """When the caller fell silent."""


@asynccontextmanager
async def spoken(says: list[tuple[float, Any]]) -> AsyncIterator[Stage]:
    """A caller who has spoken for ``SPOKE`` seconds; ``says``: what the recogniser does when, in
    seconds from the beginning of that."""
    house = open_house(policy=POLICY, pacing=Pacing())
    one = with_fillers()
    serving = house.publish(one)
    await house.services.clips.get(serving.names(tuple(one.clips), PCM16K), PCM16K)
    loop = asyncio.get_running_loop()
    async with house.call(stt=True, wire=(caller := Caller())) as call:
        caller.played = call.runner.playout.echoed
        assert call.transcription is not None
        await asyncio.sleep(0.5)
        began = loop.time()
        for at, heard in says:
            loop.call_at(began + at, call.transcription.say, heard)
        call.runner.receive(VoiceStarted(at=began))
        await asyncio.sleep(SPOKE)
        call.runner.receive(VoiceStopped(at=loop.time()))
        yield Stage(house, call, caller, call.transcription, began + SPOKE)


EXPECTED = {
    Hears.WAITED_FOR: "<entry:hours 1>",
    Hears.COVERED_ASKED: "<line:not_understood 1>",
    Hears.COVERED_LEAVES: "<line:handoff 1>",
}


@pytest.mark.parametrize("row", ROWS, ids=identity)
async def test_what_the_caller_hears_and_how_soon(row: Row) -> None:
    async with spoken(row.setting["says"]) as of:
        await asyncio.sleep(20.0)
    starts = of.caller.told("audio.start")
    texts = [one["text"] for one in starts]
    assert texts[0] == "<filler:1>"
    assert starts[0]["at"] - of.stopped <= PROMISED
    answers = [one for one in starts if one["source"] != "filler"]
    assert answers[0]["text"] == EXPECTED[row.hears] or row.counted == turns("handoff")
    assert answers[-1]["text"] == EXPECTED[row.hears]
    assert answers[-1]["at"] - of.stopped <= row.setting["within"]
    of.caller.one_voice()
    assert silences(of, until=answers[0]["at"]) <= PROMISED
    leaves = row.hears is Hears.COVERED_LEAVES
    assert of.call.reasons == (["the recogniser failed"] if leaves else [])
    assert [one["code"] for one in of.caller.told("error")] == ["stt_failed"] * leaves
    assert of.ear.closed == 1 + leaves, "and is closed again when the call ends"
    metrics = Metrics()
    for record in of.house.observer.turns:
        metrics.turn_closed(record)
    value = counter(metrics.registry)
    assert {one for one in row.counted if not value(one)} == set()


def silences(of: Stage, until: float) -> float:
    """The longest, in seconds, from the end of the caller's speech to then."""
    at = [of.stopped, *(one for one in of.caller.audio() if of.stopped < one <= until)]
    return max(b - a for a, b in pairwise(at))


async def test_where_it_is_known_to_be_away_the_filler_comes_as_an_agents_does() -> None:
    """After the silence that ends a turn, of words at which callers seldom leave it."""
    async with spoken([(0.5, AWAY)]) as of:
        await asyncio.sleep(2.0)
    first = of.caller.told("audio.start")[0]
    silence = POLICY.silence_complete + PAUSE * GOES_ON + POLICY.filler_after
    assert first["at"] - of.stopped == pytest.approx(silence, abs=0.001)


async def test_the_next_turn_is_as_good_as_ever() -> None:
    async with spoken([(0.5, AWAY), (3.0, BACK), (3.3, FINAL)]) as of:
        await asyncio.sleep(10.0)
        loop = asyncio.get_running_loop()
        before = len(of.caller.told("audio.start"))
        of.call.runner.receive(VoiceStarted(at=loop.time()))
        await asyncio.sleep(0.5)
        of.call.runner.receive(VoiceStopped(at=loop.time()))
        of.ear.say(FINAL)
        await asyncio.sleep(2.0)
        assert [one["text"] for one in of.caller.told("audio.start")[before:]] == [
            "<entry:hours 1>"
        ]
