import pytest

from intents.roles import reversed_roles


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("move money from savings to checking", "move money from checking to savings"),
        ("transfer to savings", "transfer from savings"),
        ("convert dollars to euros", "convert euros to dollars"),
        ("replace milk with cream", "replace cream with milk"),
        ("can i call you", "can you call me"),
        ("do i pay you", "do you pay me"),
        ("change my address", "change your address"),
    ],
)
def test_reversed(query: str, question: str) -> None:
    there = reversed_roles(tuple(query.split()), tuple(question.split()))
    back = reversed_roles(tuple(question.split()), tuple(query.split()))
    assert there
    assert back


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("move money from savings to checking", "move money to checking from savings"),
        ("add a card to apple pay", "use apple pay with a card"),
        ("can i call you", "can i phone you"),
        ("is it safe to take two pills", "a side effect from my pills"),
        ("change my address", "change the address"),
    ],
)
def test_not_reversed(query: str, question: str) -> None:
    assert reversed_roles(tuple(query.split()), tuple(question.split())) == ""
