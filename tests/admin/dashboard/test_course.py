"""A window piece by piece."""

from __future__ import annotations

from gateway.adapters.store import SqliteStore
from tests.admin.conftest import recent
from tests.admin.truth import Client


def test_counts_stand_in_their_pieces(client: Client, store: SqliteStore) -> None:
    store.write(
        [
            recent("a", 1, entry="wifi"),
            recent("a", 2, entry="wifi"),
            recent("a", 3, path="clarify"),
            recent("a", 4, path="handoff"),
            recent("a", 5, path="agent", shadow=True),
            recent("b", 6, path="agent", tenant="other"),
        ]
    )
    store.flag("a-2", "wrong")
    course = client.get("/course", window="1h")
    assert (course["piece_s"], len(course["points"])) == (60.0, 60)
    assert course["points"][1]["at"] - course["points"][0]["at"] == 60.0
    names = ("hit", "wrong", "clarify", "handoff", "agent", "route")
    sums = {name: sum(one[name] for one in course["points"]) for name in names}
    assert sums == {"hit": 2, "wrong": 1, "clarify": 1, "handoff": 1, "agent": 0, "route": 0}
    everybody = client.get("/course", window="1h", tenant="*")
    assert sum(one["agent"] for one in everybody["points"]) == 1


def test_a_quiet_week_has_pieces_too(client: Client) -> None:
    course = client.get("/course", window="7d")
    assert len(course["points"]) == 56
    assert {one["hit"] for one in course["points"]} == {0}
