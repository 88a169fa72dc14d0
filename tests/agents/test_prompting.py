"""What a model is sent."""

from __future__ import annotations

from gateway.agents.context import size_of
from gateway.agents.prompting import Prompting
from tests.support.chatting import asking

PAST = (("user", "hello there"), ("assistant", "Good morning."))


def test_style_knowledge_past_and_words_in_this_order() -> None:
    made = Prompting(style="Speak.", about="A shop.", max_tokens=90, temperature=0.2)
    request = made.request(asking(history=PAST))
    assert request.messages == (
        {"role": "system", "content": "Speak.\n\nA shop."},
        {"role": "user", "content": "hello there"},
        {"role": "assistant", "content": "Good morning."},
        {"role": "user", "content": "when do you open"},
    )
    assert (request.max_tokens, request.temperature, request.tools) == (90, 0.2, ())
    assert request.prompt_tokens == size_of(request.messages)


def test_an_intents_prompt_stands_in_place_of_the_rest() -> None:
    made = Prompting(style="Speak.", about="A shop. " * 100)
    request = made.request(asking(prompt="Mortgages only."))
    assert request.messages[0]["content"] == "Speak.\n\nMortgages only."


def test_without_instructions_there_is_no_system_message() -> None:
    request = Prompting(style="").request(asking())
    assert [one["role"] for one in request.messages] == ["user"]


def test_the_callers_words_are_kept_whatever_they_take() -> None:
    made = Prompting(style="Speak.", context_tokens=200)
    request = made.request(asking("word " * 1000, history=PAST))
    assert [one["role"] for one in request.messages] == ["system", "user"]
    assert request.messages[-1]["content"] == "word " * 1000


def test_the_budget_is_of_all_that_is_sent() -> None:
    history = tuple(pair for _ in range(50) for pair in PAST)
    tools = ({"type": "function", "function": {"name": "balance", "description": "x" * 300}},)
    for tokens in (200, 300, 400):
        made = Prompting(style="Speak.", context_tokens=tokens)
        request = made.request(asking(history=history), tools)
        assert tokens - 20 < request.prompt_tokens <= tokens
        assert request.tools == tools
        assert request.messages[1]["role"] == "user", "whole turns"


def test_what_has_come_since_follows_the_words() -> None:
    result = {"role": "tool", "tool_call_id": "call_1", "content": "12.50"}
    request = Prompting(style="").request(asking(), after=[result])
    assert [one["role"] for one in request.messages] == ["user", "tool"]
