"""Counters of generated sound that is kept because it repeats. Labels are outcomes: what is said,
and to whom, never is."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

from gateway.shell.reply.phrase_cache import PhraseOutcome


class RepeatMetrics:
    """``gateway.shell.reply.phrase_cache.PhraseWatcher``, on the gateway's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._outcomes = Counter(
            "frontline_tts_repeats",
            "Texts that an agent says again and again, by what became of them.",
            ("outcome",),
            registry=registry,
        )
        self._saved = Counter(
            "frontline_tts_repeats_saved_seconds",
            "Sound that no voice was asked for, because it was there.",
            registry=registry,
        )

    def repeated(self, outcome: str, seconds: float) -> None:
        """See ``PhraseWatcher``."""
        self._outcomes.labels(outcome).inc()
        if outcome == PhraseOutcome.USED:
            self._saved.inc(seconds)
