"""A small FAQ of our own, as understanding sees it."""

from __future__ import annotations

from functools import lru_cache

import pytest

from intents.learning import fitting
from intents.learning.background import background
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.models.build import adapting
from intents.models.encoder import Encoder, Vectors

LITTLE = 100
"""Lines of general talk."""

FAQ = (
    Item(
        id="hours",
        intent="opening_hours",
        questions=(
            "when do you open",
            "what are your opening hours",
            "what time are you open",
            "how late are you open today",
        ),
        counter_examples=("are you open on christmas day",),
    ),
    Item(
        id="holidays",
        intent="holiday_hours",
        questions=(
            "are you open on public holidays",
            "what are your holiday hours",
            "are you closed on bank holidays",
        ),
    ),
    Item(
        id="parking",
        intent="parking",
        questions=(
            "do you have parking",
            "where can i park my car",
            "is there a parking lot",
            "is parking free",
        ),
    ),
    Item(
        id="refund",
        intent="refund",
        questions=(
            "how do i get a refund",
            "can i get my money back",
            "how do i send something back for a refund",
            "when will i get my refund",
        ),
    ),
    Item(
        id="delivery",
        intent="delivery_time",
        questions=(
            "how long does delivery take",
            "when will a parcel arrive",
            "how fast do you deliver",
            "how many days does shipping take",
        ),
    ),
    Item(
        id="abroad",
        intent="delivery_abroad",
        questions=(
            "do you deliver abroad",
            "can you ship to another country",
            "do you send parcels overseas",
        ),
    ),
    Item(
        id="password",
        intent="password",
        questions=(
            "i forgot my password",
            "how do i reset my password",
            "i can't log in to my account",
        ),
    ),
    Item(
        id="cancel",
        intent="cancel_order",
        questions=(
            "i want to cancel my order",
            "how do i cancel an order",
            "can i still cancel what i ordered",
        ),
        counter_examples=("how do i cancel my newsletter",),
    ),
    Item(
        id="gift",
        intent="gift_card",
        questions=(
            "do you sell gift cards",
            "can i buy a gift voucher",
            "where do i get a gift card",
        ),
    ),
    Item(
        id="payment",
        intent="payment",
        questions=(
            "how can i pay",
            "do you take credit cards",
            "which payment methods do you accept",
        ),
    ),
    Item(
        id="warranty",
        intent="warranty",
        questions=(
            "how long is the warranty",
            "is there a guarantee on your products",
            "what does the warranty cover",
        ),
    ),
    Item(
        id="complaint",
        intent="complaint",
        questions=(
            "i want to make a complaint",
            "i would like to complain about something",
            "where can i complain",
        ),
        action="transfer",
    ),
)


@lru_cache(maxsize=1)
def knowledge(encoder: Encoder) -> Knowledge:
    """Of ``FAQ`` at one wrong answer in a hundred, built once."""
    return Knowledge.build(FAQ, encoder, aim=Aim(0.01))


def train_a_little(patch: pytest.MonkeyPatch) -> None:
    """Let catalogues that are built keep an encoder trained for a few steps, whether that pays or
    not; of general talk only a little is taken, which is most of the work."""

    def little(encoder: Encoder, questions: Vectors) -> tuple[tuple[str, ...], Vectors]:
        lines, vectors = background(encoder, questions)
        return lines[:LITTLE], vectors[:LITTLE]

    patch.setattr("intents.learning.knowledge.background", little)
    patch.setattr(fitting, "DOUBT", 1000.0)
    patch.setattr(adapting, "LEAST_STEPS", 6)
    patch.setattr(adapting, "MOST_STEPS", 6)


@lru_cache(maxsize=1)
def adapted(encoder: Encoder) -> Knowledge:
    """Of ``FAQ`` with an encoder trained on it a little, built once."""
    with pytest.MonkeyPatch.context() as patch:
        train_a_little(patch)
        return Knowledge.build(FAQ, encoder, aim=Aim(0.01), adapt=True)
