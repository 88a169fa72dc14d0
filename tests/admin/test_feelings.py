"""What callers felt, from stored turns."""

from __future__ import annotations

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


def test_nothing_is_known_of_nothing() -> None:
    felt = felt_of([])
    assert (felt.turns, felt.paths, felt.interruptions_per_minute) == (0, {}, 0.0)
