"""Catalogues whose stored bytes are not what was published."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gateway.adapters.store import SqliteStore
from gateway.errors import StoreFailed
from tests.support.stored import draft, put_clips


@pytest.mark.parametrize("column", ["entries", "clips", "knowledge"])
def test_a_changed_byte_is_noticed_and_an_earlier_one_still_loads(
    tmp_path: Path, column: str
) -> None:
    store = SqliteStore(tmp_path)
    put_clips(store, draft("one"))
    for _ in range(2):
        store.publish(draft("one"))
    connection = sqlite3.connect(tmp_path / "frontline.db")
    connection.execute(
        f"UPDATE catalogue SET {column} = CAST(replace({column}, 'o', '0') AS "
        f"{'BLOB' if column == 'knowledge' else 'TEXT'}) WHERE number = 2"
    )
    connection.commit()
    connection.close()
    with pytest.raises(StoreFailed, match=r"catalogue 2 .* is damaged: make another one live"):
        store.load("default")
    store.activate("default", 1)
    assert store.load("default").number == 1
    store.close()


def test_a_refused_draft_counts_what_is_missing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    with pytest.raises(StoreFailed, match="entry:e0 as mulaw_8000 and 11 more is not stored"):
        store.publish(draft("one", "two"))
    store.close()
