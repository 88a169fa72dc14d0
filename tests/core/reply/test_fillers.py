from __future__ import annotations

from collections.abc import Mapping

import pytest

from gateway.core.reply.fillers import Fillers as LineFillers
from gateway.core.reply.fillers import key
from tests.support.script import system

LINES = {"handoff": 1.0, "filler:1": 0.5, "filler:2": 0.5, "bridge:1": 1.0, "tool:my_balance": 0.6}
LINES |= {"intent:advice": 0.7}


class Fillers:
    """The fillers of a call, whose lines are texts; "" where there is none."""

    def __init__(self, lines: Mapping[str, float]) -> None:
        self._fillers = LineFillers(system(lines))
        self.knows = self._fillers.knows

    def waiting(self, intent: str) -> str:
        return str(self._fillers.waiting(intent) or "")

    def more(self) -> str:
        return str(self._fillers.more() or "")

    def working(self, tool: str) -> str:
        return str(self._fillers.working(tool) or "")

    def bridge(self) -> str:
        return str(self._fillers.bridge() or "")


@pytest.mark.parametrize("name", ["My Balance", "my-balance", " my_balance ", "MY  BALANCE"])
def test_names_are_compared_without_case_and_with_any_joint(name: str) -> None:
    assert key(name) == "my_balance"


def test_general_ones_come_in_turn() -> None:
    fillers = Fillers(LINES)
    said = [fillers.waiting("") for _ in range(3)]
    assert said == ["filler:1", "filler:2", "filler:1"]


def test_never_the_same_twice_running() -> None:
    fillers = Fillers({"filler:1": 0.5})
    assert fillers.waiting("") == "filler:1"
    assert (fillers.waiting(""), fillers.more(), fillers.bridge()) == ("", "", "")


def test_where_a_kind_has_nothing_else_another_has() -> None:
    fillers = Fillers({"filler:1": 0.5, "bridge:1": 1.0})
    said = [fillers.waiting(""), fillers.more(), fillers.more(), fillers.bridge(), fillers.bridge()]
    assert said == ["filler:1", "bridge:1", "filler:1", "bridge:1", "filler:1"]


def test_more_comes_in_turn_too() -> None:
    fillers = Fillers({**LINES, "more:1": 0.5, "more:2": 0.5})
    said = [fillers.waiting(""), *(fillers.more() for _ in range(3)), fillers.bridge()]
    assert said == ["filler:1", "more:1", "more:2", "more:1", "bridge:1"]


def test_an_intent_has_its_own_but_not_twice_running() -> None:
    fillers = Fillers(LINES)
    said = [fillers.waiting("Advice"), fillers.waiting("advice"), fillers.waiting("advice")]
    assert said == ["intent:advice", "filler:1", "intent:advice"]
    assert fillers.waiting("unheard of") == "filler:2"


def test_a_tool_has_its_own_or_none() -> None:
    fillers = Fillers(LINES)
    assert fillers.knows("my balance") and not fillers.knows("weather")
    assert fillers.working("my balance") == "tool:my_balance"
    assert fillers.working("my balance") == ""
    assert fillers.working("weather") == ""


def test_what_is_not_rendered_is_not_said() -> None:
    fillers = Fillers({})
    assert (fillers.waiting("advice"), fillers.working("x"), fillers.bridge()) == ("", "", "")


def test_hums_are_those_that_are_short_enough() -> None:
    lines = system({"hum:1": 0.7, "filler:1": 0.8})
    assert not LineFillers(lines).hums
    assert LineFillers(lines).hum() is None
    lines |= system({"hum:2": 0.3, "hum:3": 0.4})
    fillers = LineFillers(lines)
    assert fillers.hums
    assert [str(fillers.hum()) for _ in range(3)] == ["hum:2", "hum:3", "hum:2"]
