"""The latency calculator."""

from __future__ import annotations

import math

import pytest

from gateway.audit.calculator import (
    DRAWS,
    OWN,
    STAGES,
    Figure,
    TurnPlan,
    Ways,
    figure,
    notes,
    over_budget,
    plans,
    sums,
)

WAYS = Ways(silence=200, complete=650, rescue=700, hedged=0.1, filler=300)
TYPED = {
    "transport": Figure(80),
    "endpointing": Figure(500),
    "stt": Figure(120, 250),
    "agent": Figure(350, 900),
    "tts": Figure(90, 200),
}


def made(typed: dict[str, Figure], ways: Ways = WAYS) -> dict[str, TurnPlan]:
    return {plan.name: plan for plan in plans(typed, ways, 300.0)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("120", Figure(120)),
        ("120ms", Figure(120)),
        (" 1.5 / 2 MS ", Figure(1.5, 2)),
        ("120/280", Figure(120, 280)),
        ("120/120", Figure(120)),
        ("0", Figure(0)),
    ],
)
def test_figures_are_read(text: str, found: Figure) -> None:
    assert figure(text) == found


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "nan", "inf", "1e9", "1/2/3", "1/", "280/120", "0/5", "1s"]
)
def test_what_is_no_figure_is_told_what_one_is(text: str) -> None:
    with pytest.raises(ValueError, match="p50"):
        figure(text)


def test_fixed_figures_are_added() -> None:
    typed = {"endpointing": Figure(500), "stt": Figure(120), "agent": Figure(350)}
    plan = made(typed)["typed"]
    assert (plan.p50, plan.p95, plan.p99) == (970, 970, 970)
    assert plan.within_human == 0.0
    assert made({"stt": Figure(300)})["typed"].within_human == 1.0


def test_a_stage_comes_out_as_it_went_in() -> None:
    stages = made(TYPED)["typed"].stages
    assert list(stages) == [name for name in STAGES if name in TYPED]
    for name, one in TYPED.items():
        assert stages[name].p50 == pytest.approx(one.p50, rel=1e-3)
        assert stages[name].tail == pytest.approx(one.tail, rel=1e-3)


def test_two_stages_are_slow_together_less_often_than_each() -> None:
    plan = made({"agent": Figure(100, 400), "tts": Figure(100, 400)})["typed"]
    medians, tails = sums({"agent": Figure(100, 400), "tts": Figure(100, 400)})
    assert (medians, tails) == (200, 800)
    # of skewed stages the median of the sum is above the sum of the medians, the p95 below
    assert medians < plan.p50 < 1.3 * medians
    assert 0.6 * tails < plan.p95 < 0.85 * tails


def test_the_sum_of_lognormals_is_what_fenton_and_wilkinson_say() -> None:
    """Their approximation, by moments, is close where the spread is small."""
    one, count = Figure(100, 130), 4
    names = ("stt", "agent", "tts", "tool")
    plan = made(dict.fromkeys(names, one))["typed"]
    sigma = math.log(1.3) / 1.6448536
    mean = 100 * math.exp(sigma**2 / 2) * count
    variance = (math.exp(sigma**2) - 1) * 100**2 * math.exp(sigma**2) * count
    spread = math.sqrt(math.log(1 + variance / mean**2))
    median = mean / math.exp(spread**2 / 2)
    assert plan.p50 == pytest.approx(median, rel=0.005)
    assert plan.p95 == pytest.approx(median * math.exp(1.6448536 * spread), rel=0.005)
    assert plan.p99 == pytest.approx(median * math.exp(2.3263479 * spread), rel=0.01)


def test_the_same_figures_give_the_same_answer() -> None:
    assert plans(TYPED, WAYS, 300.0) == plans(TYPED, WAYS, 300.0)


# --- what becomes of it here ----------------------------------------------------------------------


def test_a_hit_waits_for_no_model_and_for_less_silence() -> None:
    hit = made(TYPED)["hit"]
    assert list(hit.stages) == ["transport", "endpointing", "stt", "gateway"]
    assert hit.stages["endpointing"] == Figure(200, 200)
    # the final text is asked for when the silence begins: only what it takes longer is waited for
    assert hit.stages["stt"].p50 == 0
    assert hit.stages["stt"].tail == pytest.approx(50, abs=1)
    assert hit.stages["gateway"].p50 == pytest.approx(OWN.p50, rel=1e-3)
    assert hit.p50 == pytest.approx(80 + 200 + OWN.p50, rel=0.01)


def test_a_silence_that_is_shorter_already_stays() -> None:
    assert made({"endpointing": Figure(150)})["hit"].stages["endpointing"].p50 == 150


def test_without_a_silence_the_final_text_is_waited_for_whole() -> None:
    assert made({"stt": Figure(120)})["hit"].stages["stt"].p50 == 120


def test_a_miss_is_hedged_within_the_budget() -> None:
    plan = made(TYPED, Ways(silence=200, complete=650, rescue=1e6, hedged=0.1, filler=300))["miss"]
    assert plan.extra_calls == pytest.approx(0.1, abs=1 / DRAWS)
    typed = made(TYPED)["typed"]
    assert plan.stages["agent"].p50 == pytest.approx(typed.stages["agent"].p50, rel=0.01)
    assert plan.p99 < typed.p99 - 300
    assert plan.stages["endpointing"].p50 == 500


def test_the_rescue_asks_more_often_and_cuts_the_tail() -> None:
    late = made(TYPED, Ways(silence=200, complete=650, rescue=1e6, hedged=0.1, filler=300))["miss"]
    soon = made(TYPED, Ways(silence=200, complete=650, rescue=400, hedged=0.1, filler=300))["miss"]
    assert soon.extra_calls > 0.3 > late.extra_calls
    assert soon.p95 < late.p95


def test_a_model_that_always_takes_the_same_is_not_helped_by_a_second() -> None:
    plan = made({"agent": Figure(350)})["miss"]
    assert plan.extra_calls == 0.0
    assert plan.stages["agent"] == Figure(350, 350)


def test_a_filler_is_heard_before_a_slow_answer() -> None:
    plans_ = made({"endpointing": Figure(500), "agent": Figure(900), "tts": Figure(100)})
    first = plans_["filler"]
    assert first.stages["filler"].p50 == 300
    assert first.p50 == pytest.approx(500 + 300 + OWN.p50, rel=0.01)
    quick = made({"agent": Figure(100), "tts": Figure(100)})["filler"]
    assert quick.stages["filler"].p50 == 200, "the answer itself"


def test_without_a_model_there_is_no_miss() -> None:
    assert list(made({"stt": Figure(100)})) == ["typed", "hit"]


# --- what is said of it ---------------------------------------------------------------------------


def test_notes_tell_what_was_left_out() -> None:
    spread = " ".join(notes(TYPED, WAYS, plans(TYPED, WAYS, 300.0)))
    assert "the p95s together are 1930 ms" in spread
    assert "asked in 11 % of turns" in spread
    assert "turn.silence_complete_ms to it (now 650)" in spread
    fixed = {"stt": Figure(100)}
    (only,) = notes(fixed, WAYS, plans(fixed, WAYS, 300.0))
    assert only.startswith("No spread was given")


def test_the_worst_stage_comes_first() -> None:
    budgets = {"stt": 100.0, "agent": 280.0, "tts": 90.0}
    typed = {"stt": Figure(90, 150), "agent": Figure(300, 500), "tts": Figure(90)}
    assert over_budget(typed, budgets, 95) == [("agent", 220.0), ("stt", 50.0)]
    assert over_budget(typed, budgets, 50) == [("agent", 20.0)]
