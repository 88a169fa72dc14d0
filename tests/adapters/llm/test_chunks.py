"""Chunks of a streamed completion, as vendors and those like them send them."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.adapters.llm.chunks import BEGUN, EMPTY, AnswerReader
from gateway.core.race.attempts import AttemptFailure, Piece, PieceKind, ToolCall
from gateway.ports.models import ChatFailed, Usage

Object = dict[str, Any]


def chunk(reason: str | None = None, **delta: Any) -> Object:
    return Object(choices=[Object(delta=Object(**delta), finish_reason=reason)], usage=None)


def part(
    index: int | None, call_id: str | None = None, name: str | None = None, args: str | None = ""
) -> Object:
    return Object(index=index, id=call_id, function=Object(name=name, arguments=args))


def read(*chunks: Object) -> list[Piece | Usage]:
    reading = AnswerReader()
    found = [one for each in chunks for one in reading.take(each)]
    reading.end()
    return found


def tools(*chunks: Object) -> list[ToolCall]:
    found = read(*chunks)
    return [one.tool for one in found if isinstance(one, Piece) and one.tool is not None]


def text(words: str) -> Piece:
    return Piece(kind=PieceKind.TEXT, text=words)


def test_role_words_end_and_usage() -> None:
    usage = Object(choices=[], usage=Object(prompt_tokens=9, completion_tokens=2))
    assert read(chunk(role="assistant", content=""), chunk(content="Hi"), chunk("stop"), usage) == [
        EMPTY,
        text("Hi"),
        EMPTY,
        Usage(prompt=9, answer=2),
    ]


def test_usage_in_groqs_place() -> None:
    last = chunk("stop", content=None)
    last["x_groq"] = Object(usage=Object(prompt_tokens=9, completion_tokens=None))
    assert read(last)[-1] == Usage(prompt=9, answer=0)


def test_thoughts_are_not_said_but_a_refusal_is() -> None:
    assert read(chunk(content=None, reasoning="hm")) == [EMPTY]
    assert read(chunk(content=None, refusal="I cannot."), chunk("stop"))[0] == text("I cannot.")
    nothing = Object(choices=[Object(delta=None, finish_reason=None)], usage=None)
    assert read(nothing, Object(choices=None, usage=None)) == [EMPTY]


def test_a_tool_call_in_fragments() -> None:
    pieces = read(
        chunk(tool_calls=[part(0, "c1", "pay")]),
        chunk(tool_calls=[part(0, args='{"a":')]),
        chunk(tool_calls=[part(0, args="1}")]),
        chunk("tool_calls"),
    )
    call = ToolCall(id="c1", name="pay", arguments='{"a":1}')
    assert pieces == [BEGUN, EMPTY, EMPTY, EMPTY, Piece(kind=PieceKind.TOOL, tool=call)]


def test_one_is_whole_when_the_next_begins() -> None:
    reading = AnswerReader()
    reading.take(chunk(tool_calls=[part(0, "c1", "one")]))
    second = reading.take(chunk(tool_calls=[part(1, "c2", "two")]))
    assert second == [Piece(kind=PieceKind.TOOL, tool=ToolCall(id="c1", name="one")), BEGUN]


@pytest.mark.parametrize(
    "parts",
    [
        [[part(0, "c1", "pay", "{}"), part(1, "c2", "pay", "{}")]],
        [[part(None, "c1", "pay", "{}")], [part(None, "c2", "pay", "{}")]],
        [[part(None, "c1", "pay", "{")], [part(None, None, None, "}"), part(None, "c2", "pay")]],
        [[part(0, "c1", "pay", "{")], [part(0, "c1", "pay", "}")], [part(1, "c2", "pay", None)]],
    ],
)
def test_ways_to_send_two(parts: list[list[Object]]) -> None:
    found = tools(*[chunk(tool_calls=one) for one in parts], chunk("tool_calls"))
    assert [(one.id, one.name, one.arguments) for one in found] == [
        ("c1", "pay", "{}"),
        ("c2", "pay", "{}"),
    ]


def test_calls_without_an_id_are_told_apart() -> None:
    found = tools(
        chunk(tool_calls=[part(0, None, "one"), part(1, None, "two")]), chunk("tool_calls")
    )
    assert [one.id for one in found] == ["call_0", "call_1"]


@pytest.mark.parametrize("arguments", ['{"a":', "[]", "words"])
def test_half_a_tool_call_is_a_failure(arguments: str) -> None:
    with pytest.raises(ChatFailed) as caught:
        tools(chunk(tool_calls=[part(0, "c1", "pay", arguments)]), chunk("length"))
    assert caught.value.reason is AttemptFailure.BROKEN


def test_so_is_one_without_a_name() -> None:
    with pytest.raises(ChatFailed):
        tools(chunk(tool_calls=[part(0, "c1", None, "{}")]), chunk("stop"))


@pytest.mark.parametrize("begun", [chunk(content="Hi"), chunk(tool_calls=[part(0, "c", "pay")])])
def test_a_stream_that_just_ends_is_broken(begun: Object) -> None:
    with pytest.raises(ChatFailed) as caught:
        read(begun)
    assert caught.value.reason is AttemptFailure.BROKEN


def test_one_that_said_nothing_is_merely_empty() -> None:
    assert read(chunk(role="assistant")) == [EMPTY]
