"""Who has lost patience, and who only asks."""

from __future__ import annotations

import re

import pytest

from intents.text.spoken import plain
from intents.turns.mood import LEXICON, upset

ANGRY = {
    "swearing": ("where is my fucking card", "what the hell is this", "this damn card again"),
    "repeating": (
        "I already told you, my card is gone",
        "I've told you that twice",
        "that's not what I asked",
        "how many times do I have to say it",
    ),
    "anger": (
        "this is ridiculous",
        "You're useless",
        "you people are useless my card is gone",
        "I'm really frustrated with this",
        "you are wasting my time",
    ),
    "not heard": ("you're not listening", "are you even listening to me"),
    "complaint": (
        "I want to speak to a human about my card",
        "let me talk to your manager now",
        "get me a supervisor",
        "I want to make a complaint about the branch",
    ),
}
CALM = (
    "when do you open",
    "how many times can I withdraw money",
    "I want to ask about my card",
    "what is the second time zone on my statement",
    "is there a waiting time at the branch",
    "hello there",
    "I said yes",
    "shut down my account",
    "",
)


@pytest.mark.parametrize(
    ("group", "text"), [(group, text) for group, texts in ANGRY.items() for text in texts]
)
def test_anger_is_heard_by_its_group(group: str, text: str) -> None:
    assert upset(text)
    said = " ".join(plain(text))
    assert any(re.search(rf"\b(?:{phrase})\b", said) for phrase in LEXICON[group])


def test_every_group_is_tried() -> None:
    assert set(ANGRY) == set(LEXICON)


@pytest.mark.parametrize("text", CALM)
def test_a_question_is_no_anger(text: str) -> None:
    assert not upset(text)
