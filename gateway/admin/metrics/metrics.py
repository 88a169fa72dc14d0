"""Counters and histograms for Prometheus, all named ``frontline_*``.

Labels are tenants, paths and the like: sets that stay small. Entries, questions, callers and
anything they said are never labels.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import Response

from gateway.admin.metrics.felt import FeltMetrics
from gateway.admin.metrics.latency import Recent
from gateway.admin.metrics.llm import LlmMetrics
from gateway.admin.metrics.repeats import RepeatMetrics
from gateway.admin.metrics.tools import ToolMetrics
from gateway.core.felt import Felt
from gateway.core.ledger import Owner
from gateway.ports.records import FirstPiece, TurnRecord

CALL_BUCKETS = (5, 15, 30, 60, 120, 300, 600, 1200, 1800)
MATCH_BUCKETS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25)
STALL_BUCKETS = (0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)
TTFA_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)
LATE_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)

STALLS = 100
"""Stalls that are remembered."""

REMEMBERED = 4096
"""Turns whose second record is recognised: a turn is recorded when its audio begins, and once
more if the caller then interrupts it, which is seconds later."""


class Metrics:
    """``gateway.shell.call.observe.Observer`` on a registry of its own. Used from the event
    loop."""

    def __init__(
        self,
        turn_closed: Callable[[TurnRecord], None] = lambda _: None,
        calls_changed: Callable[[], None] = lambda: None,
    ) -> None:
        """``turn_closed`` and ``calls_changed`` are told as this is, at once."""
        self._tell_turn = turn_closed
        self._tell_calls = calls_changed
        self.registry = self.shown = CollectorRegistry()
        """``shown`` is what ``/metrics`` answers from: more than this process, if there is more."""
        self.recent = Recent()
        """Timelines for ``/admin/v1/latency``."""
        self._counted: OrderedDict[str, bool] = OrderedDict()  # turn id -> interrupted
        in_ = self.registry
        ProcessCollector(namespace="frontline", registry=in_)
        self.llm = LlmMetrics(in_)
        self.feelings = FeltMetrics(in_)
        self.repeats = RepeatMetrics(in_)
        self.tools = ToolMetrics(in_)
        self._near_share = Gauge(
            "frontline_near_share",
            "Share of near misses that answers of a tenant's catalogue are reckoned with.",
            ("tenant",),
            registry=in_,
            multiprocess_mode="livemostrecent",
        )
        self._look_alikes = Gauge(
            "frontline_look_alikes",
            "Share of look-alikes that answers of a tenant's catalogue are reckoned with.",
            ("tenant",),
            registry=in_,
            multiprocess_mode="livemostrecent",
        )
        self._live = Gauge(
            "frontline_calls_in_progress",
            "Calls in progress.",
            registry=in_,
            multiprocess_mode="livesum",
        )
        self._calls = Counter("frontline_calls", "Calls begun.", registry=in_)
        self._lengths = Histogram(
            "frontline_call_seconds", "Length of calls.", buckets=CALL_BUCKETS, registry=in_
        )
        self._turns = Counter(
            "frontline_turns",
            "Turns by the way they went and by what they were decided on.",
            ("tenant", "path", "decided_on"),
            registry=in_,
        )
        self._interrupted = Counter(
            "frontline_turns_interrupted", "Answers the caller cut short.", ("path",), registry=in_
        )
        self._matches = Histogram(
            "frontline_match_seconds",
            "Time to decide what a text means, without waiting for its turn.",
            ("on",),
            buckets=MATCH_BUCKETS,
            registry=in_,
        )
        self._ttfa = Histogram(
            "frontline_ttfa_seconds",
            "From the end of the caller's turn to the first audio on the wire.",
            ("path",),
            buckets=TTFA_BUCKETS,
            registry=in_,
        )
        self._stages = Histogram(
            "frontline_stage_seconds",
            "What was waited for in a turn, from the end of speech to the first audio.",
            ("path", "stage"),
            buckets=TTFA_BUCKETS,
            registry=in_,
        )
        self._ttfb = Histogram(
            "frontline_tts_ttfb_seconds",
            "From a reply's first words to their first sound, by who speaks.",
            ("voice", "model"),
            buckets=TTFA_BUCKETS,
            registry=in_,
        )
        self._late = Histogram(
            "frontline_loop_late_seconds",
            "How late the event loop woke: what blocked it delayed every call.",
            buckets=LATE_BUCKETS,
            registry=in_,
        )
        self._voices = Counter(
            "frontline_tts_failures",
            "Voices that failed while a reply was spoken.",
            ("voice", "reason"),
            registry=in_,
        )
        self._reconnects = Counter(
            "frontline_stt_reconnects",
            "Connections to a recogniser that were tried after a call's first.",
            registry=in_,
        )
        self._stalls = Histogram(
            "frontline_loop_stall_seconds",
            "Times the event loop stood still for 20 ms or more.",
            buckets=STALL_BUCKETS,
            registry=in_,
        )
        self._longest = Gauge(
            "frontline_loop_stall_longest_seconds",
            "The longest of these since the start.",
            registry=in_,
            multiprocess_mode="max",
        )
        self._longest_stall = 0.0
        self.stalls: deque[tuple[float, float]] = deque(maxlen=STALLS)
        """The newest of them: when, in unix seconds, and how long."""
        self._refused = Counter(
            "frontline_connections_refused",
            "Connections turned away or ended for what they sent, or did not.",
            ("reason",),
            registry=in_,
        )
        self._calls_refused = Counter(
            "frontline_calls_refused",
            "Calls that were not taken, by what there was too much of.",
            ("reason",),
            registry=in_,
        )
        self._clips_lost = Counter(
            "frontline_clips_lost",
            "Clips of a live catalogue found missing or damaged.",
            ("tenant", "kind"),
            registry=in_,
        )
        self._clips_mended = Counter(
            "frontline_clips_mended", "Lost clips made again.", ("tenant",), registry=in_
        )
        self._losses = Counter(
            "frontline_losses", "Things dropped because a queue was full.", ("what",), registry=in_
        )

    # --- what the shell tells --------------------------------------------------------------

    def call_started(self) -> None:
        """A call has been taken."""
        self._live.inc()
        self._calls.inc()
        self._tell_calls()

    def call_ended(self, seconds: float) -> None:
        """A call that was taken is over."""
        self._live.dec()
        self._lengths.observe(seconds)
        self._tell_calls()

    def matched(self, seconds: float, *, final: bool) -> None:
        """A text has been decided on."""
        self._matches.labels("final" if final else "partial").observe(seconds)

    def turn_closed(self, record: TurnRecord) -> None:
        """A turn has its record. The second record of a turn counts only what is new in it."""
        self._tell_turn(record)
        known = self._counted.get(record.id)
        if known is None:
            self._count(record)
        if record.interrupted and not known:
            self._interrupted.labels(record.path).inc()
        self._counted[record.id] = record.interrupted or bool(known)
        while len(self._counted) > REMEMBERED:
            self._counted.popitem(last=False)

    def _count(self, record: TurnRecord) -> None:
        self._turns.labels(record.tenant, record.path, record.decided_on).inc()
        ttfa = record.timeline.get("ttfa_ms")
        if ttfa is not None:
            self._ttfa.labels(record.path).observe(ttfa / 1000)
            self.recent.add(record)
        for owner in Owner:
            spent = record.timeline.get(f"{owner.value}_ms")
            if spent is not None:
                self._stages.labels(record.path, owner.value).observe(spent / 1000)

    def felt(self, felt: Felt) -> None:
        """A caller has felt something."""
        self.feelings.felt(felt)

    def expected(self, tenant: str, near_share: float, look_alikes: float) -> None:
        """The shares of near misses and of look-alikes that the tenant's matcher reckons with."""
        self._near_share.labels(tenant).set(near_share)
        self._look_alikes.labels(tenant).set(look_alikes)

    def lost(self, what: str, count: int) -> None:
        """So many of something were dropped."""
        self._losses.labels(what).inc(count)

    def refused(self, reason: str) -> None:
        """A connection was turned away, or ended."""
        self._refused.labels(reason).inc()

    def call_refused(self, reason: str) -> None:
        """A call was not taken."""
        self._calls_refused.labels(reason).inc()

    def clips_lost(self, tenant: str, kind: str, count: int) -> None:
        """So many clips of a catalogue are not there."""
        self._clips_lost.labels(tenant, kind).inc(count)

    def clips_mended(self, tenant: str, count: int) -> None:
        """So many of them have been made again."""
        self._clips_mended.labels(tenant).inc(count)

    def voice_failed(self, voice: str, reason: str) -> None:
        """A voice did not speak, or broke off."""
        self._voices.labels(voice, reason).inc()

    def voice_sounded(self, first: FirstPiece) -> None:
        """A voice has begun to speak."""
        voice, _, model = first.by.partition("/")
        self._ttfb.labels(voice, model).observe(first.seconds)

    def stt_reconnected(self) -> None:
        """A call's recogniser is connected to again."""
        self._reconnects.inc()

    def loop_late(self, seconds: float) -> None:
        """The event loop woke so late."""
        self._late.observe(seconds)

    def loop_stalled(self, seconds: float) -> None:
        """The event loop stood still for so long."""
        self._stalls.observe(seconds)
        self.stalls.append((time.time(), seconds))
        self._longest_stall = max(self._longest_stall, seconds)
        self._longest.set(self._longest_stall)

    # --- what Prometheus asks --------------------------------------------------------------

    async def endpoint(self, request: Request) -> Response:
        """``GET /metrics``, in the text format the scraper prefers."""
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        text = await asyncio.to_thread(encode, self.shown)
        return Response(text, headers={"Content-Type": content_type})
