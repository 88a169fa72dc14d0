"""Counters of the races between language models.

Labels are providers, models, reasons and outcomes: sets of a few. Calls and what is said in them
never are.
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram

from gateway.core.race.pilot import Why
from gateway.ports.models import Usage

TTFT_BUCKETS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)


class LlmMetrics:
    """``gateway.agents.watching.RaceWatcher``, on the gateway's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        in_ = registry
        self._attempts = Counter(
            "frontline_llm_attempts", "Requests to language models.", ("provider",), registry=in_
        )
        self._failures = Counter(
            "frontline_llm_failures",
            "Requests that came to nothing or broke off.",
            ("provider", "reason"),
            registry=in_,
        )
        self._wins = Counter(
            "frontline_llm_wins", "Answers, by who gave them.", ("provider",), registry=in_
        )
        self._ttft = Histogram(
            "frontline_llm_ttft_seconds",
            "From an answer being wanted to its first usable piece, by who said it.",
            ("provider", "model"),
            buckets=TTFT_BUCKETS,
            registry=in_,
        )
        self._answers = Counter(
            "frontline_llm_answers", "Answers, by how they ended.", ("outcome",), registry=in_
        )
        self._extra_calls = Counter(
            "frontline_llm_extra_calls", "Second requests, by their reason.", ("why",), registry=in_
        )
        self._extra_tokens = Counter(
            "frontline_llm_extra_tokens",
            "Tokens billed for answers not used; an estimate.",
            ("why",),
            registry=in_,
        )
        self._dropped = Counter(
            "frontline_llm_speculations_dropped", "Answers begun too early.", registry=in_
        )
        self._tokens = Counter(
            "frontline_llm_tokens",
            "Tokens of whole answers, as the provider says.",
            ("provider", "kind"),
            registry=in_,
        )

    def attempted(self, provider: str) -> None:
        """A request was sent."""
        self._attempts.labels(provider).inc()

    def failed(self, provider: str, reason: str) -> None:
        """Count an attempt that came to nothing, or broke off."""
        self._failures.labels(provider, reason).inc()

    def answered(self, provider: str, model: str, seconds: float) -> None:
        """Count an attempt that won."""
        self._wins.labels(provider).inc()
        self._ttft.labels(provider, model).observe(seconds)

    def ended(self, outcome: str) -> None:
        """A race has its end."""
        self._answers.labels(outcome).inc()

    def used(self, provider: str, usage: Usage) -> None:
        """Count the tokens which a provider says that an answer took."""
        self._tokens.labels(provider, "prompt").inc(usage.prompt)
        self._tokens.labels(provider, "answer").inc(usage.answer)

    def spent(
        self, calls: Mapping[Why, int], lost_tokens: int, dropped: int, dropped_tokens: int
    ) -> None:
        """Count the calls made beside those that gave answers."""
        for why, number in calls.items():
            self._extra_calls.labels(why.value).inc(number)
        self._extra_tokens.labels("hedge").inc(lost_tokens)
        self._extra_tokens.labels("speculation").inc(dropped_tokens)
        self._dropped.inc(dropped)
