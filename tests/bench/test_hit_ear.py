"""The benchmark of hits beside an ear: what it compares."""

from __future__ import annotations

from bench.hit_ear import COMPARED, added


def test_what_the_ear_adds_is_the_difference() -> None:
    figures = {f"off_{name}": 2.0 for name in COMPARED} | {f"on_{name}": 3.5 for name in COMPARED}
    assert {added(figures, name) for name in COMPARED} == {1.5}
