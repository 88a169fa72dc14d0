"""What is recalled of a call."""

from __future__ import annotations

import pytest

from gateway.agents.context import PER_MESSAGE, recalled, size_of, tokens

HISTORY = (
    ("assistant", "Hello."),
    ("caller", "when do you open"),
    ("assistant", "At nine."),
    ("user", "and on"),
    ("user", "sundays"),
    ("assistant", "On Sundays we are closed."),
)


def texts(budget: int) -> list[str]:
    return [one["content"] for one in recalled(HISTORY, budget)]


def test_tokens_are_about_four_characters() -> None:
    assert [tokens("a" * length) for length in (0, 1, 4, 5)] == [0, 1, 1, 2]
    assert size_of([{"role": "user", "content": "a" * 8}, {"role": "tool"}]) == 2 + 2 * PER_MESSAGE


def test_all_of_it_if_it_fits() -> None:
    messages = recalled(HISTORY, 1000)
    assert [one["content"] for one in messages] == [text for _, text in HISTORY]
    assert [one["role"] for one in messages] == [
        *("assistant", "user", "assistant", "user", "user", "assistant")
    ]


def test_whole_turns_go_the_oldest_first() -> None:
    last = size_of(recalled(HISTORY[3:], 1000))
    middle = size_of(recalled(HISTORY[1:3], 1000))
    assert texts(last + middle) == [text for _, text in HISTORY[1:]]
    assert texts(last + middle - 1) == [text for _, text in HISTORY[3:]]
    assert texts(last - 1) == []
    assert texts(-5) == []


@pytest.mark.parametrize("budget", range(0, 80, 3))
def test_never_more_than_the_budget(budget: int) -> None:
    assert size_of(recalled(HISTORY, budget)) <= budget


def test_an_old_turn_does_not_take_the_place_of_a_newer_one() -> None:
    history = (("user", "short"), ("assistant", "yes"), ("user", "long " * 100))
    assert recalled(history, 50) == []


def test_what_was_never_heard_is_left_out() -> None:
    assert recalled((("user", "hello"), ("assistant", " ")), 100) == [
        {"role": "user", "content": "hello"}
    ]
