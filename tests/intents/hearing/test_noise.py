import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.hearing import noise
from intents.hearing.confusions import TABLE, kept
from intents.hearing.noise import edits, heard, said, spoken, word_error_rate
from intents.text.english import words

LINES = (TABLE.parent / "out_of_scope.txt").read_text("utf-8").splitlines()
TEXTS = [line for line in LINES if line and not line.startswith("#")]
TEXT = st.lists(
    st.sampled_from(
        words("i want to cancel my card not two monday can't 25 401k 21st atm what's how do you")
    ),
    max_size=12,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(TEXT, st.integers(0, 5), st.sampled_from((0.0, 0.5, 1.0, 3.0)))
def test_one_text_is_always_said_in_the_same_way(text: str, seed: int, strength: float) -> None:
    once = spoken(text, seed=seed, strength=strength)
    assert once == spoken(text, seed=seed, strength=strength)
    assert once == once.lower()
    assert re.fullmatch(r"(?:[^\s]+(?: [^\s]+)*)?", once)
    assert bool(once) == bool(text)


@settings(max_examples=300, deadline=None)
@given(TEXT, st.integers(0, 5))
def test_words_with_meaning_are_neither_lost_nor_made_up(text: str, seed: int) -> None:
    said_words = said(text, seed=seed).split()
    heard_words = heard(" ".join(said_words), seed=seed).split()
    assert [w for w in heard_words if kept(w) and w != "uh"] == [
        w for w in said_words if kept(w) and w != "uh"
    ]


def test_nothing_happens_at_strength_zero() -> None:
    assert spoken("What's my PIN, please?", strength=0) == "what's my pin please"
    assert word_error_rate(TEXTS, strength=0) == 0


def test_seeds_differ() -> None:
    text = "how do i change the address on my account"
    assert len({spoken(text, seed=seed) for seed in range(20)}) > 10


def test_word_errors_are_as_stated() -> None:
    """8 to 10 in 100 at strength 1, in proportion to strength."""
    assert 0.08 < word_error_rate(TEXTS) < 0.10
    assert word_error_rate(TEXTS, strength=0.5) == pytest.approx(
        word_error_rate(TEXTS) / 2, rel=0.2
    )


def test_callers_stumble_as_stated() -> None:
    plain = [said(text, strength=0) for text in TEXTS]
    words_more = [len(said(a).split()) - len(b.split()) for a, b in zip(TEXTS, plain, strict=True)]
    assert 0.6 < sum(more > 0 for more in words_more) / len(plain) < 0.85
    assert min(words_more) >= 0


@pytest.mark.parametrize("text", ["hello", "thank you", "no", ""])
def test_too_short_to_be_misheard(text: str) -> None:
    assert {heard(text, seed=seed, strength=3) for seed in range(50)} == {text}


@pytest.mark.parametrize(
    ("written", "in_words"),
    [
        ("5", "five"), ("25", "twenty five"), ("100", "one hundred"), ("20", "twenty"),
        ("1250", "one thousand two hundred fifty"), ("401k", "four zero one k"),
        ("21st", "twenty first"), ("20th", "twentieth"), ("4th", "fourth"), ("12th", "twelfth"),
        ("007", "zero zero seven"), ("123456", "one two three four five six"), ("3:30", "3:30"),
    ],
)  # fmt: skip
def test_numbers_in_words(written: str, in_words: str) -> None:
    assert noise._number(written) == in_words


@pytest.mark.parametrize(
    ("word", "in_full", "expected"),
    [
        ("what's", True, "what is"), ("what's", False, "whats"), ("bank's", True, "bank's"),
        ("i'm", True, "i am"), ("didn't", True, "did not"), ("can't", True, "cant"),
        ("o'clock", True, "oclock"),
    ],
)  # fmt: skip
def test_loose_apostrophes(word: str, in_full: bool, expected: str) -> None:
    assert noise._loose(word, in_full=in_full) == expected


def test_edits() -> None:
    assert edits([], []) == 0
    assert edits("abc", "axcd") == 2
    assert edits("abc", "") == 3
    assert edits(["over", "draft"], ["overdraft"]) == 2
