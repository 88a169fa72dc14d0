"""The tables are in the form that the rules of ``spoken`` produce."""

import pytest

from intents.text import english as en
from intents.text.spoken import canonical


@pytest.mark.parametrize("word", sorted({*en.CONTRACTIONS, *en.BARE}))
def test_contractions_expand(word: str) -> None:
    """Within a sentence: alone, "thx" and the like are courtesy."""
    full = en.CONTRACTIONS.get(word) or en.BARE[word]
    assert canonical(f"card {word} card") == canonical(f"card {full} card")


@pytest.mark.parametrize(("word", "us"), sorted(en.SPELLINGS.items()))
def test_spellings_are_final(word: str, us: str) -> None:
    assert us not in en.SPELLINGS
    assert canonical(f"my {word}") == f"my {us}"


@pytest.mark.parametrize("pair", sorted(en.COMPOUNDS))
def test_compounds(pair: tuple[str, str]) -> None:
    assert en.COMPOUNDS[pair] in canonical(f"about {' '.join(pair)} about").split()


@pytest.mark.parametrize("word", sorted(en.ACRONYMS - {"am", "pm", "ai", "it"}))
def test_spelled_acronyms(word: str) -> None:
    assert canonical("the " + " ".join(word)) == canonical(f"the {word}")


@pytest.mark.parametrize(("short", "day"), sorted(en.WEEKDAYS.items()))
def test_weekdays(short: str, day: str) -> None:
    assert canonical(f"open {short}") == f"open {day}"


def test_words() -> None:
    assert en.words("a b") == ["a", "b"]
