import pytest

from intents.grammar.asked import CONTRASTS, asks, extents


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("who called it off", "who"),
        ("what time do you open", "what time"),
        ("how much time is left", "how long"),
        ("how much more time do i have", "how long"),
        ("how many bags may i take", "how many"),
        ("tell me why you ask", "why"),
        ("when the offer is over what do i pay", ""),
        ("when is the offer over", "when"),
        ("how much of the time is over", "how"),
        ("when and where do i vote", ""),
        ("i will call you when it is done", ""),
        ("do you deliver", ""),
    ],
)
def test_question_words(text: str, word: str) -> None:
    assert asks(text) == word


def test_what_may_be_the_same_is_no_contrast() -> None:
    for pair in (("who", "where"), ("when", "how often"), ("how", "where"), ("how much", "what")):
        assert frozenset(pair) not in CONTRASTS
    assert frozenset(("who", "when")) in CONTRASTS
    assert frozenset(("how much", "how long")) in CONTRASTS


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("can i cancel all my orders", {"all"}),
        ("can i cancel just one of them", {"one"}),
        ("how do i delete 1 photo", {"one"}),
        ("do most of your doctors speak spanish", {"most"}),
        ("i pay a part of it and then half of the rest", {"part"}),
        ("is nobody there", {"none"}),
        ("are you open all day every tuesday at all", set()),
    ],
)
def test_extents(text: str, found: set[str]) -> None:
    assert extents(text) == found
