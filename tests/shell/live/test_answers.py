"""Which answers with live values can be given; what is heard of them is in ``tests/races``."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from gateway.agents.toolbox import Toolbox
from gateway.live.kinds import kind_of
from gateway.ports.store import Entry
from gateway.ports.tools import CallFacts
from gateway.shell.live.answers import LiveAnswers, template_of
from gateway.shell.live.kept import SpokenValues
from gateway.shell.sound.clips import ClipCache
from tests.support.fakes import FakeVoice
from tests.support.tools import NOTHING, ScriptedTool, Shelf

ENTRY = Entry(
    id="order",
    intent="order",
    questions=("where is it",),
    answer="It is {order.status}.",
    fallback="I cannot see that.",
)
KNOWN = CallFacts(call_id="c", tenant="t", caller={"number": "1"})
STRANGER = CallFacts(call_id="c", tenant="t")


@pytest.fixture
def answers() -> LiveAnswers:
    schema = {**NOTHING, "properties": {"number": {"type": "string"}}, "required": ["number"]}
    tool = ScriptedTool("order", ["{}"], parameters=schema, from_call={"number": "caller.number"})
    return LiveAnswers(
        tools=Toolbox([Shelf(tool)]),
        kinds={"order": {"status": kind_of("enum: shipped")}},
        voice=FakeVoice(),
        clips=cast(ClipCache, None),
        kept=SpokenValues(10, lambda: 0.0),
    )


def test_a_caller_known_to_the_tool_is_answered(answers: LiveAnswers) -> None:
    assert answers.answerable(ENTRY, KNOWN)


def test_nobody_else_is(answers: LiveAnswers) -> None:
    assert not answers.answerable(ENTRY, STRANGER)


@pytest.mark.parametrize("answer", ["{order.place}", "{parcel.status}", "{order", "At nine."])
def test_what_the_settings_no_longer_declare_is_not_said(answers: LiveAnswers, answer: str) -> None:
    assert not answers.answerable(replace(ENTRY, answer=answer), KNOWN)


def test_an_entry_older_than_live_values_has_no_template() -> None:
    assert template_of(replace(ENTRY, fallback="")) is None
    assert template_of(ENTRY) is not None
