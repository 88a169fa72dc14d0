"""Slips that workers leave for each other."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gateway.workers import slips
from gateway.workers.slips import KEPT, Slips


def test_a_slip_is_written_once_and_taken_once(tmp_path: Path) -> None:
    one, other = Slips(tmp_path / "notes"), Slips(tmp_path / "notes")
    assert one.put("call 7", "+15550100")
    assert not other.put("call 7", "elsewhere")
    assert other.take("call 7") == "+15550100"
    assert one.take("call 7") is None


def test_a_key_is_no_path(tmp_path: Path) -> None:
    notes = Slips(tmp_path / "notes")
    assert notes.put("../../etc/x", "")
    assert notes.take("../../etc/x") == ""
    assert list(tmp_path.iterdir()) == [tmp_path / "notes"]


def test_old_slips_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slips, "SWEEP", 2)
    notes = Slips(tmp_path / "notes")
    notes.put("old", "")
    (old,) = (tmp_path / "notes").iterdir()
    past = time.time() - KEPT - 1
    os.utime(old, (past, past))
    notes.put("new", "")
    assert notes.take("old") is None
    assert notes.take("new") == ""
