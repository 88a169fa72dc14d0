"""The sound of values that is kept."""

from __future__ import annotations

from gateway.shell.live.kept import KEPT_FOR, SpokenValues, ValueKey


def key(text: str) -> ValueKey:
    return ValueKey(text, "", "en-US", "mulaw_8000", 0.1)


def test_a_value_is_kept_for_a_while() -> None:
    now = [0.0]
    kept = SpokenValues(100, lambda: now[0])
    kept.keep(key("one"), b"1")
    now[0] = KEPT_FOR - 1
    assert kept.find(key("one")) == b"1"
    assert kept.find(key("two")) is None
    now[0] = KEPT_FOR
    assert kept.find(key("one")) is None
    assert kept.size == 0


def test_what_was_made_first_makes_room() -> None:
    kept = SpokenValues(10, lambda: 0.0)
    for text in ("one", "two", "three"):
        kept.keep(key(text), b"12345")
    assert kept.find(key("one")) is None
    assert kept.find(key("three")) == b"12345"
    assert kept.size == 10


def test_what_is_larger_than_the_room_is_not_kept() -> None:
    kept = SpokenValues(10, lambda: 0.0)
    kept.keep(key("one"), b"12345678901")
    assert kept.size == 0


def test_all_is_forgotten() -> None:
    kept = SpokenValues(10, lambda: 0.0)
    kept.keep(key("one"), b"1")
    kept.clear()
    assert kept.find(key("one")) is None
    assert kept.size == 0
