"""What every store promises about catalogues and clips, whatever it is made of."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.errors import FrontlineError, NotFound, Overtaken, StoreFailed
from gateway.ports.sound import WIRE_FORMATS, ClipAudio
from gateway.ports.store import Entry, Store
from tests.support.stored import audio, clip, draft, names, put_clips

Open = Callable[[], Store]
NAME = clip("hello").name(WIRE_FORMATS[0])


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

    def test_only_what_was_built_on_is_replaced(self, store: Store) -> None:
        put_clips(store, draft("same"))
        with pytest.raises(Overtaken, match="none is live"):
            store.publish(draft("same"), 1)
        assert store.tenants() == []
        assert [store.publish(draft("same"), over) for over in (0, 1, None)] == [1, 2, 3]
        for over in (0, 2, 4):
            with pytest.raises(Overtaken, match="catalogue 3 of tenant 'default' is live"):
                store.publish(draft("same"), over)
            with pytest.raises(Overtaken):
                store.activate("default", 1, over)
        assert (store.live_number("default"), len(store.history("default"))) == (3, 3)
        store.activate("default", 1, 3)
        with pytest.raises(Overtaken):
            store.publish(draft("same"), 3)  # newest, but no longer live
        assert store.publish(draft("same"), 1) == 4
        with pytest.raises(NotFound):
            store.activate("default", 9, 3)

    def test_changes_at_once_are_all_kept(self, open_store: Open) -> None:
        """The race of those who each change an entry of their own: every one is in the end."""
        texts = [f"text {number}" for number in range(16)]
        clips = draft(*texts).clips
        stores = [open_store(), open_store()]
        put_clips(stores[0], draft(*texts))

        def add(number: int) -> int:
            store = stores[number % 2]
            for overtaken in range(1000):
                live = store.live_number("default") or 0
                had = store.load("default", live).entries if live else ()
                new = Entry(id=f"e{number}", intent="i", questions=("q",), answer=texts[number])
                one = draft(*texts, clips=clips, entries=(*had, new))
                try:
                    store.publish(one, live)
                except Overtaken:
                    continue
                return overtaken
            raise AssertionError("starved")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(add, range(16)))
        assert {e.id for e in stores[0].load("default").entries} == {f"e{n}" for n in range(16)}
        assert stores[0].live_number("default") == 16

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

    def test_what_no_catalogue_names_goes_and_nothing_else(self, open_store: Open) -> None:
        store, other = open_store(), open_store()
        drafts = [draft("first"), draft("second"), draft("never published")]
        for a_draft in drafts:
            put_clips(store, a_draft)
        for a_draft in drafts[:2]:
            store.publish(a_draft)
        kept = {name for a_draft in drafts[:2] for name in names(a_draft)}
        unnamed = names(drafts[2])
        store.collect()
        assert other.has([*kept, *unnamed]) == {*kept, *unnamed}
        for one in (store, other):
            one.collect(0)
        assert store.has([*kept, *unnamed]) == kept
        assert other.has([*kept, *unnamed]) == kept

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


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreFailed, match="closed"):
        store.live_number("default")
