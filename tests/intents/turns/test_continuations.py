from __future__ import annotations

import pytest

from intents.turns.continuations import Continuations

QUESTIONS = [
    "how do i open an account",
    "how do i open an account for my child",
    "what's the daily limit",
    "i lost my card",
]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("How do I open an account?", True),
        ("how do i open", True),
        ("how do i open an acc", False),  # half a word is not a beginning of whole ones
        ("how do i open an account for my child", False),
        ("what is the", True),
        ("i lost my card", False),
        ("something else", False),
        ("zebra", False),
    ],
)
def test_what_goes_on(text: str, more: bool) -> None:
    assert Continuations(QUESTIONS).goes_on(text) is more


def test_no_questions_go_nowhere() -> None:
    assert not Continuations([]).goes_on("how")
