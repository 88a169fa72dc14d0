"""Words that mean the same."""

import pytest

from intents.guards.entry.meaning import covers, same_meaning
from intents.text.spoken import tokens


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("renew", "renewal", True),
        ("fix", "repair", True),
        ("synch", "sync", True),
        ("purchase", "order", True),
        ("excel", "sage", False),
        ("gold", "refund", False),
    ],
)
def test_same_meaning(one: str, other: str, same: bool) -> None:
    assert same_meaning(one, other) is same
    assert same_meaning(other, one) is same


def test_all_that_a_question_is_about() -> None:
    question = tokens("how do i repair my watch")
    assert covers(tokens("he wants his watch fixed"), question)
    assert not covers(tokens("can he fix it"), question)
    assert not covers(tokens("my watch"), tokens("a watch")), "one word is not enough"
