"""The counts that the database keeps are those of its turns, whatever is done to them."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.store import SqliteStore
from gateway.adapters.store.tally import DAY, HALF_HOUR
from gateway.ports.records import PurgeQuery, TurnQuery, TurnRecord
from tests.support.stored import turn

START = 20_000.0 * DAY
SPAN = 5 * DAY


def drawn(chance: random.Random, number: int) -> TurnRecord:
    return turn(
        f"c{number // 4}",
        number,
        tenant=chance.choice(("one", "two", "three")),
        at=chance.choice((START + chance.random() * SPAN, START + chance.randrange(240) * 1800.0)),
        path=chance.choice(("cache", "cache", "clarify", "agent", "none")),
        entry=chance.choice(("", "hours", "fees")),
        intent=chance.choice(("", "opening")),
        decided_on=chance.choice(("partial", "final")),
        shadow=chance.random() < 0.3,
        evidence=chance.choice(({}, {"kind": "answer"}, {"kind": "miss"}, {"at": float("nan")})),
    )


def counted(turns: list[TurnRecord], tenant: str, since: float) -> dict[str, Any]:
    """The same by looking at each turn."""
    seen = [t for t in turns if t.at >= since and tenant in ("", t.tenant)]
    live = [t for t in seen if not t.shadow]
    hits = [t for t in live if t.path == "cache"]
    kinds = [t.evidence.get("kind") for t in seen if t.shadow and t.path != "none"]
    return {
        "turns": len(seen),
        "paths": {p: n for p in {t.path for t in live} if (n := sum(t.path == p for t in live))},
        "flagged": {v: sum(t.flag == v for t in seen) for v in ("right", "wrong")},
        "decided_early": sum(t.decided_on == "partial" for t in hits),
        "entries": {
            name: {
                "hits": sum(t.entry == name for t in hits),
                "wrong": sum(t.entry == name and t.flag == "wrong" for t in hits),
                "right": sum(t.entry == name and t.flag == "right" for t in hits),
            }
            for name in {t.entry for t in hits}
        },
        "shadow": {kind: kinds.count(kind) for kind in ("answer", "clarify", "route", "miss")},
    }


def agree(store: SqliteStore, chance: random.Random) -> None:
    turns = store.turns(TurnQuery(limit=10_000))
    for tenant in ("", "one", "nobody"):
        for since in (0.0, START, START + DAY, START + 1800.0, START + chance.random() * SPAN):
            found = store.stats(tenant, since)
            wanted = counted(turns, tenant, since)
            assert {**found, "shadow": {k: found["shadow"][k] for k in wanted["shadow"]}} == {
                **wanted,
                "intents": found["intents"],
            }
            shadow = sum(t.shadow for t in turns if t.at >= since and tenant in ("", t.tenant))
            assert found["shadow"]["turns"] == shadow
        for piece in (60.0, 1800.0, 10_800.0):
            since = START + 2 * 10_800
            pieces = store.course(tenant, since, piece)
            live = [t for t in turns if not t.shadow and tenant in ("", t.tenant)]
            for number in range(int(SPAN / piece)):
                first = since + number * piece
                inside = [t for t in live if first <= t.at < first + piece]
                hits = pieces.get(number, {})
                assert sum(hits.get(p, 0) for p in hits if p != "wrong") == len(inside)
                wrong = sum(t.path == "cache" and t.flag == "wrong" for t in inside)
                assert hits.get("wrong", 0) == wrong


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_written_changed_flagged_and_purged(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    store = SqliteStore(tmp_path)
    turns = [drawn(chance, number) for number in range(200)]
    store.write(turns[:120])
    store.write(turns[100:])  # some again
    for one in chance.sample(turns, 60):
        store.flag(one.id, chance.choice(("right", "wrong")))
    agree(store, chance)
    some = chance.sample(turns, 50)
    again = [replace(drawn(chance, 0), id=one.id, call_id=one.call_id) for one in some]
    store.write(again, known=[one.id for one in again])
    agree(store, chance)
    assert store.purge("one", START + 2.3 * DAY)
    assert store.remove(PurgeQuery(tenant="two", kind="flagged"))
    assert store.remove(PurgeQuery(call_id="c7"))
    agree(store, chance)
    for tenant in ("one", "two", "three"):
        store.purge(tenant, START + 10 * DAY)
    store.close()
    connection = sqlite3.connect(tmp_path / "frontline.db")
    assert connection.execute("SELECT count(*) FROM tally").fetchone() == (0,)
    connection.close()


def test_a_window_reads_few_turns(tmp_path: Path) -> None:
    """Of a week only those of the half hour that is begun: the rest is counted already."""
    store = SqliteStore(tmp_path)
    store.write([turn("c", n, at=START + n * 60.0, entry="hours") for n in range(5000)])
    whole = store.stats("default", START + HALF_HOUR / 2)
    with store._database.writing() as connection:
        connection.execute("DROP TRIGGER turn_goes")
        connection.execute("DELETE FROM turn WHERE at >= ?", (START + HALF_HOUR,))
    assert store.stats("default", START + HALF_HOUR / 2) == whole
    store.close()
