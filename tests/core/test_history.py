from __future__ import annotations

import pytest

from gateway.core.history import KEPT, History, heard_of


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, ""),
        (0.2, ""),
        (0.25, "one"),
        (0.6, "one two"),
        (1.0, "one two three four"),
        (1.7, "one two three four"),
        (-1.0, ""),
    ],
)
def test_a_word_that_was_cut_was_not_heard(share: float, words: str) -> None:
    assert heard_of("one two  three four", share) == words


def test_who_said_what_in_order_and_nothing_empty() -> None:
    history = History()
    history.caller("when")
    history.ours("")
    history.ours("at nine")
    assert history.said == (("user", "when"), ("assistant", "at nine"))


def test_only_the_last_things_are_kept() -> None:
    history = History()
    for number in range(KEPT + 3):
        history.caller(str(number))
    assert len(history.said) == KEPT and history.said[0] == ("user", "3")
