"""Where the questions of one entry name different things."""

import pytest

from intents.guards.entry.open_slots import places, varying
from intents.text.spoken import tokens


def of(*questions: str) -> frozenset[str]:
    return varying(tuple(map(tokens, questions)))


def test_three_names_in_one_place() -> None:
    found = of("call me bob", "they call me mary", "you may call me josh")
    assert found == {"named"}
    assert not of("call me bob", "they call me mary", "say hello")


def test_the_same_name_throughout() -> None:
    same = ["is the gold card free", "does the gold card cost anything", "the gold card please"]
    assert "+card" not in of(*same)
    assert "+card" not in of(*same, "the ruby card please", "the opal card please")
    assert "+card" in of(*same, "my ruby card", "my opal card", "the pearl card")


def test_what_is_done_is_no_thing() -> None:
    assert not of("how do i prune roses", "how do i trim roses", "how do i clip roses")
    assert not of("i want to prune it", "i want to trim it", "i want to clip it")


def test_days_and_numbers_are_no_names() -> None:
    assert not of("set it for monday", "set it for 5", "set it for july", "set it for tomorrow")


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("which bus goes to leeds", "leeds", ("to", "go+")),
        ("how do i get to the harbour", "harbour", ("to",)),
        ("i need to pay", "pay", ()),
        ("directions to the nearest bakery", "bakery", ("to", "direc+")),
        ("how do you spell syzygy", "syzygy", ("spel+",)),
        ("what is my amex account limit", "amex", ("+accou",)),
        ("my name is tom", "tom", ("named",)),
        ("a call to bob", "bob", ("to", "cal+")),
    ],
)
def test_what_tells_a_place(text: str, word: str, expected: tuple[str, ...]) -> None:
    words = tokens(text)
    assert places(words, words.index(word)) == expected
