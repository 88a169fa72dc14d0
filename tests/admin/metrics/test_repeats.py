"""What is counted of sound that repeats."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from gateway.admin.metrics.repeats import RepeatMetrics
from gateway.shell.reply.phrase_cache import PhraseOutcome


def test_outcomes_are_counted_and_the_seconds_that_were_saved() -> None:
    registry = CollectorRegistry()
    counted = RepeatMetrics(registry)
    counted.repeated(PhraseOutcome.KEPT, 2.0)
    counted.repeated(PhraseOutcome.USED, 2.0)
    counted.repeated(PhraseOutcome.USED, 1.5)

    def value(outcome: str) -> float | None:
        return registry.get_sample_value("frontline_tts_repeats_total", {"outcome": outcome})

    assert (value("used"), value("kept"), value("unfit")) == (2, 1, None)
    assert registry.get_sample_value("frontline_tts_repeats_saved_seconds_total") == 3.5
