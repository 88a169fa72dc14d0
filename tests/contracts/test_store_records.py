"""What every store promises about turns, their figures and the tenants' modes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import NotFound, UsageError
from gateway.ports.records import Kept, PurgeQuery, TurnQuery, TurnRecord
from gateway.ports.store import Store
from tests.support.stored import turn

Open = Callable[[], Store]
NO_SHADOW = dict.fromkeys(("turns", "answer", "clarify", "route", "miss", "right", "wrong"), 0)


class TestTurns:
    _examples = itertools.count()

    def test_a_turn_comes_back_as_it_was(self, store: Store) -> None:
        record = turn(
            "c",
            3,
            at=1_700_000_000.125,
            path="clarify",
            entry="hours",
            intent="opening",
            question="when do you close",
            confidence=0.875,
            decided_on="partial",
            catalogue=4,
            interrupted=True,
            shadow=True,
            reply="At five.",
            timeline={"match": 1.5, "ttfa_ms": 12.0},
            evidence={"candidates": [{"id": "hours", "similarity": 0.9}], "reason": "näher"},
        )
        store.write([record])
        assert store.turns(TurnQuery()) == [record]

    @settings(
        max_examples=60,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(st.data())
    def test_any_turn_comes_back(self, store: Store, data: st.DataObject) -> None:
        record = data.draw(TURNS)
        # All examples share the store, and a turn written twice keeps its first reply.
        record = replace(record, id=f"{next(self._examples)}-{record.id}")
        store.write([record])
        (found,) = (t for t in store.turns(TurnQuery(limit=10_000)) if t.id == record.id)
        assert found == record

    def test_newest_first_and_in_order_within_a_call(self, store: Store) -> None:
        store.write([turn("c", n, at=100.0) for n in range(12)] + [turn("d", 0, at=101.0)])
        found = [t.id for t in store.turns(TurnQuery())]
        assert found == ["d-0", *(f"c-{n}" for n in range(11, -1, -1))]

    def test_paging_meets_every_turn_once(self, store: Store) -> None:
        records = [turn(f"c{n % 7}", n, at=float(n // 5)) for n in range(43)]
        store.write(records)
        seen: list[str] = []
        page = store.turns(TurnQuery(limit=10))
        while page:
            seen += [t.id for t in page]
            page = store.turns(TurnQuery(limit=10, before=seen[-1]))
        assert seen == [t.id for t in sorted(records, key=lambda t: (-t.at, -t.turn))]

    def test_older_than_a_turn_that_is_gone_is_nothing(self, store: Store) -> None:
        store.write([turn("c", 1)])
        assert store.turns(TurnQuery(before="gone-1")) == []

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (TurnQuery(tenant="other"), ["d-4"]),
            (TurnQuery(call_id="c"), ["c-3", "c-2", "c-1"]),
            (TurnQuery(paths=("handoff",)), ["c-2"]),
            (TurnQuery(paths=("handoff", "agent")), ["d-4", "c-2"]),
            (TurnQuery(entry="hours"), ["c-3"]),
            (TurnQuery(shadow=True), ["c-3"]),
            (TurnQuery(shadow=False), ["d-4", "c-2", "c-1"]),
            (TurnQuery(flagged=True), ["c-2", "c-1"]),
            (TurnQuery(flagged=True, paths=("cache",), tenant="default"), ["c-1"]),
            (TurnQuery(since=3.0), ["d-4", "c-3"]),
            (TurnQuery(until=3.0), ["c-2", "c-1"]),
            (TurnQuery(since=2.0, until=3.0), ["c-2"]),
            (TurnQuery(tenant="default", paths=("cache",), limit=1), ["c-3"]),
            (TurnQuery(before="c-3", tenant="default"), ["c-2", "c-1"]),
            (TurnQuery(limit=0), []),
            (TurnQuery(tenant="nobody"), []),
        ],
    )
    def test_filters(self, store: Store, query: TurnQuery, expected: list[str]) -> None:
        store.write(
            [
                turn("c", 1),
                turn("c", 2, path="handoff"),
                turn("c", 3, entry="hours", shadow=True),
                turn("d", 4, tenant="other", path="agent"),
            ]
        )
        store.flag("c-1", "right")
        store.flag("c-2", "wrong", "hours")
        assert [t.id for t in store.turns(query)] == expected

    def test_the_later_of_two_wins(self, store: Store) -> None:
        store.write([turn("c", 1, text="a"), turn("c", 1, text="b")])
        store.write([turn("c", 2), turn("c", 1, text="c", interrupted=True)])
        found = {t.id: (t.text, t.interrupted) for t in store.turns(TurnQuery())}
        assert found == {"c-1": ("c", True), "c-2": ("when do you close", False)}

    def test_a_reply_that_came_is_kept(self, store: Store) -> None:
        store.write([turn("c", 1, path="agent")])
        store.write([turn("c", 1, path="agent", reply="We do.")])
        store.write([turn("c", 1, path="agent", interrupted=True)])
        (found,) = store.turns(TurnQuery())
        assert (found.reply, found.interrupted) == ("We do.", True)

    def test_a_purged_turn_does_not_come_back(self, store: Store) -> None:
        store.write([turn("c", 1, at=5.0), turn("c", 2, at=20.0)])
        assert store.purge("default", 10.0) == 1
        late = turn("c", 1, at=30.0, interrupted=True)
        store.write([late, turn("c", 2, at=31.0, interrupted=True), turn("c", 3)], {"c-1", "c-2"})
        found = {one.id: one.interrupted for one in store.turns(TurnQuery())}
        assert found == {"c-2": True, "c-3": False}

    def test_a_turn_that_is_known_is_changed_and_keeps_its_flag(self, store: Store) -> None:
        store.write([turn("c", 1, path="agent", reply="We do.")])
        store.flag("c-1", "wrong")
        again = turn("c", 1, at=7.0, path="agent", interrupted=True, timeline={"ttfa_ms": 5.0})
        store.write([again], {"c-1"})
        assert store.turns(TurnQuery()) == [replace(again, reply="We do.", flag="wrong")]
        store.write([turn("c", 1, path="agent", reply="We d")], ["c-1"])
        assert store.turns(TurnQuery())[0].reply == "We d"

    def test_nothing_to_write(self, store: Store) -> None:
        store.write([])
        assert store.turns(TurnQuery()) == []

    def test_odd_text_and_numbers_do_not_stop_the_batch(self, store: Store) -> None:
        odd = turn("c", 1, text="half \ud83d a pair, \0 and a nul", confidence=float("nan"))
        store.write([odd, turn("c", 2, evidence={"what": {"b", "a"}, "why": (1, Path("x"))})])
        second, first = store.turns(TurnQuery())
        assert first.text == "half \\ud83d a pair, \0 and a nul"
        assert first.confidence == 0.0
        assert second.evidence == {"what": ["a", "b"], "why": [1, "x"]}
        assert store.turns(TurnQuery(tenant="\ud83d")) == []
        assert store.live_number("\ud83d") is None

    def test_writers_at_once_lose_nothing(self, open_store: Open) -> None:
        stores = [open_store(), open_store()]

        def write(call: int) -> None:
            for start in range(0, 50, 5):
                stores[call % 2].write([turn(f"c{call}", start + n) for n in range(5)])

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))
        found = {t.id for t in stores[0].turns(TurnQuery(limit=1000))}
        assert found == {f"c{call}-{n}" for call in range(8) for n in range(50)}


class TestCourse:
    def test_counts_by_piece_and_path(self, store: Store) -> None:
        store.write(
            [
                turn("c", 9),  # before
                turn("c", 10),
                turn("c", 14),
                turn("c", 19, path="clarify"),
                turn("c", 30, path="handoff"),
                turn("c", 31, shadow=True, path="agent"),
                turn("d", 32, tenant="other", path="agent"),
            ]
        )
        store.flag("c-14", "wrong")
        store.flag("c-30", "wrong")
        assert store.course("default", 10.0, 10.0) == {
            0: {"cache": 2, "wrong": 1, "clarify": 1},
            2: {"handoff": 1},
        }
        assert store.course("", 10.0, 10.0)[2] == {"handoff": 1, "agent": 1}
        assert store.course("nobody", 0.0, 10.0) == {}


class TestStats:
    def test_nothing_yet(self, store: Store) -> None:
        assert store.stats("default", 0.0) == {
            "turns": 0,
            "paths": {},
            "intents": {},
            "entries": {},
            "flagged": {"right": 0, "wrong": 0},
            "decided_early": 0,
            "shadow": NO_SHADOW,
        }

    def test_counts(self, store: Store) -> None:
        hours = {"entry": "hours", "intent": "opening"}
        store.write(
            [
                turn("c", 1, **hours),  # before the window
                turn("c", 2, **hours, decided_on="partial"),
                turn("c", 3, **hours, decided_on="final"),
                turn("c", 4, **hours, path="clarify", decided_on="partial"),
                turn("c", 5, entry="fees", intent="money"),
                turn("c", 6, path="handoff"),
                turn("d", 7, tenant="other", **hours),
            ]
        )
        for turn_id, verdict in [("c-1", "wrong"), ("c-2", "wrong"), ("c-3", "right")]:
            store.flag(turn_id, verdict)
        assert store.stats("default", 2.0) == {
            "turns": 5,
            "paths": {"cache": 3, "clarify": 1, "handoff": 1},
            "intents": {"opening": {"cache": 2, "clarify": 1}, "money": {"cache": 1}},
            "entries": {
                "hours": {"hits": 2, "wrong": 1, "right": 1},
                "fees": {"hits": 1, "wrong": 0, "right": 0},
            },
            "flagged": {"right": 1, "wrong": 1},
            "decided_early": 1,
            "shadow": NO_SHADOW,
        }
        assert store.stats("", 0.0)["turns"] == 7

    def test_shadow_turns_are_counted_by_what_would_have_been_done(self, store: Store) -> None:
        def shadow(number: int, kind: object, path: str = "agent") -> TurnRecord:
            fields = {"entry": "hours", "intent": "opening", "decided_on": "partial"}
            evidence = {"kind": kind, "score": float("nan") if kind is None else 0.5}
            return turn("s", number, path=path, shadow=True, evidence=evidence, **fields)

        kinds = ["answer", "answer", "answer", "clarify", "route", "miss", "miss", None]
        store.write([shadow(number, kind) for number, kind in enumerate(kinds)])
        store.write([shadow(20, "miss", path="none"), turn("c", 1, entry="fees")])
        for turn_id, verdict in [("s-0", "right"), ("s-1", "wrong"), ("c-1", "right")]:
            store.flag(turn_id, verdict)
        stats = store.stats("default", 0.0)
        assert stats["shadow"] == {
            "turns": 9,
            "answer": 3,
            "clarify": 1,
            "route": 1,
            "miss": 2,
            "right": 1,
            "wrong": 1,
        }
        assert (stats["turns"], stats["paths"], stats["intents"]) == (10, {"cache": 1}, {})
        assert stats["entries"] == {"fees": {"hits": 1, "wrong": 0, "right": 1}}
        assert (stats["decided_early"], stats["flagged"]) == (0, {"right": 2, "wrong": 1})

    def test_a_flag_can_be_changed_and_survives_the_turn_written_again(self, store: Store) -> None:
        store.write([turn("c", 1)])
        store.flag("c-1", "right")
        store.flag("c-1", "wrong")
        store.write([turn("c", 1, text="later")])
        assert store.stats("default", 0.0)["flagged"] == {"right": 0, "wrong": 1}
        (found,) = store.turns(TurnQuery())
        assert (found.text, found.flag, found.meant) == ("later", "wrong", "")

    def test_a_flag_names_what_was_meant(self, store: Store) -> None:
        store.write([turn("c", 1, path="handoff", flag="right", meant="nothing")])
        assert store.turns(TurnQuery())[0].flag == "", "only flagging flags"
        store.flag("c-1", "wrong", "hours")
        assert [(t.flag, t.meant) for t in store.turns(TurnQuery())] == [("wrong", "hours")]
        store.flag("c-1", "right")
        assert [(t.flag, t.meant) for t in store.turns(TurnQuery())] == [("right", "")]

    def test_flags_that_cannot_be(self, store: Store) -> None:
        with pytest.raises(NotFound, match="c-1"):
            store.flag("c-1", "right")
        store.write([turn("c", 1)])
        with pytest.raises(UsageError, match="right or wrong"):
            store.flag("c-1", "maybe")


class TestPurge:
    def test_only_the_tenants_older_turns_go(self, store: Store) -> None:
        store.write([turn("c", n) for n in range(5)] + [turn("d", 0, tenant="other")])
        assert store.purge("default", 3.0) == 3
        assert [t.id for t in store.turns(TurnQuery())] == ["c-4", "c-3", "d-0"]
        assert store.purge("default", 3.0) == 0
        assert store.purge("", 1e12) == 0

    def test_many(self, store: Store) -> None:
        store.write([turn("c", n) for n in range(11_000)])
        assert store.purge("default", 10_999.0) == 10_999
        assert [t.id for t in store.turns(TurnQuery())] == ["c-10999"]


class TestModes:
    def test_live_unless_set(self, open_store: Open) -> None:
        store, other = open_store(), open_store()
        assert store.mode("default") == "live"
        for mode in ("shadow", "off", "live", "shadow"):
            store.set_mode("default", mode)
            assert other.mode("default") == mode
        assert store.mode("other") == "live"

    def test_an_unknown_mode(self, store: Store) -> None:
        with pytest.raises(UsageError, match="live, shadow or off, not 'on'"):
            store.set_mode("default", "on")
        assert store.mode("default") == "live"


_TEXT = st.text(max_size=60)
_FINITE = st.floats(allow_nan=False, allow_infinity=False)
_COUNT = st.integers(min_value=0, max_value=2**62)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _FINITE | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
TURNS = st.builds(
    TurnRecord,
    id=_TEXT,
    call_id=_TEXT,
    tenant=_TEXT,
    turn=_COUNT,
    at=_FINITE,
    path=st.sampled_from(["cache", "clarify", "agent", "route", "handoff", "none"]),
    text=_TEXT,
    entry=_TEXT,
    intent=_TEXT,
    question=_TEXT,
    confidence=_FINITE,
    decided_on=st.sampled_from(["", "partial", "final"]),
    catalogue=_COUNT,
    interrupted=st.booleans(),
    shadow=st.booleans(),
    reply=_TEXT,
    timeline=st.dictionaries(_TEXT, _FINITE, max_size=4),
    evidence=st.dictionaries(_TEXT, _JSON, max_size=4),
)


class TestRemoving:
    @pytest.fixture
    def full(self, store: Store) -> Store:
        store.write(
            [
                turn("a", 1, at=1.0, caller="c1"),
                turn("a", 2, at=2.0, caller="c1", path="handoff"),
                turn("b", 3, at=3.0, tenant="bank", caller="c1"),
                turn("b", 4, at=4.0, tenant="bank", path="agent"),
                turn("b", 5, at=5.0, tenant="bank", path="clarify", shadow=True),
            ]
        )
        store.flag("b-4", "wrong")
        return store

    @pytest.mark.parametrize(
        ("query", "gone"),
        [
            (PurgeQuery(tenant="bank"), {"b-3", "b-4", "b-5"}),
            (PurgeQuery(before=3.0), {"a-1", "a-2"}),
            (PurgeQuery(before=-1.0), set()),
            (PurgeQuery(tenant="default", before=2.0), {"a-1"}),
            (PurgeQuery(call_id="b"), {"b-3", "b-4", "b-5"}),
            (PurgeQuery(tenant="default", call_id="b"), set()),
            (PurgeQuery(caller="c1"), {"a-1", "a-2", "b-3"}),
            (PurgeQuery(tenant="bank", caller="c1"), {"b-3"}),
            (PurgeQuery(caller="nobody"), set()),
            (PurgeQuery(kind="answered"), {"a-1", "b-3"}),
            (PurgeQuery(kind="missed"), {"a-2", "b-5"}),
            (PurgeQuery(kind="flagged"), {"b-4"}),
            (PurgeQuery(kind="missed", before=5.0), {"a-2"}),
        ],
    )
    def test_what_is_all_of_the_query_goes(
        self, full: Store, query: PurgeQuery, gone: set[str]
    ) -> None:
        before = {one.id for one in full.turns(TurnQuery())}
        assert full.remove(query) == len(gone)
        assert {one.id for one in full.turns(TurnQuery())} == before - gone
        assert full.remove(query) == 0

    def test_nothing_said_is_nothing_done(self, full: Store) -> None:
        with pytest.raises(UsageError):
            full.remove(PurgeQuery())
        assert len(full.turns(TurnQuery())) == 5

    def test_the_kinds_are_all_there_is(self, full: Store) -> None:
        kinds: tuple[Kept, ...] = ("answered", "missed", "flagged")
        assert sum(full.remove(PurgeQuery(kind=kind)) for kind in kinds) == 5

    def test_what_was_removed_stays_away(self, full: Store) -> None:
        full.remove(PurgeQuery(call_id="a"))
        full.write([turn("a", 1, at=1.0)], known={"a-1"})
        assert {one.call_id for one in full.turns(TurnQuery())} == {"b"}


class TestTimelines:
    def test_the_newest_of_a_window_without_shadows(self, store: Store) -> None:
        store.write([turn("a", n, timeline={"ttfa_ms": float(n)}) for n in range(1, 5)])
        store.write([turn("b", 9, tenant="bank", path="agent", timeline={"match_ms": 1.5})])
        store.write([turn("s", 10, shadow=True, timeline={"ttfa_ms": 9.0})])
        found = store.timelines("default", 2.0, 2)
        assert found == [("cache", {"ttfa_ms": 4.0}), ("cache", {"ttfa_ms": 3.0})]
        assert len(store.timelines("default", 2.0, 100)) == 3
        assert store.timelines("", 5.0, 100) == [("agent", {"match_ms": 1.5})]
        assert store.timelines("nobody", 0.0, 100) == []
        assert store.timelines("", 0.0, 0) == []
