"""Words that mean the same."""

import pytest

from intents.guards.entry.meaning import same_meaning


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("renew", "renewal", True),
        ("fix", "repair", True),
        ("synch", "sync", True),
        ("purchase", "order", True),
        ("excel", "sage", False),
        ("boston", "austin", False),
        ("credit", "debit", False),
        ("gold", "refund", False),
    ],
)
def test_same_meaning(one: str, other: str, same: bool) -> None:
    assert same_meaning(one, other) is same
    assert same_meaning(other, one) is same
