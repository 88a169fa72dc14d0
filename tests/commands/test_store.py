"""``frontline store copy``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.store.sqlite import SqliteStore
from tests.support.redis_server import redis_server
from tests.support.stored import draft, put_clips


@pytest.fixture
def seeded(tmp_path: Path) -> SqliteStore:
    store = SqliteStore(tmp_path / "var" / "store")
    put_clips(store, draft("one"))
    store.publish(draft("one"))
    return store


def test_into_redis_whose_password_stays_in_the_environment(
    run: Callable[..., Any],
    seeded: SqliteStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with redis_server(tmp_path / "redis", ["--requirepass", "hunter2"]) as server:
        monkeypatch.setenv("FRONTLINE_STORE__URL", f"redis://:hunter2@127.0.0.1:{server.port}")
        done = run("store", "copy", "sqlite:///var/store", "-", "--json")
        assert done.code == 0, done.err
        assert json.loads(done.out) == {
            "tenants": 1,
            "catalogues": 1,
            "clips": 6,
            "turns": 0,
            "left_out": [],
            "tokens": 0,
            "changes": 0,
        }
        listed = run("catalogue", "list", "--json")
        assert [one["number"] for one in json.loads(listed.out)] == [1]
        back = run("store", "copy", "-", "sqlite:///back")
        assert back.out == (
            "copied and read back: 1 tenants, 1 catalogues, 6 clips, 0 turns, 0 tokens, "
            "0 changes of the trail\n"
        )
        assert "hunter2" not in done.err + listed.err + back.err
    assert SqliteStore(tmp_path / "back").load("default").entries[0].answer == "one"


def test_a_store_into_itself(run: Callable[..., Any], seeded: SqliteStore) -> None:
    done = run("store", "copy", "sqlite:///var/store", "sqlite:///var/store")
    assert (done.code, "the same store" in done.err) == (2, True)
