"""What is counted of language models."""

from __future__ import annotations

from gateway.admin.metrics.llm import LlmMetrics
from gateway.admin.metrics.metrics import Metrics
from gateway.agents.watching import RaceWatcher
from gateway.core.race.pilot import Why
from gateway.ports.models import Usage


def test_races_are_counted() -> None:
    metrics = Metrics()
    watcher: RaceWatcher = metrics.llm
    watcher.attempted("groq")
    watcher.attempted("openai")
    watcher.failed("groq", "rate_limited")
    watcher.answered("openai", "gpt", 0.18)
    watcher.used("openai", Usage(prompt=600, answer=40))
    watcher.ended("whole")
    watcher.spent({Why.HEDGE: 1, Why.RESCUE: 2}, 700, 1, 620)

    def value(name: str, **labels: str) -> float | None:
        return metrics.registry.get_sample_value(f"frontline_llm_{name}", labels)

    assert value("attempts_total", provider="groq") == 1
    assert value("failures_total", provider="groq", reason="rate_limited") == 1
    assert value("wins_total", provider="openai") == 1
    assert value("ttft_seconds_bucket", provider="openai", model="gpt", le="0.2") == 1
    assert value("ttft_seconds_bucket", provider="openai", model="gpt", le="0.15") == 0
    assert value("answers_total", outcome="whole") == 1
    assert value("tokens_total", provider="openai", kind="prompt") == 600
    assert value("tokens_total", provider="openai", kind="answer") == 40
    assert value("extra_calls_total", why="hedge") == 1
    assert value("extra_calls_total", why="rescue") == 2
    assert value("extra_tokens_total", why="hedge") == 700
    assert value("extra_tokens_total", why="speculation") == 620
    assert value("speculations_dropped_total") == 1


def test_no_label_is_a_call_or_what_is_said_in_it() -> None:
    metrics = Metrics()
    assert isinstance(metrics.llm, LlmMetrics)
    names = {name for one in vars(metrics.llm).values() for name in getattr(one, "_labelnames", ())}
    assert names == {"provider", "model", "reason", "outcome", "why", "kind"}
