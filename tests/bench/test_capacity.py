"""The benchmark of calls a core."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.capacity import HITS, Asked, carried, differs, plan, run, script
from bench.line_callers import Answer, Slot
from bench.pipecat import CLIENTS
from gateway.settings.whole import Settings


def asked(word: str, entry: str) -> Asked:
    return Asked(Slot(b"", 4.0), [(word, 3900.0)], entry)


def test_the_stated_part_of_the_turns_is_cached() -> None:
    made = plan(5, 4, [asked("one", "a"), asked("two", "b")], [asked("three", "")])
    assert [len(mine) for mine in made] == [4] * 5
    assert sum(bool(one.entry) for mine in made for one in mine) == HITS * 20


def test_a_call_says_its_words_turn_by_turn() -> None:
    said = script([asked("one", "a"), asked("two", "")])
    assert said == [("one", 3900.0), ("two", 11_900.0)]


def test_sound_that_is_lost_or_out_of_order_is_told_from_sound_that_was_cut_short() -> None:
    known: dict[str, bytes] = {}
    one = asked("one", "a")
    assert not differs(one, Answer(0.3, b"abc"), known)
    assert not differs(one, Answer(0.3, b"ab"), known)
    assert not differs(one, Answer(0.3, b"abcde"), known)
    assert not differs(one, Answer(), known), "that turn is lost, and counted as such"
    assert differs(one, Answer(0.3, b"abde"), known)


def test_calls_count_up_to_the_bounds() -> None:
    figures = {"cpu_ms_per_call_second_10": 20.0, "cpu_ms_per_call_second_20": 14.0}
    figures |= {"cpu_pct_10": 20.0, "cpu_pct_20": 28.0, "hit_p99_ms_10": 3.0}
    figures |= {"lost_turns_10": 0, "lost_turns_20": 0}
    assert carried({**figures, "hit_p99_ms_20": 19.0}, [10, 20])["calls_a_core"] == 20
    late = carried({**figures, "hit_p99_ms_20": 21.0}, [10, 20])
    assert late == {"calls_a_core": 10, "calls_by_cpu": 35}
    lost = carried({**figures, "hit_p99_ms_20": 19.0, "lost_turns_20": 1}, [10, 20])
    assert lost == late


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_small_run_has_all_its_figures(
    quick: Settings, seeded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.capacity.tempfile.gettempdir", lambda: str(seeded))
    monkeypatch.setattr("bench.capacity.POOL", 6)
    monkeypatch.setattr("bench.capacity.TURN", 6.0)
    rival = "2" if CLIENTS.exists() else ""
    figures = run(quick, calls="3", seconds=6.0, rival=rival)["figures"]
    if rival:
        assert figures["pipecat_turns_2"] == 4
        assert 0 < figures["pipecat_heard_p50_ms_2"] < 6000
        assert figures["pipecat_cpu_ms_per_call_second_2"] > 0
    assert figures["turns_3"] == 3 * 2
    assert figures["lost_turns_3"] <= 2, "a machine with other work may miss a turn's end"
    assert figures["hits_3"] > 0
    assert 0 < figures["hit_p50_ms_3"] < figures["heard_p50_ms_3"]
    assert figures["wrong_sound_3"] == figures["refused_messages_3"] == 0
    assert figures["calls_cut_3"] == 0
    assert figures["cpu_ms_per_call_second_3"] > 0
    assert figures["calls_by_cpu"] > 0
