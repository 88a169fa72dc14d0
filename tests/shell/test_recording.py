"""A turn's record: what the second account of a turn adds to the first."""

from __future__ import annotations

import sys
from collections.abc import Container
from dataclasses import replace
from typing import Any

import pytest

from gateway.core.actions import CloseTurn, Path
from gateway.core.events import Utterance
from gateway.privacy.evidence import kept_evidence
from gateway.privacy.redactor import Redactor
from gateway.shell import recording
from gateway.shell.judging import Evidence, Shadow, judge, passed_on
from gateway.shell.observe import LiveCall
from gateway.shell.recording import Recorder
from gateway.shell.routing import Routing
from intents.decision import Decision, Kind, Veto
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


class Watched(Redactor):
    """Says what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def redact(self, text: str) -> str:
        self.found.append(text)
        return super().redact(text)


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is freed of personal data, in order."""
    watched = Watched()

    def keeping(decision: Decision, gone: Container[str], redactor: Redactor) -> dict[str, Any]:
        watched.found.append(decision.entry)
        return kept_evidence(decision, gone, redactor)

    monkeypatch.setattr(recording, "kept_evidence", keeping)
    monkeypatch.setattr(sys.modules[__name__], "MADE", replace(MADE, redactor=watched))
    return watched.found


def test_what_both_accounts_of_a_turn_have_is_made_once(
    recorder: Recorder, worked: list[str]
) -> None:
    whole = account()
    first = recorder.record(whole, {"ttfa_ms": 3.5})
    cut = recorder.record(replace(whole, interrupted=True), {"ttfa_ms": 3.5, "heard_ms": 800.0})
    assert worked == [SAID.text, "hours"]
    assert cut.text == first.text == "my name is [name] and when do you open"
    assert cut.evidence == first.evidence
    assert first.evidence["match_ms"] == 1.2
    assert (cut.interrupted, cut.timeline) == (True, {"ttfa_ms": 3.5, "heard_ms": 800.0})
    assert (cut.id, cut.entry, cut.intent) == ("c1-3", "hours", "opening")


def test_another_turn_has_its_own(recorder: Recorder, worked: list[str]) -> None:
    recorder.record(account(), {})
    other = recorder.record(account("Bob Dole asks when you open"), {})
    assert worked == [SAID.text, "hours", "Bob Dole asks when you open", "hours"]
    assert "Ann" not in other.text and "Bob" not in other.text


def quoting(reason: str, text: str) -> CloseTurn:
    veto = Veto(guard="numbers", entry="fees", reason=reason)
    decision = Decision(kind=Kind.MISS, reason=reason, vetoes=(veto,))
    verdict = judge(decision, MADE, Routing(), 0.001, text)
    return replace(account(text), verdict=verdict, path=Path.HANDOFF)


def test_a_reason_quotes_nothing_that_its_text_or_an_earlier_one_lost(recorder: Recorder) -> None:
    """The veto's reason quoted the clause, canonical: the address without its "@"."""
    text = "is it open and my email is zork@example.com"
    told = recorder.record(quoting("asks for more: my email is zork example com", text), {})
    assert "zork" not in f"{told.text} {told.evidence}" and "example" not in str(told.evidence)
    later = recorder.record(quoting("heard again: my password is zork example", "open?"), {})
    assert "zork" not in str(later.evidence) and "example" not in str(later.evidence)


def test_words_of_the_catalogue_that_answered_stay(recorder: Recorder) -> None:
    made = account("is the zorkery open")
    evidence = made.verdict.evidence
    assert isinstance(evidence, Evidence)
    knowing = replace(evidence, serving=replace(MADE, redactor=Redactor(["the zorkery"])))
    assert recorder.record(made, {}).text == "is the [word] open"
    other = replace(made, verdict=replace(made.verdict, evidence=knowing))
    again = Recorder(LiveCall(id="c1", tenant="default", transport="native", since=0.0))
    assert again.record(other, {}).text == "is the zorkery open"


def test_without_text_a_record_says_nothing_in_words() -> None:
    live = LiveCall(id="c1", tenant="default", transport="native", since=0.0)
    silent = Recorder(live, keep_text=False)
    told = silent.record(quoting("asks for more: on friday", "is it open on friday"), {})
    assert told.text == "" and told.evidence["reason"] == ""
    assert told.evidence["vetoes"] == [{"guard": "numbers", "entry": "fees", "reason": ""}]
    assert told.evidence["kind"] == "miss"


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
