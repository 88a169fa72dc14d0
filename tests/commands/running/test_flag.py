"""``frontline flag``."""

from __future__ import annotations

import json

from gateway.adapters.store import SqliteStore
from gateway.ports.records import TurnQuery
from tests.commands.running.conftest import Asked


def test_a_verdict_and_what_was_meant(asked: Asked, house_store: SqliteStore) -> None:
    assert asked("flag", "a-1", "right").out == "turn a-1 is marked right\n"
    done = asked("flag", "a-1", "--entry", "parking")
    assert done.out == "turn a-1 is marked wrong: it should have been parking\n"
    told = json.loads(asked("flag", "a-1", "wrong", "--json").out)
    assert told == {"turn": "a-1", "verdict": "wrong", "entry": ""}
    marked = {one.id: one.flag for one in house_store.turns(TurnQuery(flagged=True))}
    assert marked == {"a-1": "wrong"}
    assert asked("flag", "a-1").code == 2
