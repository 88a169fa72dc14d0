"""Records of turns."""

from __future__ import annotations

import pytest

from tests.support.stored import turn


@pytest.mark.parametrize(
    ("fields", "answered"),
    [
        ({"path": "cache"}, "hours"),
        ({"path": "agent"}, ""),
        ({"path": "agent", "shadow": True, "evidence": {"kind": "answer"}}, "hours"),
        ({"path": "agent", "shadow": True, "evidence": {"kind": "miss"}}, ""),
        ({"path": "clarify", "evidence": {"kind": "answer"}}, ""),
    ],
)
def test_the_entry_that_was_spoken_or_would_have_been(
    fields: dict[str, object], answered: str
) -> None:
    assert turn("c", 1, entry="hours", **fields).answered == answered
