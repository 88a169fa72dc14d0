"""Tokens and the trail in the database itself; what any store promises is in the contracts."""

from __future__ import annotations

from pathlib import Path

from gateway.adapters.store import SqliteStore
from gateway.ports.people import Change, Role, Token, TrailQuery


def test_text_that_no_database_keeps_is_mended_and_not_stumbled_over(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.keep_token(Token(id="a", name="x\ud800", role=Role.ADMIN, digest="", created=1.0))
    store.note(Change(id="1", at=1.0, who="a", name="\ud800", what="mode", tenant=""))
    found = store.token("a")
    assert found is not None
    assert found.role is Role.ADMIN
    assert len(store.trail(TrailQuery())) == 1
    store.close()


def test_both_are_there_after_closing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    store.keep_token(Token(id="a", name="Anna", role=Role.VIEWER, digest="d", created=1.0))
    store.note(Change(id="1", at=1.0, who="a", name="Anna", what="mode", tenant="bank"))
    store.close()
    again = SqliteStore(tmp_path, read_only=True)
    assert [one.name for one in again.tokens()] == ["Anna"]
    assert [one.tenant for one in again.trail(TrailQuery())] == ["bank"]
    again.close()
