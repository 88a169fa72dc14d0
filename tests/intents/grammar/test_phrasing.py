import pytest

from intents.grammar.phrasing import elliptic, points_at_object
from intents.text.spoken import tokens


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
     "would saturday be the same", "how often again sorry", "is that the charge for each",
     "are there any more of them", "what is the limit for the other kind", "how do i register his",
     "can i change the name on it", "what was it before", "how long does that last",
     "when do they expire", "can he come too"],
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
     "can i get the same day delivery", "which of your sofas is the widest one",
     "did they approve my day off", "how do they say hello in french", "i appreciate it",
     "it would be nice if you told me the fee", "does it seem my tax is too high",
     "where can one get their papers", "when can someone see their doctor",
     "that is the exchange rate for the euro", "what is that last payment",
     "this is emily i lost a card", "do i have a plan and can i see the name on it",
     "thanks for the help", "how about you tell me a joke",
     # as it is heard
     "how long will it take get seated at the grill", "do it need a visa for spain",
     "can you tell me my it balance", "it need a taxi",
     "it safe to eat the chicken"],
)  # fmt: skip
def test_not_elliptic(text: str) -> None:
    assert elliptic(tokens(text)) == ""


def test_points_at_object() -> None:
    assert points_at_object(tokens("can i return it without the box"))
    assert not points_at_object(tokens("when does it expire"))
    assert not points_at_object(tokens("can i return shoes"))
