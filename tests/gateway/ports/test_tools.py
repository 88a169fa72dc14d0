from __future__ import annotations

import pytest

from gateway.ports.tools import CallFacts, Kind, ToolFailed, listening
from tests.support.documents import TEXTS, section, tables

FACTS = CallFacts(call_id="c1", tenant="shop", caller={"number": "+1 555 0100"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("call_id", "c1"),
        ("tenant", "shop"),
        ("caller.number", "+1 555 0100"),
        ("caller.name", ""),
        ("caller", ""),
        ("weather", ""),
    ],
)
def test_what_is_known_of_a_call(name: str, value: str) -> None:
    assert FACTS.of(name) == value


def test_who_is_calling_is_in_no_log() -> None:
    assert "555" not in repr(FACTS)


def test_a_failure_says_what_and_in_one_word_why() -> None:
    failed = ToolFailed("is busy now", reason="busy")
    assert (failed.what, failed.reason, failed.again) == ("is busy now", "busy", False)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("arguments", Kind.ARGUMENTS),
        ("nobody known", Kind.ARGUMENTS),
        ("host", Kind.REDIRECT),
        ("content", Kind.UNREADABLE),
        ("stuck", Kind.STUCK),
        ("lost", Kind.UNREACHABLE),
        ("404", Kind.NOT_FOUND),
        ("403", Kind.REFUSED),
        ("429", Kind.OUT_OF_ORDER),
        ("503", Kind.OUT_OF_ORDER),
        ("ValueError", Kind.ERROR),
        ("mcp -32600", Kind.ERROR),
    ],
)
def test_of_what_kind_a_failure_is(reason: str, kind: Kind) -> None:
    assert ToolFailed("did not work", reason=reason).kind is kind


def test_where_the_reason_does_not_tell_the_kind_is_given() -> None:
    failed = ToolFailed("cannot be reached now", reason="ConnectError", kind=Kind.UNREACHABLE)
    assert failed.kind is Kind.UNREACHABLE


def test_the_kinds_are_documented() -> None:
    kinds = tables(section(TEXTS["tools.md"], "When it fails"))[1][1:]
    assert {row[0].strip("`") for row in kinds} == {kind.value for kind in Kind}


def test_who_wants_to_know_of_calls_is_told() -> None:
    class Listener:
        def call_began(self, facts: CallFacts) -> None: ...

        def call_ended(self, call_id: str) -> None: ...

    listener = Listener()
    assert listening(listener) is listener
    assert listening(object()) is None and listening(None) is None
