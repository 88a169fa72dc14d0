import pytest

from intents.grammar.pronouns import misheard, of_company


def marked(text: str) -> tuple[tuple[str, ...], int]:
    """The words, and the place of the one in brackets."""
    words = text.split()
    at = next(i for i, word in enumerate(words) if word.startswith("["))
    return tuple(word.strip("[]") for word in words), at


@pytest.mark.parametrize(
    "text",
    ["my [it] vacation request", "i want to [he] the other voice", "i [it] need a taxi",
     "can you [he] book a room", "what song am [it] hearing", "have [it] been paid too much",
     "who were [he] invented by",
     "when do [it] get a day off", "do [it] need a visa", "will [he] you confirm the month",
     "may [it] know the fee", "let me [she] i want a new name", "[it] a five minute timer",
     "[it] would like to know my balance", "[it] need some help", "when [he] need a card"],
)  # fmt: skip
def test_misheard(text: str) -> None:
    assert misheard(*marked(text))


@pytest.mark.parametrize(
    "text",
    ["is [it] open", "can [he] come with me", "does [it] need a stamp", "how do i do [it] at home",
     "have [it] sent to me", "would [she] want a bed", "how long is [it]", "can i do [it] again",
     "send me [it]", "when does [it] end", "what is in [them]", "is there room for [her]",
     "[it] works on my laptop", "do [it] again"],
)  # fmt: skip
def test_not_misheard(text: str) -> None:
    assert not misheard(*marked(text))


@pytest.mark.parametrize(
    "text",
    ["did [they] approve my request", "when do [they] mail me a card", "[they] call me john",
     "how do [they] say hello in french", "have [they] taken my money"],
)  # fmt: skip
def test_of_company(text: str) -> None:
    assert of_company(*marked(text))


@pytest.mark.parametrize(
    "text",
    ["do [they] fit my phone", "when do [they] expire", "are [they] my size",
     "can [they] use my card", "did [it] reach my bank", "did [they]"],
)  # fmt: skip
def test_not_of_company(text: str) -> None:
    assert not of_company(*marked(text))
