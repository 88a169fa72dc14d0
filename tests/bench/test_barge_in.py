"""The barge-in benchmark sees what should not be, and knows when a stop was due."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from websockets.asyncio.client import ClientConnection

from bench import barge_in
from bench.barge_in import BEFORE, Cut, Listener, Stops, due_ms, figures_of
from bench.interruptions import Listening, Moments, interrupt
from bench.voiced_cuts import VENDORS, cut_voice
from gateway.ports.speech_in import VoiceChange
from gateway.settings.whole import Settings
from gateway.shell.reply.agent_line import Replies
from gateway.shell.sound.outbox import Item
from gateway.shell.sound.playout import Playout
from tests.support.virtual import VirtualLoop


def told(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, **fields})


# --- in virtual time ----------------------------------------------------------------------------


def test_interruptions_of_everything_by_every_means() -> None:
    outcome = interrupt(400, seed=3)
    assert outcome.interruptions >= 400
    assert set(outcome.sources) == {"agent", "cache", "clarify", "filler", "system"}
    assert set(outcome.triggers) == {"time", "token", "sound", "message"}
    assert set(outcome.means) == {"voice", "spoken", "partial", "final", "key"}
    assert (outcome.late, outcome.uncleared, outcome.running) == (0, 0, 0)


def test_the_same_seed_gives_the_same_interruptions() -> None:
    first = interrupt(40, seed=1)
    assert first == interrupt(40, seed=1)
    assert first != interrupt(40, seed=2)


def test_a_playout_that_goes_on_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def clear(self: Playout, generation: int) -> None:
        self._outbox.put(Item(told("clear", generation=generation)))

    monkeypatch.setattr(Playout, "stop", clear)
    assert interrupt(100, seed=3).late > 100


def test_a_stop_that_is_not_performed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Playout, "stop", lambda self, generation: None)
    assert interrupt(100, seed=3).uncleared > 50


def test_an_agent_that_is_not_stopped_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(self: Replies) -> None:
        self._asking = self._task = None

    monkeypatch.setattr(Replies, "_drop", forget)
    monkeypatch.setattr("bench.interruptions.REPLY", "On and on. " * 200)
    assert interrupt(100, seed=3).running > 0


async def heard(*messages: str | bytes) -> Listening:
    wire = Listening(Random(1), Moments())
    for message in messages:
        await wire.send(message)
    return wire


START = told("audio.start", generation=4, source="agent")


@pytest.mark.parametrize(
    ("after", "late"),
    [
        ((), 0),
        ((b"\0" * 640,), 1),
        ((told("mark", name="g4:250"), told("audio.end", generation=4)), 2),
        ((told("audio.start", generation=5, source="cache"), b"\0" * 640), 0),
        ((START,), 1),
    ],
)
def test_what_is_late(after: tuple[str | bytes, ...], late: int) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        wire = runner.run(heard(START, b"\0" * 6400, told("clear", generation=4), *after))
    assert wire.late == late


def test_moments_come_before_or_after_in_the_same_instant() -> None:
    async def order(*, before: bool) -> list[str]:
        seen: list[str] = []
        moments = Moments()
        moments.arm("sound", 2, lambda: seen.append("cut"), before=before)
        for number in range(3):
            moments.reach("token")
            moments.reach("sound")
            seen.append(str(number))
            await asyncio.sleep(0)
        assert asyncio.get_running_loop().time() == 0
        return seen

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(order(before=True)) == ["0", "cut", "1", "2"]
        assert runner.run(order(before=False)) == ["0", "1", "cut", "2"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_voice_behind_a_carrier_is_told_what_was_heard_to_a_word_or_two(vendor: str) -> None:
    result = cut_voice(vendor, 12, seed=7)
    assert (result.cuts, result.late, result.uncleared) == (12, 0, 0)
    assert set(result.off) <= {-2, -1, 0, 1}


# --- in real time -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("min_speech", "due"),
    [
        (50, 1080.0),  # the detector's word, in the frame that ends at 1080
        (90, 1090.0),  # a timer, which waits for no frame
        (600, 1300.0),  # the first word
        (200, 1200.0),
    ],
)
def test_when_a_stop_is_due(min_speech: float, due: float) -> None:
    assert due_ms(Cut(onset=1000.0, known=1070.0, word=1290.0), min_speech) == due


def test_a_question_that_the_detector_did_not_tell_apart_is_no_cut() -> None:
    def change(at: float) -> VoiceChange:
        return VoiceChange(speaking=True, at_ms=at, known_ms=at + 60)

    changes = [change(600.0), change(4010.0)]
    assert barge_in._cut(changes, 4000.0, 4300.0) == Cut(onset=4010.0, known=4070.0, word=4300.0)
    assert barge_in._cut(changes, 2000.0, 2300.0) is None


def test_what_was_to_be_stopped() -> None:
    caller = Listener(cast(ClientConnection, None))
    caller._take(told("audio.start", generation=1, turn=1, source="cache"), 10.0)
    caller._take(b"\0" * 640, 10.1)
    assert caller.on_air(10.0) is None, "too close to its beginning to be sure"
    assert caller.on_air(10.5) == 1
    caller._take(told("clear", generation=1), 11.0)
    assert caller.on_air(10.99) == 1
    assert caller.on_air(11.0 + BEFORE / 2) == 1, "cleared too soon is a stop as well"
    assert caller.on_air(11.0 + BEFORE * 2) is None
    caller._take(told("audio.start", generation=2, turn=2, source="agent"), 12.0)
    caller._take(told("audio.end", turn=2, generation=2), 14.0)
    assert caller.on_air(13.9) == 2
    assert caller.on_air(14.1) is None
    assert caller.late == 0
    caller._take(told("mark", name="g1:500"), 15.0)
    assert caller.late == 1


def test_figures() -> None:
    stops = Stops(clear=[0.002, 0.004, 0.040], whole=[0.1, 0.2, 0.3], unstopped=1)
    stops.sources = {"agent": 3}
    figures = figures_of("word_", stops)
    assert figures["word_clear_p50_ms"] == 4.0
    assert figures["word_clear_p99_ms"] == 40.0
    assert figures["word_onset_to_clear_p50_ms"] == 200.0
    assert (figures["word_unstopped"], figures["word_stopped_agent"]) == (1, 3)
    with pytest.raises(RuntimeError, match="nothing was on the air"):
        figures_of("", Stops())


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_small_run_has_all_its_figures(quick: Settings, seeded: Path) -> None:
    options: dict[str, Any] = {"calls": 3, "cuts": 1, "interruptions": 20}
    result = barge_in.run(quick, **options, folder=str(seeded))
    figures = result["figures"]
    assert set(result["goals"]) <= set(figures)
    assert math.isfinite(figures["clear_p99_ms"])
    assert figures["stopped"] + figures["word_stopped"] > 0
    assert figures["late_messages"] == 0
    assert figures["interruptions"] >= 20
