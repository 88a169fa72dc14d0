import pytest

from intents.grammar.owners import another


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("what is your address", "what is my address"),
        ("where is my account number", "where is your account number"),
        ("reset my original settings", "reset your settings"),
        ("can you see our meter", "can you see your meter"),
        ("can i use your new app", "can i use my app"),
        ("what if your van is late", "what if my van is late"),
    ],
)
def test_another_owner(query: str, question: str) -> None:
    assert another(words(query), words(question))
    assert another(words(question), words(query))


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("what is the address", "what is my address"),
        ("pay my bill at your shop", "pay my bill in your shop"),
        ("is your card like my card", "where is my card"),
        ("what do you do if your luggage is gone", "my luggage is gone"),
        ("how often do you have to change your oil", "when do i change my oil"),
        ("how easy is it to change your own oil", "change my oil"),
        ("should you leave your tires out", "may i leave my tires out"),
    ],
)
def test_the_same_owner_or_anybody(query: str, question: str) -> None:
    assert another(words(query), words(question)) == ""


def test_what_you_have_is_yours() -> None:
    assert another(words("do you have your own number"), words("is this my own number"))
