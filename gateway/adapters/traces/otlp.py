"""One trace a turn, one span for each stage that was waited for, over OTLP/HTTP.

A trace is made of the turn's record, after the fact: nothing is measured for it, and no call waits.
What anybody said is in none of it, nor is who called.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from importlib.metadata import version

from gateway.core.ledger import Owner
from gateway.errors import SettingsError
from gateway.ports.records import TurnRecord

ORDER = (
    *(Owner.CALLER, Owner.TRANSPORT, Owner.ENDPOINTING, Owner.STT, Owner.MATCH, Owner.AGENT),
    *(Owner.TOOL, Owner.FILLER, Owner.TTS, Owner.STALL, Owner.GATEWAY),
)
"""The stages as they follow each other. The account of a turn has how long each was waited for, not
when: agent and tool may have taken turns."""

REMEMBERED = 2000
"""Turns of which it is known that they were sent: a record may come again."""

TIMEOUT = 5
"""Seconds that a collector has to answer. What waits for it is bounded by the SDK (2,048 spans);
of more the newest are dropped."""


class TurnTraces:
    """Told of every turn as it is stored, in the thread that stored it."""

    def __init__(self, endpoint: str) -> None:
        """Raises ``SettingsError`` where the SDK is not installed."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError:
            mend = "pip install 'frontline[otel]', or leave it empty"
            raise SettingsError(f"traces.endpoint needs OpenTelemetry's SDK: {mend}") from None
        about = {"service.name": "frontline", "service.version": version("frontline")}
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=TIMEOUT)
        self._provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("frontline.turn", version("frontline"))
        self._sent: OrderedDict[str, None] = OrderedDict()

    def stored(self, record: TurnRecord) -> None:
        """Send the turn's trace, once: when its answer has begun, or it is over without one."""
        whole = "ttfa_ms" in record.timeline or record.path in ("none", "handoff")
        if not whole or record.id in self._sent:
            return
        self._sent[record.id] = None
        if len(self._sent) > REMEMBERED:
            self._sent.popitem(last=False)
        self._send(record)

    def _send(self, record: TurnRecord) -> None:
        from opentelemetry.trace import set_span_in_context

        began = int(record.at * 1e9)
        turn = self._tracer.start_span(
            f"turn {record.path}", start_time=began, attributes=attributes_of(record)
        )
        here, inside = began, set_span_in_context(turn)
        for stage, spent in stages_of(record.timeline):
            span = self._tracer.start_span(stage, inside, start_time=here)
            here += int(spent * 1e6)
            span.end(here)
        turn.end(max(here, began + int(record.timeline.get("ttfa_ms", 0.0) * 1e6)))

    def close(self) -> None:
        """Send what waits, and stop. Blocks."""
        self._provider.shutdown()


def stages_of(timeline: Mapping[str, float]) -> list[tuple[str, float]]:
    """The stages that were waited for, and how many ms, in their order."""
    named = ((owner.value, timeline.get(f"{owner.value}_ms", 0.0)) for owner in ORDER)
    return [(name, spent) for name, spent in named if spent > 0]


def attributes_of(record: TurnRecord) -> dict[str, str | int | float | bool]:
    """The attributes of a trace: names and numbers, nobody's words."""
    return {
        "frontline.call": record.call_id,
        "frontline.turn": record.turn,
        "frontline.tenant": record.tenant,
        "frontline.path": record.path,
        "frontline.entry": record.entry,
        "frontline.intent": record.intent,
        "frontline.confidence": round(record.confidence, 4),
        "frontline.decided_on": record.decided_on,
        "frontline.catalogue": record.catalogue,
        "frontline.interrupted": record.interrupted,
        "frontline.shadow": record.shadow,
        "frontline.request": str(record.evidence.get("request", "")),
    }
