"""What callers say after what they want, and what is part of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.text.closings import without_ending
from intents.text.english import words
from intents.text.spoken import canonical

ENDINGS = [
    ("where is my order thanks in advance for your help", "where is my order"),
    ("when do you open if that's okay", "when do you open"),
    ("when do you open thank you for your time", "when do you open"),
    ("when do you open can you tell me please", "when do you open"),
    ("is there a fee do you know", "is there a fee"),
    ("where is my order i was wondering", "where is my order"),
    ("is there a fee if you don't mind me asking", "is there a fee"),
    ("what is the fee exactly", "what is the fee"),
    ("i lost my card please and thank you", "i lost my card"),
    ("cancel my card if you could help me with that", "cancel my card"),
    ("cancel my card that would be great", "cancel my card"),
    ("what is my balance i'd appreciate it", "what is my balance"),
    ("where is my order can you help me with that", "where is my order"),
    ("where is my order that's my question", "where is my order"),
    ("you are open on sunday right", "you are open on sunday"),
    ("i lost my card could you sort that out for me", "i lost my card"),
    # as it is heard
    ("cancel my card if your could help my with that", "cancel my card"),
    ("is my balance too low can you helps me what that", "is my balance too low"),
    ("do i need a visa for spain can help me with that", "do i need a visa for spain"),
    ("what is my balance i'd appreciated it", "what is my balance"),
    ("what is my balance if you could've help me with that", "what is my balance"),
    ("cancel my card if you could helped me with that", "cancel my card"),
    ("any idea what my balance is can you help me with that", "what is my balance"),
]
KEPT = [
    "which department can help me with this",
    "who can help me with this",
    "is there someone that can help me",
    "my doctor said you could help me",
    "can a nurse at the clinic help me",
    "what do you know",
    "what songs do you know",
    "how much do you know",
    "what can you tell me",
    "do you have any jokes to tell me",
    "what things can you help me with",
    "is my tire pressure okay",
    "that would be great",
    "can you help me with that",
    "did the payment go through okay",
    "turn the volume up right",
    "is everything okay",
]


@pytest.mark.parametrize(("text", "expected"), ENDINGS)
def test_what_follows_the_question_goes(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize("text", KEPT)
def test_what_may_be_meant_stays(text: str) -> None:
    assert canonical(text) == text


WORDS = words(
    "not never monday 5 card order what when can you help me with that tell if do know any idea "
    "okay right yeah sorry it would be great thanks i was wondering just is there a fee exactly"
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join))
def test_enough_is_left_and_it_is_the_beginning(text: str) -> None:
    shorter = without_ending(text)
    assert text.startswith(shorter)
    assert shorter == text or len(shorter.split()) >= 2


@given(st.text(max_size=60))
def test_any_text_is_bearable(text: str) -> None:
    said = " ".join(text.split())
    assert len(without_ending(said)) <= len(said)
