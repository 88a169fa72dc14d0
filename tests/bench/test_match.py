"""The matching benchmark puts every figure under its promised name."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench import match
from bench.match import held_out, named, pairs
from gateway.errors import UsageError
from intents.evaluation import clinc
from intents.models.build import adapting
from intents.models.encoder import Encoder
from tests.support.faq import FAQ

PROMISED = (
    *("hit_pct", "wrong_pct", "wrong_pct_worst", "cosine_hit_pct", "clarified_pct"),
    *("noise_hit_pct", "noise_wrong_pct", "noise_lost_points", "unknown_asked_pct"),
    *("gptcache_hit_pct", "gptcache_wrong_pct", "gptcache_oracle_hit_pct", "litellm_wrong_pct"),
    *("redisvl_cache_hit_pct", "redisvl_router_hit_pct", "semantic_router_hit_pct"),
)


SOME = FAQ[::2]


def data() -> clinc.Data:
    return {
        "train": [[question, item.id] for item in SOME for question in item.questions[:3]],
        "test": [[f"please tell me {item.questions[0]}", item.id] for item in SOME],
        "oos_test": [["who won the cup final", "oos"]],
    }


@pytest.fixture(scope="module")
def runs(encoder: Encoder) -> list[clinc.Run]:
    """The protocol on a small catalogue: whole, and with intents left out. Trains two encoders, in
    a few steps: it is the names of the figures that count here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapting, "LEAST_STEPS", 4)
        patch.setattr(adapting, "FEW_STEPS", 4)
        return clinc.protocol(data(), encoder, sizes=[3], draws=1, max_wrong_rate=0.05)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_promised_figure_is_there(runs: list[clinc.Run]) -> None:
    whole, near = runs
    figures = named(whole)
    assert {f"clinc3_{name}" for name in PROMISED} <= set(figures)
    assert figures["clinc3_hit_pct"] > 50
    lost = figures["clinc3_hit_pct"] - figures["clinc3_noise_hit_pct"]
    assert round(lost, 2) == round(figures["clinc3_noise_lost_points"], 2)
    assert near.unseeded == len(SOME) // clinc.HIDDEN
    shares = {f"clinc3_near_{how}_wrong_pct" for how in ("untold", "found")}
    assert {"clinc3_near_hit_pct", "clinc3_near_wrong_pct", *shares} <= set(named(near))
    (draw,) = match.each(whole, "noise")
    assert (draw["seed"], draw["hit_pct"]) == (0, figures["clinc3_noise_hit_pct"])


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_processes_side_by_side_change_no_figure(
    encoder: Encoder, model_folder: Path, tmp_path: Path
) -> None:
    few = {item.id for item in FAQ[:6]}
    some = {
        name: [[text, intent] for text, intent in rows if intent in few or intent == "oos"]
        for name, rows in data().items()
    }
    (tmp_path / clinc.FILE).write_text(json.dumps(some))
    figures, draws = match.on_clinc(tmp_path, model_folder, [1, 2], 1, 0.05)
    alone: dict[str, float] = {}
    for one in clinc.protocol(some, encoder, sizes=[1, 2], draws=1, max_wrong_rate=0.05):
        alone |= named(one)
    assert figures == alone
    assert {"clinc1_hit_pct", "clinc2_hit_pct"} <= set(figures)
    assert {"clinc1", "clinc2", "clinc1_noise", "clinc2_noise"} == set(draws)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_goal_has_its_figure(runs: list[clinc.Run]) -> None:
    whole, near = runs
    there = {name.replace("clinc3_", "") for name in named(whole) | named(near)}
    wanted = {name.partition("_")[2] for name in match.GOALS if name.startswith("clinc")}
    assert wanted <= there


def test_only_the_parts_that_are_wanted_are_measured(encoder: Encoder) -> None:
    settings = SimpleNamespace(
        model=SimpleNamespace(folder=encoder.folder), match=SimpleNamespace(max_wrong_rate=0.01)
    )
    found = match.run(settings, parts="speed", rounds=5, large=0)
    assert {name.partition("_")[0] for name in found["figures"]} == {"match"}
    assert set(found["goals"]) == {"match_p50_ms", "match_p99_ms"}
    with pytest.raises(UsageError, match="no part sped; there are: clinc, guards"):
        match.run(settings, parts="guards,sped")


def test_pairs_are_whole_and_distinct() -> None:
    for name in ("opposites.txt", "paraphrases.txt"):
        found = pairs(name)
        assert len(found) >= 45
        assert len(set(found)) == len(found)
        assert all(query and question and query != question for query, question in found)


def test_held_out_sets_are_those_of_the_bench_alone() -> None:
    guards = {case.guard for case in held_out()}
    assert "mixed" in guards
    assert all(case.seeded and (case.same or case.other) for case in held_out())
