"""What callers felt, from stored turns; and that whatever they can feel arrives there.

The values of the last test are those of the real producers: random calls through the core, their
figures computed from its events, their records made as a call makes them.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from gateway.admin.feelings import felt_of
from gateway.admin.metrics.felt import WAITS, FeltMetrics
from gateway.admin.outputs import FeltStats
from gateway.core.actions import Action, CloseTurn
from gateway.core.events import (
    AgentAudio,
    AudioStarted,
    DeadlinePassed,
    Decided,
    Event,
    FinalHeard,
    PartialHeard,
    PlaybackDone,
    VoiceStarted,
    VoiceStopped,
)
from gateway.core.felt import COUNTED, Felt, FeltCall, FeltFigure
from gateway.ports.records import TurnRecord
from gateway.shell.call.observe import LiveCall
from gateway.shell.call.recording import Recorder
from tests.support.world import FACTS, Steps, run


def turn(number: int, path: str = "agent", call: str = "c1", **felt: Any) -> TurnRecord:
    return TurnRecord(
        id=f"{call}-{number}",
        call_id=call,
        tenant="default",
        turn=number,
        at=1000.0 + 30 * number,
        path=path,
        text="",
        evidence={"felt": felt} if felt else {},
    )


def test_waits_are_told_by_path() -> None:
    waits = (410.0, 520.0, 630.0)
    turns = [turn(n, speech_end="heard", first_sound_ms=ms) for n, ms in enumerate(waits)]
    turns += [turn(4, "cache", speech_end="told", first_sound_ms=210.0, barge_in_ms=150.0)]
    felt = felt_of(turns)
    assert felt.turns == 4
    assert felt.paths["agent"]["first_sound"].p50_ms == 520.0
    assert felt.paths["agent"]["first_sound"].count == 3
    assert felt.paths["cache"]["barge_in"].p99_ms == 150.0


def test_what_happened_is_counted_and_set_against_the_minutes() -> None:
    turns = [
        turn(1, speech_end="heard", interruption=1, cut_off=1),
        turn(3, speech_end="heard", interruption=2, silence=1),
        turn(5, call="c2", speech_end="heard", false_interruption=1, resumed=1),
        turn(6, call="c2"),
    ]
    felt = felt_of(turns)
    assert felt.turns == 3, "of one nothing is known"
    assert (felt.events.interruption, felt.events.cut_off, felt.events.silence) == (3, 1, 1)
    assert (felt.events.false_interruption, felt.events.resumed) == (1, 1)
    assert felt.minutes == 1.5
    assert felt.interruptions_per_minute == 2.0


def test_models_voices_and_stages_have_percentiles_of_their_own() -> None:
    begun: dict[str, Any] = {
        "model": "groq/one",
        "ttft_ms": 300.0,
        "voice": "edge",
        "ttfb_ms": 90.0,
    }
    turns = [replace(turn(n, **begun), timeline={"agent_ms": 310.0 + n}) for n in range(3)]
    turns.append(turn(4, **(begun | {"model": "openai/two", "ttft_ms": 500.0})))
    turns.append(replace(turn(5, "cache"), timeline={"match_ms": 2.0, "ttfa_ms": 2.0}))
    felt = felt_of(turns)
    assert {name: (of.count, of.p50_ms) for name, of in felt.models.items()} == {
        "groq/one": (3, 300.0),
        "openai/two": (1, 500.0),
    }
    assert {name: (of.count, of.p99_ms) for name, of in felt.voices.items()} == {"edge": (4, 90.0)}
    assert felt.paths["agent"]["ttfb"].p50_ms == 90.0
    assert felt.stages["agent"]["agent"].p50_ms == 311.0
    assert felt.stages["cache"]["match"].count == 1, "nothing was felt, but it was waited for"


def test_nothing_is_known_of_nothing() -> None:
    felt = felt_of([])
    assert (felt.turns, felt.paths, felt.interruptions_per_minute) == (0, {}, 0.0)


HEARD = (
    VoiceStarted,
    PartialHeard,
    VoiceStopped,
    FinalHeard,
    Decided,
    AgentAudio,
    AudioStarted,
    AudioStarted,
    PlaybackDone,
    DeadlinePassed,
)
"""What callers and those who answer them mostly do, so that much is felt."""

happenings = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.01, 0.3, 1.5]),
        st.sampled_from(HEARD).flatmap(lambda kind: st.tuples(st.just(kind), FACTS[kind])),
    ),
    min_size=20,
    max_size=60,
)


@dataclass
class Watched:
    """A caller who is watched, as a call does it."""

    felt: FeltCall = field(default_factory=FeltCall)
    figures: list[Felt] = field(default_factory=list)
    records: list[TurnRecord] = field(default_factory=list)
    recorder: Recorder = field(
        default_factory=lambda: Recorder(LiveCall("c1", "default", "native", 0.0))
    )
    unwritten: Counter[FeltFigure] = field(default_factory=Counter)
    """The events of which no record tells yet."""

    def take(self, event: Event, actions: list[Action], now: float) -> None:
        found = self.felt.take(event, actions, now)
        self.figures += found
        self.unwritten.update(one.figure for one in found if one.figure in COUNTED)
        for action in actions:
            if isinstance(action, CloseTurn):
                felt, news = self.felt.of(action.turn), self.felt.news()
                record = self.recorder.record(action, {}, felt, news)
                self.records.append(replace(record, at=now))
                self.unwritten.clear()


def stored(record: TurnRecord) -> TurnRecord:
    """The record as the store gives it back."""
    evidence: dict[str, Any] = json.loads(json.dumps(record.evidence, allow_nan=False))
    return replace(record, evidence=evidence)


@settings(max_examples=60)
@given(happenings, st.booleans())
def test_what_callers_feel_arrives_whole(script: Steps, recogniser: bool) -> None:
    caller, registry = Watched(), CollectorRegistry()
    metrics = FeltMetrics(registry)
    run(script, recogniser=recogniser, watch=caller.take)
    for one in caller.figures:
        assert math.isfinite(one.value) and one.value >= 0
        metrics.felt(one)
    stats = felt_of([stored(record) for record in caller.records])
    assert msgspec.json.decode(msgspec.json.encode(stats), type=FeltStats) == stats
    happened = Counter(one.figure for one in caller.figures if one.figure in COUNTED)
    happened.subtract(caller.unwritten)
    told = {figure: getattr(stats.events, figure.value) for figure in COUNTED}
    assert told == {figure: happened[figure] for figure in COUNTED}, "none is lost on the way"
    waits = {name for path in stats.paths.values() for name in path}
    assert waits <= {"detection", "first_sound", "answer", "barge_in"}
    for figure, times in Counter(one.figure for one in caller.figures).items():
        name = "seconds_count" if figure in WAITS else "events_total"
        value = registry.get_sample_value(f"frontline_felt_{name}", {"figure": figure.value})
        assert value == times
