"""The benchmark of standing in front of a bot."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.media_ends import BYTES, ENDPOINT, FRAME, QUIET, Counted, Ear, stamp_of, stamped
from bench.proxy import Passing, run
from gateway.settings.whole import Settings


def test_a_bot_takes_a_turn_to_be_over_by_the_sound_that_came() -> None:
    ear = Ear()
    quiet, voice = b"\xff" * 160, b"\x20" * 160
    assert not any(ear.hear(quiet) for _ in range(100)), "nothing was said"
    ear.hear(voice)
    ends = [ear.hear(quiet) for _ in range(100)]
    assert ends.index(True) == pytest.approx(ENDPOINT / FRAME, abs=1)
    assert sum(ends) == 1


@pytest.mark.parametrize("frame", [b"\xff" * BYTES, bytes(range(BYTES))])
def test_a_stamp_is_read_back_and_hardly_heard(frame: bytes) -> None:
    made = stamped(frame, 12345.678901)
    assert stamp_of(made) == 12345.678901
    assert len(made) == BYTES
    assert all(a & 0xFE == b & 0xFE for a, b in zip(made, frame, strict=True))
    assert set(stamped(b"\xff" * BYTES, 1.1)) <= QUIET, "silence stays silence for a bot"


def test_what_did_not_come_is_lost() -> None:
    passing = Passing(Counted(sent=3, took=[0.1, 0.2]), Counted(sent=1, took=[0.1]))
    assert passing.lost == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_small_run_has_all_its_figures(
    quick: Settings, seeded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.proxy.tempfile.gettempdir", lambda: str(seeded))
    result = run(quick, calls=2, seconds=1.0)
    figures = result["figures"]
    assert set(result["goals"]) <= set(figures)
    assert figures["messages"] == 2 * 2 * 50
    assert figures["lost_messages"] == 0
    assert figures["misses"] + figures["unanswered"] == 2
    assert figures["killed_unanswered"] == 0, "with the matcher killed every call goes on"
    assert figures["calls_cut"] == 0
    assert figures["cpu_ms_per_call_second"] > 0
    assert figures["direct_p50_ms"] > 0
