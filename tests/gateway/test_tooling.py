from __future__ import annotations

import pytest

from gateway.tooling import CallFacts, ToolFailed, listening

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


def test_who_wants_to_know_of_calls_is_told() -> None:
    class Listener:
        def call_began(self, facts: CallFacts) -> None: ...

        def call_ended(self, call_id: str) -> None: ...

    listener = Listener()
    assert listening(listener) is listener
    assert listening(object()) is None and listening(None) is None
