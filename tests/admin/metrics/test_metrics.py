"""What Prometheus is told."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from gateway.admin.metrics import metrics
from gateway.admin.metrics.metrics import Metrics
from gateway.core.ledger import Owner
from gateway.ports.records import FirstPiece
from gateway.shell.call.observe import Observer
from tests.support.stored import turn

Value = Callable[..., float | None]


@pytest.fixture
def counted() -> Metrics:
    return Metrics()


@pytest.fixture
def value(counted: Metrics) -> Value:
    def of(name: str, **labels: str) -> float | None:
        return counted.registry.get_sample_value(f"frontline_{name}", labels)

    return of


def scrape(counted: Metrics, accept: str = "") -> tuple[str, str]:
    with TestClient(Starlette(routes=[Route("/metrics", counted.endpoint)])) as http:
        response = http.get("/metrics", headers={"Accept": accept})
    assert response.status_code == 200
    return response.headers["content-type"], response.text


def test_it_is_an_observer(counted: Metrics) -> None:
    observer: Observer = counted
    observer.call_started()


def test_calls(counted: Metrics, value: Value) -> None:
    counted.call_started()
    counted.call_started()
    counted.call_ended(42.0)
    assert value("calls_in_progress") == 1
    assert value("calls_total") == 2
    assert value("call_seconds_bucket", le="60.0") == 1
    assert value("call_seconds_bucket", le="30.0") == 0


def test_whoever_listens_is_told_of_calls_and_turns() -> None:
    heard: list[str] = []
    counted = Metrics(lambda record: heard.append(record.id), lambda: heard.append("calls"))
    counted.call_started()
    counted.turn_closed(turn("a", 1))
    counted.call_ended(1.0)
    assert heard == ["calls", "a-1", "calls"]


def test_matches_by_what_they_were_made_on(counted: Metrics, value: Value) -> None:
    counted.matched(0.0025, final=True)
    counted.matched(0.004, final=False)
    assert value("match_seconds_bucket", on="final", le="0.003") == 1
    assert value("match_seconds_bucket", on="partial", le="0.003") == 0
    assert value("match_seconds_count", on="partial") == 1


def test_turns(counted: Metrics, value: Value) -> None:
    counted.turn_closed(turn("a", 1, decided_on="partial", timeline={"ttfa_ms": 204.0}))
    counted.turn_closed(turn("a", 2, path="none"))
    labels = {"tenant": "default", "path": "cache", "decided_on": "partial"}
    assert value("turns_total", **labels) == 1
    assert value("turns_total", tenant="default", path="none", decided_on="") == 1
    assert value("ttfa_seconds_bucket", path="cache", le="0.2") == 0
    assert value("ttfa_seconds_bucket", path="cache", le="0.3") == 1
    assert value("ttfa_seconds_sum", path="cache") == pytest.approx(0.204)
    assert value("ttfa_seconds_count", path="none") is None, "nothing was said"


def test_a_turn_recorded_again_is_counted_once(counted: Metrics, value: Value) -> None:
    first = {"decided_on": "final", "timeline": {"ttfa_ms": 10.0}}
    counted.turn_closed(turn("a", 1, **first))
    for _ in range(2):
        counted.turn_closed(turn("a", 1, interrupted=True, **first))
    assert value("turns_total", tenant="default", path="cache", decided_on="final") == 1
    assert value("ttfa_seconds_count", path="cache") == 1
    assert value("turns_interrupted_total", path="cache") == 1
    assert len(counted.recent.of("default")[0][1]) == 1


def test_a_turn_interrupted_before_it_was_heard(counted: Metrics, value: Value) -> None:
    counted.turn_closed(turn("a", 1, interrupted=True))
    assert value("turns_interrupted_total", path="cache") == 1
    assert value("turns_total", tenant="default", path="cache", decided_on="") == 1
    assert counted.recent.of("default") == []


def test_memory_of_turns_is_bounded(counted: Metrics) -> None:
    for n in range(metrics.REMEMBERED + 100):
        counted.turn_closed(turn("a", n))
    assert len(counted._counted) == metrics.REMEMBERED


def test_losses_and_lateness(counted: Metrics, value: Value) -> None:
    counted.lost("records", 3)
    counted.loop_late(0.004)
    assert value("losses_total", what="records") == 3
    assert value("loop_late_seconds_bucket", le="0.005") == 1
    assert value("loop_late_seconds_bucket", le="0.002") == 0
    counted.loop_stalled(0.25)
    counted.loop_stalled(0.025)
    assert value("loop_stall_seconds_count") == 2
    assert value("loop_stall_seconds_bucket", le="0.03") == 1
    assert value("loop_stall_longest_seconds") == 0.25


def test_what_is_reckoned_with_is_the_latest_of_each_tenant(counted: Metrics, value: Value) -> None:
    counted.expected("default", 0.05, 0.0)
    counted.expected("other", 0.1, 0.0)
    counted.expected("default", 0.2, 0.3)
    assert value("near_share", tenant="default") == 0.2
    assert value("near_share", tenant="other") == 0.1
    assert value("look_alikes", tenant="default") == 0.3
    assert value("look_alikes", tenant="other") == 0.0


def test_what_providers_did(counted: Metrics, value: Value) -> None:
    counted.voice_failed("elevenlabs", "silent")
    counted.stt_reconnected()
    assert value("tts_failures_total", voice="elevenlabs", reason="silent") == 1
    assert value("stt_reconnects_total") == 1


def test_nothing_of_what_was_said_is_shown(counted: Metrics) -> None:
    said = {"text": "rosalind quist", "entry": "opening", "question": "when", "intent": "open"}
    counted.turn_closed(turn("call-77", 1, timeline={"ttfa_ms": 3.0}, **said))
    _, text = scrape(counted)
    assert not [one for one in ("rosalind", "opening", "when", "call-77") if one in text]
    labels = {
        name
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        for name in sample.labels
    }
    assert labels <= {"tenant", "path", "decided_on", "on", "what", "figure", "le"}


def test_every_name_is_ours(counted: Metrics) -> None:
    kind, text = scrape(counted)
    names = [family.name for family in text_string_to_metric_families(text)]
    assert kind.startswith("text/plain; version=0.0.4")
    assert len(names) > 10
    assert all(name.startswith("frontline_") for name in names)


def test_a_scraper_that_asks_for_openmetrics_gets_it(counted: Metrics) -> None:
    kind, text = scrape(counted, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert text.endswith("# EOF\n")


def test_two_of_them_do_not_meet() -> None:
    one, other = Metrics(), Metrics()
    one.call_started()
    assert other.registry.get_sample_value("frontline_calls_total") == 0


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is Prometheus' own")
def test_the_names_are_as_prometheus_wants_them(counted: Metrics) -> None:
    counted.call_started()
    counted.call_ended(42.0)
    counted.turn_closed(turn("a", 1, timeline={"ttfa_ms": 5.0}))
    counted.lost("hooks", 1)
    _, text = scrape(counted)
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_stage_of_a_turn_has_a_histogram() -> None:
    counted = Metrics()
    spent = {f"{owner.value}_ms": 40.0 for owner in Owner}
    counted.turn_closed(turn("a", 1, timeline={**spent, "ttfa_ms": 440.0, "heard_ms": 9.0}))
    for owner in Owner:
        labels = {"path": "cache", "stage": owner.value, "le": "0.05"}
        found = counted.registry.get_sample_value("frontline_stage_seconds_bucket", labels)
        assert found == 1, owner


def test_voices_are_told_apart_by_their_models() -> None:
    counted = Metrics()
    counted.voice_sounded(FirstPiece("elevenlabs/flash", 0.09))
    counted.voice_sounded(FirstPiece("espeak", 0.02))
    for voice, model, le in (("elevenlabs", "flash", "0.1"), ("espeak", "", "0.02")):
        labels = {"voice": voice, "model": model, "le": le}
        assert counted.registry.get_sample_value("frontline_tts_ttfb_seconds_bucket", labels) == 1
