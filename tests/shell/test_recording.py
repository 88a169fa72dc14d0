"""A turn's record: what the second account of a turn adds to the first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.actions import CloseTurn, Path
from gateway.core.events import Utterance
from gateway.explain import kept_evidence
from gateway.redact import redact
from gateway.shell import recording
from gateway.shell.judging import Shadow, judge, passed_on
from gateway.shell.observe import LiveCall
from gateway.shell.recording import Recorder
from gateway.shell.routing import Routing
from intents.decision import Decision
from tests.house import FakeMatcher, answer, catalogue, serving

MADE = serving(catalogue(), FakeMatcher())
SAID = Utterance(text="my name is Ann Lee and when do you open", canonical="when do you open")


def account(text: str = SAID.text, shadow: Shadow | None = None) -> CloseTurn:
    verdict = judge(answer("hours"), MADE, Routing(), 0.0012, text)
    if shadow is not None:
        verdict = passed_on("shadow mode", shadow)
    return CloseTurn(
        turn=3,
        path=Path.CACHE,
        utterance=replace(SAID, text=text),
        verdict=verdict,
        decided_on="final",
    )


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(LiveCall(id="c1", tenant="default", transport="native", since=0.0))


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is freed of personal data, in order."""
    found: list[str] = []

    def redacting(text: str) -> str:
        found.append(text)
        return redact(text)

    def keeping(decision: Decision) -> dict[str, object]:
        found.append(decision.entry)
        return kept_evidence(decision)

    monkeypatch.setattr(recording, "redact", redacting)
    monkeypatch.setattr(recording, "kept_evidence", keeping)
    return found


def test_what_both_accounts_of_a_turn_have_is_made_once(
    recorder: Recorder, worked: list[str]
) -> None:
    whole = account()
    first = recorder.record(whole, {"ttfa_ms": 3.5})
    cut = recorder.record(replace(whole, interrupted=True), {"ttfa_ms": 3.5, "heard_ms": 800.0})
    assert worked == ["hours", SAID.text]
    assert cut.text == first.text == "my name is [name] and when do you open"
    assert cut.evidence == first.evidence
    assert first.evidence["match_ms"] == 1.2
    assert (cut.interrupted, cut.timeline) == (True, {"ttfa_ms": 3.5, "heard_ms": 800.0})
    assert (cut.id, cut.entry, cut.intent) == ("c1-3", "hours", "opening")


def test_another_turn_has_its_own(recorder: Recorder, worked: list[str]) -> None:
    recorder.record(account(), {})
    other = recorder.record(account("Bob Dole asks when you open"), {})
    assert worked == ["hours", SAID.text, "hours", "Bob Dole asks when you open"]
    assert "Ann" not in other.text and "Bob" not in other.text


def test_what_only_one_account_says_is_not_in_the_other(recorder: Recorder) -> None:
    verdict = replace(account().verdict, action="transfer")
    failed = replace(account(), verdict=verdict, path=Path.HANDOFF)
    assert recorder.record(failed, {}).evidence["degraded"] is True
    assert "degraded" not in recorder.record(replace(failed, path=Path.ROUTE), {}).evidence


def test_what_could_not_be_played_is_in_the_record(recorder: Recorder) -> None:
    assert "lost" not in recorder.record(account(), {}).evidence
    instead = replace(account(), path=Path.HANDOFF, lost=True)
    record = recorder.record(instead, {})
    assert (record.path, record.entry, record.evidence["lost"]) == ("handoff", "hours", True)
    assert record.answered == ""
    made = serving(catalogue(), FakeMatcher())
    made.lost.add("entry:hours")
    verdict = judge(answer("hours"), made, Routing(), 0.0012, "x")
    known = recorder.record(replace(account(), path=Path.AGENT, verdict=verdict), {})
    assert (known.path, known.entry, known.evidence["lost"]) == ("agent", "hours", True)


def test_a_shadow_tells_what_it_would_have_said(recorder: Recorder) -> None:
    shadow = Shadow(MADE)
    whole = account(shadow=shadow)
    early = recorder.record(whole, {})
    assert (early.shadow, early.entry, early.catalogue) == (True, "", 1)
    assert early.evidence == {"reason": "shadow mode"}
    shadow.settle(answer("hours"), Routing.of({"opening": "transfer"}, {}), 0.0012)
    record = recorder.record(whole, {})
    assert (record.id, record.shadow, record.entry) == (early.id, True, "hours")
    assert record.evidence["says"] == MADE.text(("entry:hours",))
    assert record.evidence["likely_intent"] == "opening"
    assert (record.evidence["action"], record.evidence["match_ms"]) == ("transfer", 1.2)
    assert record.confidence == answer("hours").confidence
