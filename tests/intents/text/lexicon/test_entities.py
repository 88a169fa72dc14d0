"""The tables hold canonical words, each in one place."""

from collections import Counter

from intents.text.lexicon import entities
from intents.text.spoken import canonical


def test_names_are_canonical_and_in_one_family() -> None:
    names = [
        name.replace("+", " ")
        for line in (*entities.PLACES, *entities.FAMILIES)
        for member in line.partition(":")[2].split()
        for name in member.split("/")
    ]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [name for name in names if canonical(name) != name] == []


def test_other_tables_are_canonical() -> None:
    for word in [*" ".join(entities.SYNONYMS).split(), *entities.GENERAL]:
        assert canonical(word) in (word, ""), word
