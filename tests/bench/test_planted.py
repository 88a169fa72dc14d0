"""Personal data to be planted: enough of it, split in halves, and counted strictly."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.planted import Planted, kinds, planted, survivors


def test_there_are_enough_of_every_kind() -> None:
    found = kinds()
    assert sum(len(kind.values) for kind in found) >= 400
    assert all(len(kind.values) >= 24 for kind in found)
    assert len({kind.name for kind in found}) == len(found) >= 15


def test_every_value_is_in_forty_frames_and_a_quarter_of_the_pairs_is_held_out() -> None:
    every = list(planted())
    frames = Counter((one.kind, one.value) for one in every)
    assert set(frames.values()) <= {40, 80}  # a value may have been made twice
    halves = Counter(one.held_out for one in every)
    assert halves[True] == halves[False] == len(every) / 4
    assert all(one.value in one.text for one in every)


def test_it_is_the_same_every_time() -> None:
    assert kinds() == kinds()


@pytest.mark.parametrize(
    ("value", "kept", "left"),
    [
        ("anna miller", "my name is [name]", []),
        ("anna miller", "my name is [name] miller", ["miller"]),
        ("12 oak street", "i live at [address]", []),
        ("12 oak street", "i live at [number] oak street", ["oak"]),
        ("4111 2222", "it is [number] 2222", ["2222"]),
        ("john dot smith at gmail dot com", "it is [name] at gmail dot com", ["gmail"]),
        ("my little pony", "it is my [word] [word]", []),
    ],
)
def test_what_survives(value: str, kept: str, left: list[str]) -> None:
    one = Planted("x", value, "it is ", f"it is {value}", None)
    assert survivors(one, kept) == left


def test_words_of_the_frame_are_not_the_datums() -> None:
    one = Planted("x", "bill price", "the bill of ", "the bill of bill price", None)
    assert survivors(one, "the bill of [name]") == []
