"""What callers hear when a recogniser fails: Deepgram's own client against a local Deepgram, Nova
and Flux, and a whole call around it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateway.adapters.stt import deepgram_link
from gateway.adapters.stt.deepgram import DeepgramTranscriber
from gateway.adapters.stt.deepgram_flux import FluxTranscriber
from gateway.adapters.stt.deepgram_link import DeepgramTranscription
from gateway.adapters.stt.tape import RATE
from gateway.admin.metrics.metrics import Metrics
from gateway.core.events import VoiceStarted, VoiceStopped
from gateway.core.policy import Policy
from gateway.shell.sound import reopening
from gateway.shell.sound.playout import Pacing
from gateway.shell.sound.reopening import ReopeningTranscriber, ReopeningTranscription
from tests.faults.centre import Caller, dial, eventually, with_fillers
from tests.faults.rows import Hears, Row, counter, identity
from tests.providers.behaviour import Behaviour
from tests.providers.deepgram import Deepgram
from tests.providers.hearing import Script
from tests.providers.server import Server
from tests.providers.wire import Request
from tests.support.house import Dialled, House, open_house

pytestmark = [pytest.mark.anyio, pytest.mark.real_loop]

SCRIPT = Script.of("when do you open")  # from 0.3 to 1.5 s
SPOKEN_S = 1.9
FRAME = bytes(640)
KNOWN = {DeepgramTranscriber: 6, FluxTranscriber: 8}
"""Messages until all of it is heard, and not settled."""
RECONNECTED = ("frontline_stt_reconnects_total",)
LONG, SHORT = 20.0, 0.1
"""Seconds that no test waits for, and that all can."""


def lost(**behaviour: Any) -> dict[str, Any]:
    setting = {"behaviours": [Behaviour(**behaviour)]}
    return {"hears": Hears.UNNOTICED, "counted": RECONNECTED, "setting": setting}


UNREADABLE = Behaviour(close_at=4, close_code=1008, close_reason="DATA-0000")
"""The same sound would be refused again on the same stream."""

ROWS = (
    Row(fault="reset before the first word", **lost(reset_at=1)),
    Row(fault="reset in mid-utterance", **lost(reset_at=4)),
    Row(
        fault="closed in mid-utterance",
        **lost(close_at=4, close_code=1011, close_reason="NET-0000"),
    ),
    Row(fault="gone without a close frame", **lost(close_at=4)),
    Row(fault="broken framing", **lost(garbage_at=4)),
    Row(
        fault="unreachable for a moment in mid-utterance",
        hears=Hears.UNNOTICED,
        counted=RECONNECTED,
        setting={"refuse": True},
    ),
    Row(
        fault="silence in mid-utterance",
        hears=Hears.UNNOTICED,
        counted=RECONNECTED,
        setting={
            "behaviours": [Behaviour(silent_at=2)],
            "STUCK_S": 0.2,
            "KEEP_ALIVE_S": 0.02,
            "spoken": 4.0,
        },
    ),
    Row(
        fault="messages that make no sense",
        hears=Hears.UNNOTICED,
        setting={"behaviours": [Behaviour(insert={0: b"[]", 3: b"\xff\x00", 4: b'{"type": 5}'})]},
    ),
    Row(
        fault="no final text",
        hears=Hears.WHAT_IS_KNOWN,
        setting={"known": True, "FINAL_S": SHORT},
    ),
    Row(
        fault="not a word of it, while the caller speaks",
        hears=Hears.ASKED,
        setting={"behaviour": Behaviour(silent_at="body"), "FINAL_S": SHORT, "budget": SHORT},
    ),
    Row(
        fault="given up in mid-utterance: a new stream is opened",
        hears=Hears.UNNOTICED,
        setting={"behaviours": [UNREADABLE]},
    ),
    Row(
        fault="unreachable when the caller has spoken, and back in time",
        hears=Hears.WAITED_FOR,
        counted=RECONNECTED,
        setting={"refuse": True, "waits": True, "TRIES": 1_000_000},
    ),
    Row(
        fault="unreachable in mid-utterance, and not back in time",
        hears=Hears.COVERED_LEAVES,
        setting={"refuse": True, "waits": True, "TRIES": 1_000_000, "absence": 0.5},
    ),
    Row(
        fault="given up, and the key is refused from then on",
        hears=Hears.LEAVES,
        setting={"behaviours": [UNREADABLE], "behaviour": Behaviour(status=401)},
    ),
)


@dataclass
class Stage:
    """The vendor, what hears the call, and the call."""

    server: Server
    ears: ReopeningTranscription
    house: House
    call: Dialled
    caller: Caller
    metrics: Metrics

    def heard(self) -> str:
        """What the caller is known to have said so far."""
        told = self.caller.told("transcript")
        return str(told[-1]["text"]) if told else ""


@contextlib.asynccontextmanager
async def stage(kind: type[DeepgramTranscriber], **given: Any) -> AsyncIterator[Stage]:
    streams: list[DeepgramTranscription] = []

    def rest(request: Request) -> Script:
        """What is said after the sound that the connection is not sent."""
        at = max(streams[-1]._settled, streams[-1]._tape.begin) / RATE
        words = [word for word in SCRIPT.words if word.end > at]
        return Script(tuple(replace(w, start=w.start - at, end=w.end - at) for w in words))

    metrics, wait = Metrics(), given.get("budget", LONG)
    policy = Policy(
        silence_confident=0.02,
        silence_complete=0.04,
        silence_incomplete=0.06,
        stt_budget=wait,
        stt_patience=wait,
        stt_absence=given.get("absence", LONG),
        filler_after=0.01,
    )
    house = open_house(policy=policy, pacing=Pacing(lead=60.0))
    house.publish(with_fillers())
    async with Server(Deepgram(rest, key="k"), behaviour=given.get("behaviour")) as server:
        server.next(*given.get("behaviours", ()))
        transcriber = kind("k", base_url=server.http, reconnected=metrics.stt_reconnected)
        base: Any = kind.transcription

        def made(*args: Any) -> DeepgramTranscription:
            streams.append(base(*args))
            return streams[-1]

        vars(transcriber)["transcription"] = made
        transcribers = ReopeningTranscriber(transcriber, metrics.lost)
        try:
            ears = await transcribers.open("en-US", "c1")
            async with dial(house, ears) as (call, caller):
                yield Stage(server, ears, house, call, caller, metrics)
        finally:
            await transcribers.close()
        await eventually(lambda: server.connections == 0)


async def say(of: Stage, given: dict[str, Any]) -> None:
    """Speak, and fall silent once it was heard, if it can be."""
    loop = asyncio.get_running_loop()
    of.call.runner.receive(VoiceStarted(at=loop.time()))
    for number in range(round(given.get("spoken", SPOKEN_S) / 0.02)):
        of.ears.feed(FRAME)
        if number == 40 and "refuse" in given:
            await eventually(of.heard)
            await of.server.refuse()
        if number == 70 and "refuse" in given and "waits" not in given:
            await of.server.listen()
        if number % 10 == 0:
            await asyncio.sleep(0)
    if "waits" not in given and all_is_heard(given):
        await eventually(lambda: of.heard() == "when do you open")
    of.call.runner.receive(VoiceStopped(at=loop.time()))
    if "waits" in given:
        await eventually(lambda: of.caller.told("audio.start"))
        if "absence" not in given:
            assert of.caller.told("audio.start")[0]["source"] == "filler"
            await of.server.listen()


def all_is_heard(given: dict[str, Any]) -> bool:
    """Whether all the words come through."""
    return given.get("behaviour") is None


@pytest.mark.parametrize("kind", [DeepgramTranscriber, FluxTranscriber])
@pytest.mark.parametrize("row", ROWS, ids=identity)
async def test_what_the_caller_hears(
    row: Row, kind: type[DeepgramTranscriber], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = dict(row.setting)
    waits = {"BACKOFF_S": 0.001, "FINAL_S": LONG, "UNKNOWN_S": LONG, "STUCK_S": LONG}
    for name, value in {**waits, **given}.items():
        if name.isupper():
            monkeypatch.setattr(deepgram_link, name, value)
    monkeypatch.setattr(reopening, "BACKOFF", 0.001)
    if "known" in given:
        given["behaviours"] = [Behaviour(silent_at=KNOWN[kind])]
    async with stage(kind, **given) as of:
        await say(of, given)
        if row.hears in (Hears.LEAVES, Hears.COVERED_LEAVES):
            await eventually(lambda: of.call.reasons)
            assert of.caller.texts()[-1] == "<line:handoff 1>"
            assert of.caller.told("error")[0]["code"] == "stt_failed"
            return
        await eventually(lambda: of.house.observer.turns and of.call.state == "QUIET")
        if row.hears is Hears.ASKED:
            assert of.caller.texts() == ["<line:not_understood 1>"]
        else:
            assert of.caller.texts() == ["<entry:hours 1>"], "once, and all of it"
        assert len(of.house.observer.turns) == 1
        value_of = counter(of.metrics.registry)
        assert {one for one in row.counted if not value_of(one)} == set()
        assert of.call.reasons == []
    of.caller.one_voice()
