"""The matching benchmark measures what it says."""

from __future__ import annotations

from bench.match import guard_figures, latency_figures, pairs, spoken_noise
from intents.encoder import Encoder


def test_pairs_are_whole_and_distinct() -> None:
    for name in ("opposites.txt", "paraphrases.txt"):
        found = pairs(name)
        assert len(found) >= 45
        assert len(set(found)) == len(found)
        assert all(query and question and query != question for query, question in found)


def test_guards_are_measured_on_a_catalogue_within_reach(encoder: Encoder) -> None:
    figures = guard_figures(encoder, 0.01)
    assert figures["guards_pairs"] >= 45
    assert figures["guards_wrong_pct"] <= 6
    assert figures["guards_hit_pct"] >= 40
    assert figures["guards_veto_pct"] <= 8


def test_every_timed_text_is_new(encoder: Encoder) -> None:
    figures = latency_figures(encoder, 0.01, 30)
    assert figures["match_questions"] == 200
    assert 0.5 < figures["match_p50_ms"] <= figures["match_p99_ms"]


def test_noise_is_the_same_every_time_and_keeps_the_content() -> None:
    texts = [f"what is the price of item {n} in the shop" for n in range(40)]
    heard = [spoken_noise(text) for text in texts]
    assert heard == [spoken_noise(text) for text in texts]
    assert sum(a != b for a, b in zip(heard, texts, strict=True)) > 30
    assert all({"price", "item", str(n), "shop"} <= set(h.split()) for n, h in enumerate(heard))
