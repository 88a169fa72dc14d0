import pytest

from intents.phrasing import elliptic, points_at_object
from intents.spoken import tokens


@pytest.mark.parametrize(
    "text",
    ["what about sunday", "and on holidays", "how much is that one", "is it open", "why",
     "how much", "tomorrow", "for kids", "without a receipt", "even for students",
     "why two", "do i have to print that one too", "is there a charge for those",
     "what was that code again", "how do i turn it off again", "so what's the difference",
     "can i do that online", "does that cost anything",
     "can i bring that in as well",
     "would i keep it in that case", "do i contact the same people again",
     "otherwise how do i send it",
     "what is the rate on the first one", "is there access from there", "same question but abroad",
     "would saturday be the same", "how often again sorry", "is that the charge for each"],
)  # fmt: skip
def test_elliptic(text: str) -> None:
    assert elliptic(tokens(text))


@pytest.mark.parametrize(
    "text",
    ["how long does it take to get a card", "i lost my card can you replace it", "opening hours",
     "is it possible to pay online", "will it rain on sunday", "what time is it",
     "it is freezing how can i turn the heating up", "how long does it usually take to get a card",
     "i would like paperless billing how do i sign up for that",
     "the card that i ordered is late", "if it rains do you open",
     "what is the fee for that card", "this is an emergency",
     "can i get the same day delivery", "which of your sofas is the widest one"],
)  # fmt: skip
def test_not_elliptic(text: str) -> None:
    assert elliptic(tokens(text)) == ""


def test_points_at_object() -> None:
    assert points_at_object(tokens("can i return it without the box"))
    assert not points_at_object(tokens("when does it expire"))
    assert not points_at_object(tokens("can i return shoes"))
