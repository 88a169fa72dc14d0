"""What callers felt, from stored turns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.admin.feelings import felt_of
from gateway.ports.records import TurnRecord


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
