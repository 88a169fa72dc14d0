"""What callers say while they wait."""

from __future__ import annotations

import pytest

from intents.turns.waiting import adds, checks_in, may_check_in

CHECKS = (
    *("hello?", "Hello? Are you there?", "hello hello", "hi", "are you still there please"),
    *("um hello can you hear me", "is anybody there", "excuse me are you there", "you there"),
    *("sorry, are you still on the line?", "what's going on", "what is taking so long"),
)
OTHERS = (
    *("hello I have another question", "are you open on sundays", "can you hear music there"),
    *("", "never mind", "yes", "and for my wife too", "is there anyone who speaks french"),
    *("what is going on with my card", "how long will it take to get a card"),
)


@pytest.mark.parametrize("text", CHECKS)
def test_who_asks_if_somebody_is_there_asks_nothing_else(text: str) -> None:
    assert checks_in(text)
    assert may_check_in(text)


@pytest.mark.parametrize("text", OTHERS)
def test_anything_else_is_no_such_question(text: str) -> None:
    assert not checks_in(text)


@pytest.mark.parametrize("text", CHECKS)
def test_it_may_be_one_from_its_first_word_on(text: str) -> None:
    words = text.removeprefix("um ").split()
    assert all(may_check_in(" ".join(words[: n + 1])) for n in range(len(words)))


@pytest.mark.parametrize("text", ["when do", "are they", "my card", "never", ""])
def test_what_cannot_become_one_is_not_waited_for(text: str) -> None:
    assert not may_check_in(text)


@pytest.mark.parametrize(
    "text",
    [
        *("and for my wife too", "also the savings account", "for my son as well please"),
        *("oh and in canada", "plus the fees", "my wife too", "but only the last one"),
    ],
)
def test_what_is_added(text: str) -> None:
    assert adds(text)


@pytest.mark.parametrize(
    "text", ["never mind", "when do you open", "hello", "", "i want to talk about my card", "stop"]
)
def test_what_adds_nothing(text: str) -> None:
    assert not adds(text)
