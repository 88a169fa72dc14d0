"""``frontline turns``."""

from __future__ import annotations

import json

import pytest

from tests.commands.running.conftest import Asked


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ((), ["a-3", "a-2", "a-1"]),
        (("--path", "cache"), ["a-1"]),
        (("--entry", "wifi"), ["a-1"]),
        (("--call", "b"), []),
        (("--flagged",), []),
        (("--limit", "1"), ["a-3"]),
    ],
)
def test_turns_in_a_table_and_for_programs(
    asked: Asked, options: tuple[str, ...], ids: list[str]
) -> None:
    shown = asked("turns", *options)
    assert [line.split()[0] for line in shown.out.splitlines()[1:]] == ids
    told = json.loads(asked("turns", "--json", *options).out)
    assert [one["id"] for one in told["turns"]] == ids


def test_all_of_one(asked: Asked) -> None:
    done = asked("turns", "a-2")
    assert "why:   nothing is near" in done.out
    assert "\x1b" not in done.out
    assert ["ttfa_ms", "204.000"] in [line.split() for line in done.out.splitlines()]
    assert "agent: No." in asked("turns", "a-3").out
    gone = asked("turns", "a-9")
    assert (gone.code, "there is no turn 'a-9'" in gone.err) == (2, True)
