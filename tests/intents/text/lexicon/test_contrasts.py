"""The tables parse, and each says something that the guards can use."""

from intents.text.lexicon import contrasts
from intents.text.spoken import tokens


def test_every_value_has_a_word_and_words_have_places() -> None:
    for index in (contrasts.POLARITY_INDEX, contrasts.STATE_INDEX, contrasts.KIND_INDEX):
        for places in index.values():
            for place in places:
                assert contrasts.WORDS[place]


def test_each_contrast_excludes_at_least_two_values() -> None:
    names = {name for name, _ in contrasts.WORDS}
    for name in names:
        assert (name, 0) in contrasts.WORDS
        assert (name, 1) in contrasts.WORDS


def test_no_word_stands_on_both_sides_of_one_contrast() -> None:
    for index in (contrasts.POLARITY_INDEX, contrasts.STATE_INDEX, contrasts.KIND_INDEX):
        for word, places in index.items():
            assert len({name for name, _ in places}) == len(places), word


def test_words_are_canonical() -> None:
    """A word that canonical text never contains would never be found."""
    for index in (contrasts.POLARITY_INDEX, contrasts.STATE_INDEX, contrasts.KIND_INDEX):
        for word in index:
            plain = word.replace("+", " ")
            assert tokens(plain) == tuple(plain.split()), word


def test_negations_are_not_soft() -> None:
    assert contrasts.NEGATORS.isdisjoint(contrasts.SOFT_NEGATIVES)
