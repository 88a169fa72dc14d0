import os
import subprocess
import sys

import pytest

from intents.grammar.roles import reversed_roles


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


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
        ("my son hit another child", "another child hit my son"),
        ("can my boss see my notes", "can i see my boss notes"),
        ("do parents pay the school for trips", "does the school pay parents for trips"),
        ("how much do you pay for gold", "how much do i pay you for gold"),
    ],
)
def test_reversed(query: str, question: str) -> None:
    there = reversed_roles(words(query), words(question))
    back = reversed_roles(words(question), words(query))
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
        # what things do by themselves, and people to each other
        ("how long should a cake bake", "how long do you bake a cake"),
        ("the plan that i enrolled in", "the plan that i am enrolled in"),
        ("is this a person talking to me", "am i talking to a person"),
        ("what did i request for my vacation", "my vacation request i sent"),
        ("i got to schedule a visit to get my car seen", "i must schedule a visit"),
        # as it is heard
        ("i is wanted to swap salt", "i want to swap salt"),
    ],
)
def test_not_reversed(query: str, question: str) -> None:
    assert reversed_roles(words(query), words(question)) == ""


def test_the_reason_is_the_same_in_every_process() -> None:
    """Two nouns have changed their owners; which of them is told did depend on the hashes."""
    query, question = "your agent wants my manager", "my agent wants your manager"
    code = (
        "from intents.grammar.roles import reversed_roles as told;"
        f"print(told({words(query)!r}, {words(question)!r}))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3", "4", "5")
    }
    assert told == {reversed_roles(words(query), words(question)) + "\n"}
