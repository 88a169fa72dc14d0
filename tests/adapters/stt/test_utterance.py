"""What has been heard of the running utterance."""

from __future__ import annotations

from gateway.adapters.stt.utterance import HeardUtterance, Word
from gateway.ports.speech_in import Heard


def words(text: str, start: float = 0.0, confidence: float = 1.0) -> list[Word]:
    """Words of ten samples each."""
    return [
        Word(one, start + 10 * n, start + 10 * n + 10, confidence)
        for n, one in enumerate(text.split())
    ]


def test_interim_words_give_way_and_final_ones_stay() -> None:
    said = HeardUtterance()
    said.hear(words("for"), final=False)
    assert said.partial() == Heard("for", final=False)
    said.hear(words("four eyes"), final=True)
    said.hear(words("more", 20), final=False)
    said.hear(words("moor end", 20), final=False)
    assert said.partial() == Heard("four eyes moor end", final=False)
    assert said.final(40) == Heard("four eyes moor end", final=True)
    assert said.words == []


def test_the_same_partial_is_told_once_unless_it_becomes_eager() -> None:
    said = HeardUtterance()
    assert said.partial() is None
    said.hear(words("yes"), final=False)
    assert said.partial() is not None
    assert said.partial() is None
    assert said.partial(eager=True) == Heard("yes", final=False, eager=True)
    assert said.partial(eager=True) is None
    assert said.partial() == Heard("yes", final=False)
    said.final(10)
    said.hear(words("yes", 10), final=False)
    assert said.partial() == Heard("yes", final=False)


def test_what_was_told_is_not_told_again() -> None:
    said = HeardUtterance()
    said.hear(words("one two"), final=False)
    assert said.final(20).text == "one two"
    said.hear(words("one two three"), final=True)
    assert said.final(30).text == "three"
    assert said.final(5).text == ""
    assert said.told == 30


def test_confidence_is_that_of_the_words() -> None:
    said = HeardUtterance()
    said.hear([*words("a", 0, 0.5), *words("b", 10, 0.8)], final=True)
    assert said.final(20).confidence == 0.65
    said.hear(words("c", 20, 1.7), final=True)
    assert said.final(30).confidence == 1.0
    assert said.final(40).confidence == 1.0


def test_words_of_sound_that_is_gone_stay_as_they_were() -> None:
    said = HeardUtterance()
    said.hear(words("one"), final=True)
    said.hear(words("two three four", 10), final=False)
    assert said.settle(25) == 30  # within "three", which is not heard in part again
    said.hear(words("for", 30), final=True)
    assert said.final(40).text == "one two three for"
    assert said.settle(50) == 50


def test_words_without_text_are_none() -> None:
    said = HeardUtterance()
    said.hear([Word("", 0, 10)], final=True)
    assert said.words == []
