"""What a model is told of approved answers."""

from __future__ import annotations

from gateway.agents.context import tokens
from gateway.agents.grounding import RULE, grounds
from gateway.agents.prompting import Prompting
from gateway.ports.agents import NearAnswer
from tests.support.chatting import asking

FREE = NearAnswer(entry="hours", question="when do you open", answer="At nine.")
OTHER = NearAnswer(
    entry="roaming",
    question="turn on roaming",
    answer="Dial one.",
    objection="asks for the opposite",
)
OLD = NearAnswer(entry="sale", question="is there a sale", answer="", objection="out of date")


def test_nothing_near_says_nothing() -> None:
    assert grounds((), 500) == ""


def test_each_answer_stands_with_its_question_and_what_is_against_it() -> None:
    assert grounds((FREE, OTHER, OLD), 500).splitlines() == [
        RULE,
        '- Asked: "when do you open" Answer: "At nine."',
        '- Asked: "turn on roaming" Not what the caller asks (asks for the opposite). Its answer: '
        '"Dial one."',
        '- Asked: "is there a sale" Not to be answered with this (out of date).',
    ]


def test_the_rule_forbids_to_invent() -> None:
    for word in ("only where it answers", "Never invent prices, times or policies"):
        assert word in RULE


def test_the_farthest_are_left_out_first_and_none_is_cut() -> None:
    whole = grounds((FREE, OTHER), 500)
    assert tokens(whole) <= 500
    less = grounds((FREE, OTHER), tokens(whole) - 5)
    assert less == grounds((FREE,), 500)
    assert grounds((FREE,), tokens(RULE)) == ""


def test_it_comes_last_of_what_is_known_and_is_counted() -> None:
    made = Prompting(style="Speak.", about="A shop.")
    request = made.request(asking(near=(FREE,)))
    assert request.messages[0]["content"] == f"Speak.\n\nA shop.\n\n{grounds((FREE,), 500)}"
    without = made.request(asking())
    more = request.prompt_tokens - without.prompt_tokens
    assert abs(more - tokens(grounds((FREE,), 500))) <= 1
