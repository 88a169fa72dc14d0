"""Where the settings send intents."""

from __future__ import annotations

import pytest

from gateway.shell.catalogue.routing import LIKELY, Routing, likely_intent
from intents.decision import Candidate, Decision, Kind
from tests.support.house import ENTRIES, answer

BY_ID = {entry.id: entry for entry in ENTRIES}
TRANSFERRED = Decision(kind=Kind.ROUTE, entry="balance", action="transfer")


def near(intent: str, probability: float) -> Candidate:
    return Candidate(id="x", intent=intent, question="", similarity=0.5, probability=probability)


@pytest.mark.parametrize("name", ["opening", "Opening", "hours", " OPENING "])
def test_an_intent_is_routed_by_its_name_or_its_entrys_id(name: str) -> None:
    routed = Routing.of({name: "agent:deep"}, {}).applied(answer("hours"), BY_ID)
    assert (routed.kind, routed.action, routed.entry) == (Kind.ROUTE, "agent:deep", "hours")


def test_other_intents_and_misses_are_left_alone() -> None:
    routing = Routing.of({"opening": "transfer"}, {})
    for decision in (TRANSFERRED, Decision(kind=Kind.MISS), answer("gone")):
        assert routing.applied(decision, BY_ID) is decision


def test_the_settings_go_before_the_table() -> None:
    routed = Routing.of({"account": "agent:fast"}, {}).applied(TRANSFERRED, BY_ID)
    assert (routed.kind, routed.action) == (Kind.ROUTE, "agent:fast")
    spoken = Routing.of({"account": "answer"}, {}).applied(TRANSFERRED, BY_ID)
    assert (spoken.kind, spoken.action) == (Kind.ANSWER, "")


def test_prompts_by_intent() -> None:
    routing = Routing.of({}, {"Opening Hours": "Say when."})
    assert routing.prompt("opening-hours") == "Say when."
    assert routing.prompt("account") == routing.prompt("") == ""


def test_names_that_no_entry_has_are_strangers() -> None:
    routing = Routing.of({"opening": "transfer", "mortgage": "transfer"}, {"Bills": "x"})
    assert routing.strangers(ENTRIES) == ["bills", "mortgage"]


def test_the_intent_is_that_of_the_entry_else_the_likeliest() -> None:
    assert likely_intent(answer("hours"), BY_ID) == "opening"
    half = LIKELY / 2 + 0.01
    shared = Decision(
        kind=Kind.MISS, candidates=(near("a", half + 0.01), near("b", half), near("b", half))
    )
    assert likely_intent(shared, BY_ID) == "b", "entries of one intent count together"
    doubtful = Decision(kind=Kind.MISS, candidates=(near("a", LIKELY - 0.01),))
    assert likely_intent(doubtful, BY_ID) == likely_intent(Decision(kind=Kind.MISS), BY_ID) == ""
