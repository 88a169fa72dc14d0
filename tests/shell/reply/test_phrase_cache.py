"""Sound that is kept because it repeats: what, for whom, and how much of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports.live_speech import SpokenWord
from gateway.ports.sound import AudioFormat, Encoding
from gateway.shell.reply.phrase_cache import COUNTED, LARGEST, Maker, Repeat
from tests.support.house import PCM16K
from tests.support.shelf import MAKER, TEXT, Shelf, sound


def test_the_same_words_are_kept_once_they_have_been_made_often_enough() -> None:
    shelf = Shelf()
    assert [shelf.make() for _ in range(3)] == [False, False, True]
    assert shelf.find(shelf.of()) == sound()
    assert shelf.watched.told == [("kept", 0.1)]


def test_at_the_first_time_if_that_is_enough() -> None:
    shelf = Shelf(after=1)
    assert shelf.make() and shelf.find(shelf.of())


def test_while_it_is_not_offered_it_is_wanted_again() -> None:
    shelf = Shelf(after=2)
    wanted = [shelf.wanted(shelf.of(), TEXT) is not None for _ in range(4)]
    assert wanted == [False, True, True, True]


def test_what_is_used_is_counted_with_the_seconds_it_saves() -> None:
    shelf = Shelf()
    shelf.used(Repeat(b"", 1.5))
    shelf.unfit()
    assert shelf.watched.told == [("used", 1.5), ("unfit", 0.0)]


class TestWhatIsTheSame:
    KEY = ("a", TEXT, "", "en", PCM16K)
    OTHERS = (
        ("b", TEXT, "", "en", PCM16K),
        ("a", TEXT[:-1], "", "en", PCM16K),
        ("a", TEXT, "emma", "en", PCM16K),
        ("a", TEXT, "", "de", PCM16K),
        ("a", TEXT, "", "en", AudioFormat(Encoding.MULAW, 8000)),
        ("a", TEXT, "", "en", AudioFormat(Encoding.PCM, 8000)),
    )

    @pytest.mark.parametrize("other", OTHERS)
    def test_another_tenant_text_voice_language_or_format_is_another(
        self, other: tuple[str, str, str, str, AudioFormat]
    ) -> None:
        shelf = Shelf()
        assert shelf.key(*self.KEY) == shelf.key(*self.KEY)
        assert shelf.key(*other) != shelf.key(*self.KEY)

    def test_the_usual_voice_by_its_name_is_the_same(self) -> None:
        shelf = Shelf()
        assert shelf.key("a", TEXT, "anna", "", PCM16K) == shelf.of()

    @pytest.mark.parametrize(
        "maker", [replace(MAKER, model="fake/2"), replace(MAKER, settings='{"speed": 1.1}')]
    )
    def test_another_model_or_manner_is_another(
        self, maker: Maker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("secrets.token_bytes", lambda size: b"x" * size)
        assert Shelf().of() == Shelf().of()
        assert Shelf(maker=maker).of() != Shelf().of()

    def test_the_key_does_not_tell_the_text(self) -> None:
        one, other = Shelf(), Shelf()
        assert TEXT not in repr(one.of())
        assert one.of() != other.of(), "nor can it be found by trying"

    def test_text_that_is_no_proper_unicode(self) -> None:
        assert Shelf().of("\ud800") != Shelf().of("?")


class TestTenants:
    def test_one_has_nothing_of_another(self) -> None:
        shelf = Shelf(after=1)
        shelf.make(tenant="a")
        assert shelf.find(shelf.of(tenant="b")) is None

    def test_nor_are_its_times_counted_for_another(self) -> None:
        shelf = Shelf(after=2)
        assert [shelf.make(tenant=one) for one in "abab"] == [False, False, True, True]

    def test_a_purge_takes_all_of_one(self) -> None:
        shelf = Shelf(after=1)
        shelf.make(tenant="a"), shelf.make("Goodbye.", tenant="a"), shelf.make(tenant="b")
        assert shelf.purge("a") == 2
        assert shelf.find(shelf.of(tenant="a")) is None
        assert shelf.find(shelf.of(tenant="b")) is not None
        assert shelf.size == sound().size

    def test_and_its_times(self) -> None:
        shelf = Shelf(after=2)
        shelf.make()
        shelf.purge("a")
        assert not shelf.make()

    def test_and_what_was_being_made_meanwhile(self) -> None:
        shelf = Shelf(after=1)
        ticket = shelf.wanted(shelf.of(), TEXT)
        assert ticket is not None
        shelf.purge("a")
        shelf.offer(ticket, sound())
        assert (shelf.size, shelf.watched.outcomes) == (0, [])


class TestPersonalData:
    @pytest.mark.parametrize(
        "text",
        [
            "Hello Priya, how can I help you?",
            "Your balance is 5 dollars.",
            "That is twenty dollars in all.",
            "Thank you, Mr. Okonkwo.",
            "Your code is x y z.",
            "You can write to jo@example.com.",
            "Thank you for calling Acme.",
        ],
    )
    def test_it_is_never_kept(self, text: str) -> None:
        shelf = Shelf(after=2)
        assert not any(shelf.make(text) for _ in range(5))
        assert shelf.size == 0
        assert shelf.watched.outcomes == ["personal"], "looked at once"

    def test_the_same_words_of_nobody_are(self) -> None:
        assert Shelf(after=1).make("Hello, how can I help you?")


class TestRoom:
    def test_what_was_not_used_for_the_longest_time_goes(self) -> None:
        size = 10_000
        shelf = Shelf(after=1, limit_bytes=sound(size).size * LARGEST)
        texts = ["so " * count + "on." for count in range(1, LARGEST + 1)]
        for text in texts:
            shelf.make(text, size=size)
        assert shelf.find(shelf.of(texts[0])) is not None
        shelf.make("And one more.", size=size)
        assert shelf.find(shelf.of(texts[1])) is None
        assert shelf.find(shelf.of(texts[0])) is not None
        assert shelf.find(shelf.of("And one more.")) is not None
        assert shelf.watched.told[-1] == ("dropped", size / 32000)

    def test_one_that_would_take_too_much_of_it_is_not_kept(self) -> None:
        shelf = Shelf(after=1, limit_bytes=8000)
        shelf.make(size=1001)
        assert (shelf.size, shelf.watched.outcomes) == (0, ["unfit"])
        assert shelf.make("Goodbye.", size=500) and shelf.size > 500

    def test_nor_is_silence(self) -> None:
        shelf = Shelf(after=1)
        shelf.make(size=0)
        assert shelf.find(shelf.of()) is None

    def test_words_take_room_too(self) -> None:
        word = SpokenWord(text="so", chunk=0, at=0, start_ms=0.0, end_ms=1.0)
        assert Repeat(b"", 0.0, (word,) * 10).size > 2000

    def test_two_that_offer_the_same_at_once(self) -> None:
        shelf = Shelf(after=1)
        tickets = [shelf.wanted(shelf.of(), TEXT) for _ in range(2)]
        first, second = sound(), sound(6400)
        for ticket, one in zip(tickets, (first, second), strict=True):
            assert ticket is not None
            shelf.offer(ticket, one)
        assert shelf.find(shelf.of()) is first
        assert (shelf.size, shelf.watched.outcomes) == (first.size, ["kept"])

    def test_no_more_texts_are_counted_than_there_is_room_for(self) -> None:
        shelf = Shelf(after=2)
        shelf.make()
        for number in range(COUNTED):
            shelf.wanted(shelf.of(str(number)), "x")
        assert len(shelf._counts) == COUNTED
        assert not shelf.make(), "it was forgotten"

    @given(
        st.lists(
            st.tuples(
                st.sampled_from("ab"), st.sampled_from(["Yes.", "No.", "So."]), st.integers(0, 4000)
            ),
            max_size=30,
        ),
        st.integers(0, 20_000),
    )
    def test_it_never_has_more_than_its_room(
        self, made: list[tuple[str, str, int]], room: int
    ) -> None:
        shelf = Shelf(after=1, limit_bytes=room)
        for tenant, text, size in made:
            shelf.make(text, tenant, size)
            assert 0 <= shelf.size <= room
            assert shelf.size == sum(one.size for one in shelf._kept.values())
        shelf.purge("a"), shelf.purge("b")
        assert shelf.size == 0
