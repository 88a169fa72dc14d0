"""What every store promises, whatever it is made of.

A further kind of store joins by a line in ``KINDS``: given a folder, it opens a store; opened
twice with the same folder, both are the same data, as two processes would see it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.adapters.store import SqliteStore
from gateway.errors import FrontlineError, NotFound, StoreFailed, UsageError
from gateway.ports import WIRE_FORMATS, ClipAudio, Entry, Store, TurnQuery, TurnRecord
from tests.stored import audio, clip, draft, names, put_clips, turn

Open = Callable[[], Store]

KINDS: dict[str, Callable[[Path], Store]] = {"sqlite": SqliteStore}

NAME = clip("hello").name(WIRE_FORMATS[0])


@pytest.fixture(params=sorted(KINDS))
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    opened: list[Store] = []

    def opens() -> Store:
        opened.append(KINDS[request.param](tmp_path / "store"))
        return opened[-1]

    yield opens
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Open) -> Store:
    return open_store()


def published(store: Store, *texts: str, tenant: str = "default") -> int:
    a_draft = draft(*texts, tenant=tenant)
    put_clips(store, a_draft)
    return store.publish(a_draft)


class TestCatalogues:
    def test_a_new_store_has_none(self, store: Store) -> None:
        assert store.tenants() == []
        assert store.live_number("default") is None
        assert store.history("default") == []
        with pytest.raises(NotFound, match="seed"):
            store.load("default")

    def test_a_catalogue_comes_back_as_it_was(self, store: Store) -> None:
        entry = Entry(
            id="hours",
            intent="opening",
            questions=("when do you close", "¿a qué hora cierran?"),
            answer="We close at 6 — sharp.",
            counter_examples=("when do you close my account",),
            locale="en-GB",
            voice="amy",
            tags=("a", "b"),
            valid_from="2025-01-01",
            valid_until="2025-12-31",
            action="transfer",
        )
        a_draft = draft(
            tenant="bank",
            entries=(entry,),
            clips={"entry:hours": clip(entry.answer), "line:greeting": clip("hello")},
            knowledge=bytes(range(256)),
            summary={"entries": 1, "threshold": 0.75, "kept": ["a"]},
            source="faq.csv",
        )
        put_clips(store, a_draft)
        number = store.publish(a_draft)
        found = store.load("bank")
        assert (found.tenant, found.number, found.source) == ("bank", number, "faq.csv")
        assert found.entries == a_draft.entries
        assert dict(found.clips) == dict(a_draft.clips)
        assert found.knowledge == a_draft.knowledge
        assert found.summary == a_draft.summary
        assert found.created.endswith("+00:00")

    def test_each_tenant_counts_by_itself(self, store: Store) -> None:
        assert [published(store, "a"), published(store, "b")] == [1, 2]
        assert published(store, "a", tenant="other") == 1
        assert store.tenants() == ["default", "other"]
        assert (store.live_number("default"), store.live_number("other")) == (2, 1)

    def test_a_missing_clip_in_any_format_is_refused_by_name(self, store: Store) -> None:
        published(store, "old")
        for wire in WIRE_FORMATS:
            a_draft = draft(f"new {wire.name}")
            absent = a_draft.clips["entry:e0"].name(wire)
            for name in set(names(a_draft)) - {absent}:
                store.put(name, audio(name))
            with pytest.raises(StoreFailed, match=f"entry:e0 as {wire.name}"):
                store.publish(a_draft)
        assert store.live_number("default") == 1
        assert len(store.history("default")) == 1

    def test_rollback_and_forward(self, store: Store) -> None:
        for text in ("one", "two", "three"):
            published(store, text)
        store.activate("default", 1)
        assert store.load("default").entries[0].answer == "one"
        assert store.load("default", 3).entries[0].answer == "three"
        assert [(c.number, c.live) for c in store.history("default")] == [
            (3, False),
            (2, False),
            (1, True),
        ]
        assert published(store, "four") == 4  # a number is never given twice
        assert store.live_number("default") == 4

    def test_no_such_number(self, store: Store) -> None:
        published(store, "one")
        with pytest.raises(NotFound, match="7"):
            store.activate("default", 7)
        with pytest.raises(NotFound, match="7"):
            store.load("default", 7)
        with pytest.raises(NotFound):
            store.activate("other", 1)
        assert store.live_number("default") == 1

    def test_history_has_the_figures(self, store: Store) -> None:
        a_draft = draft("a", "b", summary={"questions": 4}, source="x.csv")
        put_clips(store, a_draft)
        store.publish(a_draft)
        (info,) = store.history("default")
        assert (info.tenant, info.number, info.entries, info.live) == ("default", 1, 2, True)
        assert (info.summary, info.source) == ({"questions": 4}, "x.csv")

    def test_another_process_sees_it_at_the_next_look(self, open_store: Open) -> None:
        seed, server = open_store(), open_store()
        assert server.live_number("default") is None
        published(seed, "one")
        assert server.live_number("default") == 1
        assert server.get(names(draft("one"))[0]) == audio(names(draft("one"))[0])
        published(seed, "two")
        assert server.load("default").entries[0].answer == "two"

    def test_it_outlives_the_store(self, open_store: Open) -> None:
        first = open_store()
        published(first, "one")
        first.close()
        assert open_store().load("default").number == 1

    def test_publishing_at_once_gives_each_a_number(self, open_store: Open) -> None:
        stores = [open_store(), open_store()]
        put_clips(stores[0], draft("same"))
        with ThreadPoolExecutor(8) as pool:
            numbers = list(pool.map(lambda n: stores[n % 2].publish(draft("same")), range(24)))
        assert sorted(numbers) == list(range(1, 25))
        assert stores[0].live_number("default") == 24

    def test_a_reader_sees_the_old_or_the_new(self, open_store: Open) -> None:
        seed, server = open_store(), open_store()
        put_clips(seed, draft("any"))
        clips = draft("any").clips
        seed.publish(draft("text 1", clips=clips))
        done = threading.Event()

        def publish() -> None:
            for number in range(2, 30):
                seed.publish(draft(f"text {number}", clips=clips))
            done.set()

        with ThreadPoolExecutor(1) as pool:
            writer = pool.submit(publish)
            last = 0
            while not done.is_set() and not writer.done():
                found = server.load("default")
                assert found.number >= last
                assert found.entries[0].answer == f"text {found.number}"
                assert found.knowledge == f"text {found.number}".encode()
                last = found.number
            writer.result()


class TestClips:
    def test_absent(self, store: Store) -> None:
        assert store.get(NAME) is None
        assert store.has([NAME]) == set()

    def test_put_and_get(self, store: Store) -> None:
        store.put(NAME, audio(NAME))
        assert store.get(NAME) == audio(NAME)
        other = clip("other").name(WIRE_FORMATS[0])
        assert store.has([NAME, other, NAME]) == {NAME}

    def test_twice_is_harmless_and_the_first_stays(self, store: Store) -> None:
        store.put(NAME, audio(NAME))
        store.put(NAME, ClipAudio(payload=b"other", duration_ms=1))
        assert store.get(NAME) == audio(NAME)

    def test_silence_of_no_length(self, store: Store) -> None:
        store.put(NAME, ClipAudio(payload=b"", duration_ms=0))
        assert store.get(NAME) == ClipAudio(payload=b"", duration_ms=0)
        assert store.has([NAME]) == {NAME}

    @pytest.mark.parametrize("name", ["", "..", "../../frontline.db", "a/b", "ab\0", NAME.upper()])
    def test_a_name_that_is_none(self, store: Store, name: str) -> None:
        assert store.get(name) is None
        assert store.has([name]) == set()
        with pytest.raises(FrontlineError, match="name of a clip"):
            store.put(name, audio(NAME))

    def test_the_same_clip_from_many_threads(self, open_store: Open) -> None:
        stores = [open_store(), open_store()]
        sound = audio(NAME, 100_000)

        def both(n: int) -> ClipAudio | None:
            stores[n % 2].put(NAME, sound)
            return stores[(n + 1) % 2].get(NAME)

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(both, range(32))) == {sound}


class TestTurns:
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
            timeline={"match": 1.5, "ttfa_ms": 12.0},
            evidence={"candidates": [{"id": "hours", "similarity": 0.9}], "reason": "näher"},
        )
        store.write([record])
        assert store.turns(TurnQuery()) == [record]

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.data())
    def test_any_turn_comes_back(self, store: Store, data: st.DataObject) -> None:
        record = data.draw(TURNS)
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
            (TurnQuery(path="handoff"), ["c-2"]),
            (TurnQuery(entry="hours"), ["c-3"]),
            (TurnQuery(since=3.0), ["d-4", "c-3"]),
            (TurnQuery(until=3.0), ["c-2", "c-1"]),
            (TurnQuery(since=2.0, until=3.0), ["c-2"]),
            (TurnQuery(tenant="default", path="cache", limit=1), ["c-3"]),
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
                turn("c", 3, entry="hours"),
                turn("d", 4, tenant="other"),
            ]
        )
        assert [t.id for t in store.turns(query)] == expected

    def test_the_later_of_two_wins(self, store: Store) -> None:
        store.write([turn("c", 1, text="a"), turn("c", 1, text="b")])
        store.write([turn("c", 2), turn("c", 1, text="c", interrupted=True)])
        found = {t.id: (t.text, t.interrupted) for t in store.turns(TurnQuery())}
        assert found == {"c-1": ("c", True), "c-2": ("when do you close", False)}

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


class TestStats:
    def test_nothing_yet(self, store: Store) -> None:
        assert store.stats("default", 0.0) == {
            "turns": 0,
            "paths": {},
            "intents": {},
            "entries": {},
            "flagged": {"right": 0, "wrong": 0},
            "decided_early": 0,
            "shadow": 0,
        }

    def test_counts(self, store: Store) -> None:
        hours = {"entry": "hours", "intent": "opening"}
        store.write(
            [
                turn("c", 1, **hours),  # before the window
                turn("c", 2, **hours, decided_on="partial"),
                turn("c", 3, **hours, decided_on="final"),
                turn("c", 4, **hours, path="clarify", decided_on="partial"),
                turn("c", 5, entry="fees", intent="money", shadow=True),
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
            "shadow": 1,
        }
        assert store.stats("", 0.0)["turns"] == 7

    def test_a_flag_can_be_changed_and_survives_the_turn_written_again(self, store: Store) -> None:
        store.write([turn("c", 1)])
        store.flag("c-1", "right")
        store.flag("c-1", "wrong")
        store.write([turn("c", 1, text="later")])
        assert store.stats("default", 0.0)["flagged"] == {"right": 0, "wrong": 1}

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


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreFailed, match="closed"):
        store.live_number("default")


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
    timeline=st.dictionaries(_TEXT, _FINITE, max_size=4),
    evidence=st.dictionaries(_TEXT, _JSON, max_size=4),
)
