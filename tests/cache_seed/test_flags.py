"""Flags of past turns, as calibration gets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cache_seed import flags
from cache_seed.flags import digest, flagged
from gateway.adapters.store import SqliteStore
from gateway.privacy.redactor import wording
from intents.decision import Flagged
from tests.stored import turn

MISS = {"kind": "miss"}


def flag(entry: str, *, right: bool) -> Flagged:
    return Flagged(text="when do you close", entry=entry, right=right)


@pytest.mark.parametrize(
    ("fields", "verdict", "meant", "expected"),
    [
        ({"entry": "hours"}, "right", "", [flag("hours", right=True)]),
        ({"entry": "hours"}, "wrong", "", [flag("hours", right=False)]),
        (
            {"entry": "hours"},
            "wrong",
            "fees",
            [flag("hours", right=False), flag("fees", right=True)],
        ),
        ({"path": "handoff", "evidence": MISS}, "wrong", "fees", [flag("fees", right=True)]),
        ({"path": "agent", "evidence": MISS}, "right", "", [flag("", right=True)]),
        ({"path": "agent", "evidence": MISS}, "wrong", "", []),
        ({"path": "clarify", "evidence": {"kind": "clarify"}}, "right", "", []),
        (
            {"path": "agent", "shadow": True, "entry": "fees", "evidence": {"kind": "answer"}},
            "wrong",
            "",
            [flag("fees", right=False)],
        ),
    ],
)
def test_what_a_flag_says(
    tmp_path: Path, fields: dict[str, object], verdict: str, meant: str, expected: list[Flagged]
) -> None:
    store = SqliteStore(tmp_path)
    store.write([turn("c", 1, **fields), turn("c", 2), turn("d", 1, tenant="other")])
    store.flag("c-1", verdict, meant)
    store.flag("d-1", "right")
    assert flagged(store, "default") == expected
    store.close()


def test_the_newest_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flags, "MOST", 2)
    store = SqliteStore(tmp_path)
    store.write([turn("c", number, entry=f"e{number}") for number in range(4)])
    for number in range(4):
        store.flag(f"c-{number}", "right")
    assert [one.entry for one in flagged(store, "default")] == ["e3", "e2"]
    store.close()


def test_the_words_are_the_callers_without_what_is_theirs(tmp_path: Path) -> None:
    """What was blanked in the record is no wording of a question."""
    store = SqliteStore(tmp_path)
    said = "my number is [number] when do you close"
    store.write([turn("c", 1, entry="hours", text=said)])
    store.flag("c-1", "right")
    (one,) = flagged(store, "default")
    assert one.text == wording(said) != said
    assert "[number]" not in one.text
    assert "when do you close" in one.text
    store.close()


def test_the_digest_is_of_all_they_say_in_any_order() -> None:
    one, other = flag("hours", right=True), flag("fees", right=False)
    assert digest([one, other]) == digest(iter([other, one])) == digest([one, other])
    every = [
        [],
        [one],
        [one, one],
        [one, other],
        [flag("hours", right=False)],
        [flag("x", right=True)],
    ]
    assert len({digest(flags) for flags in every}) == len(every)
