import pytest

from intents.roles import reversed_roles, several


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
        ("my ex pays me support", "i pay my ex support"),
        ("the other driver hit my car", "i hit the other driver"),
        ("can the bank call me", "can i call the bank"),
        ("i owe my landlord the deposit", "i am owed the deposit by my landlord"),
        ("can a parents card be a childs", "can a childs card be a parents"),
        ("swap my aisle seat for a window seat", "swap my window seat for an aisle seat"),
        ("forward work calls to my mobile", "forward mobile calls to my work phone"),
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
        ("how do i renew my passport", "i need to get my passport renewed"),
        ("is a bike covered by the insurance", "does the insurance cover my bike"),
        ("how do i cash in my points", "how do i turn points into cash"),
    ],
)
def test_not_reversed(query: str, question: str) -> None:
    assert reversed_roles(tuple(query.split()), tuple(question.split())) == ""


def test_several() -> None:
    flights = ("from boston to denver", "to austin from miami"), ("from boston to denver",)
    assert [several([tuple(one.split()) for one in group]) for group in flights] == [True, False]
