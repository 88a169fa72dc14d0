"""Time and account of what is asked."""

import pytest

from intents.grammar.aspect import (
    AHEAD,
    DONE,
    GAINED,
    HELD,
    LEFT,
    NOW,
    RESULT,
    RULE,
    STATE,
    USED,
    WAS,
    WHY,
    Aspect,
    aspect,
    other_time,
)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("when did you open this branch", DONE),
        ("was the pool cleaned this morning", WAS),
        ("who approved the overtime", DONE),
        ("has my address been changed", RESULT),
        ("how many points have i redeemed", RESULT),
        ("is the train running late", NOW),
        ("when does my card expire", RULE),
        ("who approves overtime", RULE),
        ("what time will the shop close", AHEAD),
        ("is the road going to be closed", AHEAD),
        ("how to change my address", AHEAD),
        ("where can i see if it has been shipped", ""),
        ("how is the winner chosen", STATE),
        ("is the clinic open on sundays", STATE),
        ("when do i last got paid", DONE),
        ("is the fee paid by the tenant", STATE),
        ("where was the meeting held", WAS),
        ("how much sugar is in it", STATE),
        ("what time did breakfast finish", DONE),
        ("who won the raffle", DONE),
        ("why is my card declined", ""),
        ("why did my premium go up", WHY),
        ("what do i have planned for friday", ""),
        ("can you confirm the date", ""),
        ("was it possible to pay by card", ""),
        ("how many rides have i got on my card", ""),
        ("my card is lost", ""),
        ("", ""),
    ],
)
def test_when(text: str, when: str) -> None:
    assert aspect(text, text).when == when


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("how much data have i used", USED),
        ("how much of my benefit has been spent", USED),
        ("how much data is left", LEFT),
        ("how many days have i got left", LEFT),
        ("how many classes can i still attend", LEFT),
        ("how many vacation days do i have", HELD),
        ("how many days have i accrued", GAINED),
        ("how many vacation days do i have saved up", HELD),
        ("how long until my contract ends", LEFT),
        ("how much storage is free", LEFT),
        ("how much storage am i using", USED),
        ("how many more payments must i make", LEFT),
        ("how much do i have to pay", ""),
        ("what if i left my bag on the train", ""),
        ("i turned left at what street", LEFT),
    ],
)
def test_side(text: str, side: str) -> None:
    assert aspect(text, text).side == side


DATA = frozenset({"data", "month"})


@pytest.mark.parametrize(
    ("query", "question", "told_apart"),
    [
        (Aspect("", USED), Aspect("", LEFT), True),
        (Aspect("", GAINED), Aspect("", HELD), False),
        (Aspect(DONE, ""), Aspect(AHEAD, ""), True),
        (Aspect(DONE, ""), Aspect(RESULT, ""), False),
        (Aspect(RESULT, ""), Aspect(NOW, ""), False),
        (Aspect(DONE, ""), Aspect("", ""), False),
        (Aspect(WAS, ""), Aspect(STATE, ""), True),
        (Aspect(DONE, ""), Aspect(STATE, ""), False),
        (Aspect(WAS, ""), Aspect(RULE, ""), True),
        (Aspect(WHY, ""), Aspect(AHEAD, ""), True),
        (Aspect(WHY, ""), Aspect(DONE, ""), False),
    ],
)
def test_told_apart(query: Aspect, question: Aspect, told_apart: bool) -> None:
    assert bool(other_time(query, question, DATA, DATA)) is told_apart
    assert bool(other_time(question, query, DATA, DATA)) is told_apart


def test_only_of_the_same_thing() -> None:
    other = frozenset({"fee", "card"})
    assert other_time(Aspect(DONE, USED), Aspect(AHEAD, LEFT), DATA, other) == ""
    assert other_time(Aspect(DONE, ""), Aspect(AHEAD, ""), DATA, other | {"data"}) == ""
