"""Traces of turns, as a collector gets them over OTLP/HTTP."""

from __future__ import annotations

import builtins
import gzip
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from gateway.adapters.traces.otlp import TurnTraces, stages_of
from gateway.core.ledger import Owner
from gateway.errors import SettingsError
from tests.providers.receiver import Receiver
from tests.support.stored import turn

otlp = pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

TIMELINE = {"endpointing_ms": 200.0, "match_ms": 4.0, "gateway_ms": 1.5, "ttfa_ms": 205.5}


def collected(*turns: Any) -> list[Any]:
    """The spans that a collector got."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    with start_blocking_portal() as portal:
        receiver = Receiver()
        portal.call(receiver.__aenter__)
        traces = TurnTraces(receiver.url)
        for one in turns:
            traces.stored(one)
        traces.close()
        portal.call(receiver.__aexit__, None, None, None)
    spans = []
    for got in receiver.received:
        assert (got.method, got.path) == ("POST", "/v1/traces")
        body = gzip.decompress(got.body) if got.headers.get("content-encoding") else got.body
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            names = {one.key: one.value.string_value for one in resource.resource.attributes}
            assert names["service.name"] == "frontline"
            spans += [span for scope in resource.scope_spans for span in scope.spans]
    return spans


def test_a_turn_is_a_trace_and_a_stage_a_span() -> None:
    first = turn("c", 1, at=1000.0, timeline=TIMELINE, entry="wifi", confidence=0.9)
    first = replace(first, evidence={"request": "req_1"})
    second = turn("c", 2, at=2000.0, timeline={"ttfa_ms": 5.0, "match_ms": 5.0}, path="agent")
    spans = collected(first, first, second)
    roots = {span.name: span for span in spans if not span.parent_span_id}
    assert set(roots) == {"turn cache", "turn agent"}
    root = roots["turn cache"]
    assert root.start_time_unix_nano == 1000 * 10**9
    assert root.end_time_unix_nano - root.start_time_unix_nano == 205_500_000
    stages = [span for span in spans if span.parent_span_id == root.span_id]
    lengths = [(one.name, one.end_time_unix_nano - one.start_time_unix_nano) for one in stages]
    assert lengths == [("endpointing", 200_000_000), ("match", 4_000_000), ("gateway", 1_500_000)]
    for before, after in pairwise(stages):
        assert before.end_time_unix_nano == after.start_time_unix_nano
    assert {one.trace_id for one in stages} == {root.trace_id} != {roots["turn agent"].trace_id}
    told = {one.key: one.value for one in root.attributes}
    assert told["frontline.entry"].string_value == "wifi"
    assert told["frontline.request"].string_value == "req_1"
    assert told["frontline.confidence"].double_value == 0.9


def test_nobodys_words_are_in_a_trace() -> None:
    words = {"text": "zanzibar one", "reply": "zanzibar two", "question": "zanzibar three"}
    told = {"evidence": {"reason": "zanzibar four"}, "caller": "zanzibar"}
    spans = collected(turn("c", 1, timeline=TIMELINE, **words, **told))
    assert spans
    assert "zanzibar" not in str(spans)


def test_a_turn_waits_until_its_answer_has_begun() -> None:
    early = turn("c", 1, timeline={"match_ms": 4.0}, path="agent")
    late = turn(
        "c", 1, timeline={"match_ms": 4.0, "agent_ms": 300.0, "ttfa_ms": 304.0}, path="agent"
    )
    spans = collected(early, late)
    assert sorted(span.name for span in spans) == ["agent", "match", "turn agent"]
    assert [span.name for span in collected(turn("c", 2, path="none", timeline={}))] == [
        "turn none"
    ]


def test_a_collector_that_is_away_is_nobodys_trouble() -> None:
    traces = TurnTraces("http://127.0.0.1:9")
    traces.stored(turn("c", 1, timeline=TIMELINE))
    traces.close()


def test_every_stage_has_its_place() -> None:
    timeline = {f"{owner.value}_ms": 1.0 for owner in Owner} | {"ttfa_ms": 9.0, "heard_ms": 3.0}
    assert {name for name, _ in stages_of(timeline)} == {owner.value for owner in Owner}


def test_without_the_sdk_the_mend_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("opentelemetry.exporter"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(SettingsError, match=r"pip install 'frontline\[otel\]'"):
        TurnTraces("http://127.0.0.1:4318")
