"""What counts as the beginning of an answer, and which settings are possible."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields, replace
from itertools import pairwise

import pytest

from gateway.core.race.attempts import Hedging, Piece, PieceKind
from gateway.core.race.hedge import RaceState
from tests.support.documents import TEXTS, coded, rows, section
from tests.support.hedging import BEGUN, ROLE, text, tool


@pytest.mark.parametrize(
    ("piece", "usable"),
    [
        (ROLE, False),
        (text(""), False),
        (text(" \n"), False),
        (text("."), True),
        (BEGUN, True),
        (tool(), True),
        (Piece(kind=PieceKind.TOOL), False),
    ],
)
def test_words_and_tool_calls_are_usable(piece: Piece, usable: bool) -> None:
    assert piece.usable is usable


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"budget": 0.0}, "budget"),
        ({"budget": 1.1}, "budget"),
        ({"min_delay": 0.01}, "delays"),
        ({"first_delay": 0.01}, "delays"),
        ({"first_delay": 6.0}, "delays"),
        ({"max_delay": 6.0}, "delays"),
        ({"rescue_after": 0.01}, "rescue_after"),
        ({"give_up": 0.0}, "give_up"),
        ({"spread": 0.0}, "spread"),
        ({"depth": 1.0}, "bucket"),
        ({"debt": -1.0}, "debt"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(Hedging(), **change)  # type: ignore[arg-type]


def test_settings_are_those_documented() -> None:
    said: dict[str, float] = {}
    for names, defaults, _ in rows(section(TEXTS["hedge.md"], "Settings")):
        said |= dict(zip(coded(names), map(float, defaults.split(", ")), strict=True))
    assert said == {field.name: field.default for field in fields(Hedging)}


def test_states_are_those_drawn() -> None:
    drawn = set(re.findall(r"([A-Z]+) --> ([A-Z]+)", section(TEXTS["hedge.md"], "A race")))
    body = ast.parse(inspect.getsource(RaceState)).body[0]
    assert isinstance(body, ast.ClassDef)
    told = set()
    for state, text_below in pairwise(body.body):
        if isinstance(state, ast.Assign):
            arrows = ast.unparse(text_below).partition("->")[2]
            told |= {(ast.unparse(state.targets[0]), to) for to in re.findall("[A-Z]{4,}", arrows)}
    assert len(told) > 10
    assert told == drawn
