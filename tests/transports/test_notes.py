"""The notes of a process that is alone."""

from __future__ import annotations

import pytest

from gateway.transports import notes
from gateway.transports.notes import OwnNotes


def test_a_note_is_written_once_and_taken_once() -> None:
    own = OwnNotes()
    assert own.put("call", "there")
    assert not own.put("call", "elsewhere")
    assert own.take("call") == "there"
    assert own.take("call") is None


def test_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "REMEMBERED", 2)
    own = OwnNotes()
    for key in "abc":
        own.put(key, key)
    assert [own.take(key) for key in "abc"] == [None, "b", "c"]
