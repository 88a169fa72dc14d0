"""Tokens cut into what can be said: early, but nothing torn."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.core.speech.chunking import Chunker, Chunking

USUAL = Chunking()


def cut(text: str, size: int = 1, chunking: Chunking = USUAL) -> list[str]:
    """The chunks of a text that comes in tokens of so many characters, all at once."""
    chunker = Chunker(chunking)
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    chunks = [chunk for part in parts for chunk in chunker.feed(part, 0.0)]
    return chunks + chunker.finish()


@pytest.mark.parametrize(
    ("text", "chunks"),
    [
        (
            "Sure, I can do that, and more. It takes two or three days.",
            ["Sure, I can do that,", "and more. It takes two or three days."],
        ),
        ("Yes. We open at nine on weekdays.", ["Yes.", "We open at nine on weekdays."]),
        ("Is it you? No! Well then, good.", ["Is it you?", "No! Well then, good."]),
        (
            "We meet Dr. Smith at St. Mary's today. Then we all go home.",
            ["We meet Dr. Smith at St. Mary's today.", "Then we all go home."],
        ),
        ("It is No. 5 of all. Is it?", ["It is No. 5 of all.", "Is it?"]),
        ("I said no. Then he went home again.", ["I said no.", "Then he went home again."]),
        ("Pay $1,200.50 now. And 3.5 more then.", ["Pay $1,200.50 now.", "And 3.5 more then."]),
        ("We open at 9 a.m. on weekdays. Good.", ["We open at 9 a.m. on weekdays.", "Good."]),
        ("We open at 9 a.m. Come in. It is good.", ["We open at 9 a.m.", "Come in. It is good."]),
        ("Made in the U.S. by hand. Yes.", ["Made in the U.S. by hand.", "Yes."]),
        ("Fruit, e.g. apples, is good. Yes.", ["Fruit, e.g. apples,", "is good. Yes."]),
        ("Ask J. Smith of ours. Yes.", ["Ask J. Smith of ours.", "Yes."]),
        ("So do I. We go.", ["So do I.", "We go."]),
        ("On May 5, 2026, we open. Yes.", ["On May 5, 2026,", "we open. Yes."]),
        ("It was 5, you know, or 6.", ["It was 5,", "you know, or 6."]),
        (
            "Write to a.b@c.example or www.d.example/e,f?g. Now!",
            ["Write to a.b@c.example or www.d.example/e,f?g.", "Now!"],
        ),
        ("Open 10:30 to 5: always the same.", ["Open 10:30 to 5:", "always the same."]),
        (
            "Take these:\n1. The first one here\n2. The second one",
            ["Take these:", "1. The first one here", "2. The second one"],
        ),
        ('He said "we are open." Then he left us.', ['He said "we are open."', "Then he left us."]),
        ("Wait for me... and then we all go home.", ["Wait for me...", "and then we all go home."]),
        ("One two three - four five.", ["One two three -", "four five."]),
        ("One two three—four five.", ["One two three—", "four five."]),
        ("我们九点开门。谢谢！", ["我们九点开门。", "谢谢！"]),
        ("**Yes.** We do.", ["**Yes.** We do."]),
        ("  \n ", []),
        ("...", []),
        ("--- \n***\nHello there.", ["--- \n***\nHello there."]),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_where_it_is_cut(text: str, chunks: list[str], size: int) -> None:
    assert cut(text, size) == chunks


def test_the_first_chunk_does_not_wait_for_the_sentence() -> None:
    chunker = Chunker(USUAL)
    assert chunker.feed("I have looked, ", 1.0) == []
    assert chunker.feed("and", 1.1) == ["I have looked,"]
    assert chunker.feed(" it is there, as it should be", 1.2) == []
    assert chunker.deadline == pytest.approx(1.7), "of what was left when the chunk went out"


def test_an_undecided_full_stop_waits_for_the_next_letter() -> None:
    chunker = Chunker(USUAL)
    assert chunker.feed("Come at 5 p.m. ", 0.0) == []
    assert chunker.feed("W", 0.0) == ["Come at 5 p.m."]


@pytest.mark.parametrize(
    ("waiting", "said", "kept"),
    [
        ("we are look", "we are", "look"),
        ("we will see Dr. ", "we will see", "Dr."),
        ("we charge about $ 5", "we charge about", "$ 5"),
        ("it will cost 1,200 ", "it will cost", "1,200"),
        ("it will cost $5 mill", "it will cost", "$5 mill"),
        ("call us at (555) 123-4567 or", "call us at", "(555) 123-4567 or"),
        ("it happened on May 5, 20", "it happened on May", "5, 20"),
        ("there are 5, or", "there are 5,", "or"),
        ("it is at 5 p.m. on a", "it is at 5 p.m. on", "a"),
        ("it is at No. 5 in", "it is at", "No. 5 in"),
    ],
)
def test_waiting_has_an_end(waiting: str, said: str, kept: str) -> None:
    chunker = Chunker(Chunking(first_words=9))
    assert chunker.feed(waiting, 2.0) == []
    assert chunker.expire(2.5) == []
    assert chunker.deadline == pytest.approx(2.6)
    assert chunker.expire(2.6) == [said]
    assert chunker.finish() == [kept.strip()]
    assert chunker.deadline is None


def test_what_cannot_be_parted_is_asked_about_again_later() -> None:
    chunker = Chunker(USUAL)
    chunker.feed("5 ", 0.0)
    assert chunker.expire(0.6) == []
    assert chunker.deadline == pytest.approx(1.2)
    assert chunker.expire(0.7) == []
    assert Chunker(USUAL).expire(9.0) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("one two, three four five six", "one two,"),
        ("one two three four five six seven", "one two three four"),
        ("9 8 7 6 5 4 3 2 1 9 8 7 6", "9 8 7 6 5 4 3 2 1 9"),
        ("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrst"),
        ("--, --- --- ---- ---- ---- -----", ""),
    ],
)
def test_no_chunk_is_longer_than_it_may_be(text: str, first: str) -> None:
    chunks = cut(text, 3, Chunking(longest=20, first_words=9))
    assert all(len(one) <= 20 for one in chunks)
    assert chunks[:1] == ([first] if first else [])


@pytest.mark.parametrize("wrong", [{"first_words": 0}, {"later_words": 0}, {"longest": 19}])
def test_impossible_settings(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="least"):
        Chunking(**wrong)
    with pytest.raises(ValueError, match="least"):
        Chunking(patience=0)


ALPHABET = "ab Z5. ,\n!—-'\"。$(p.m. Dr. No. )"
texts = st.text(ALPHABET, max_size=120)


@given(texts, st.integers(1, 9), st.integers(20, 40))
@example("0 p.m. A" + " " * 30, 1, 20)
def test_how_tokens_are_cut_makes_no_difference(text: str, size: int, longest: int) -> None:
    chunking = Chunking(longest=longest, first_words=2, later_words=2)
    assert cut(text, size, chunking) == cut(text, 1000, chunking)


@given(st.lists(st.tuples(texts, st.floats(0, 2)), max_size=8))
def test_nothing_is_lost_repeated_or_torn(feeds: list[tuple[str, float]]) -> None:
    chunker, now, chunks = Chunker(Chunking(longest=400)), 0.0, []
    for text, pause in feeds:
        now += pause
        chunks += chunker.expire(now) + chunker.feed(text, now)
    chunks += chunker.finish()
    whole = "".join(text for text, _ in feeds)
    assert all(chunk == chunk.strip() and any(map(str.isalnum, chunk)) for chunk in chunks)
    # Marks that stand alone are not spoken; all that can be is, once and in order.
    said, given_ = ("".join(filter(str.isalnum, "".join(part))) for part in (chunks, [whole]))
    assert said == given_
    for number in re.findall(r"\d[\d.,]*\d", whole):
        assert any(number in chunk for chunk in chunks)
