from intents.hearing import confusions
from intents.hearing.confusions import HEARD, PER_WORD, Trie, build, distance, joins, kept, table
from intents.text.english import words

SPOKEN = {
    "card": (("k", "aa", "r", "d"),),
    "cart": (("k", "aa", "r", "t"),),
    "car": (("k", "aa", "r"),),
    "tea": (("t", "iy"),),
    "to": (("t", "uw"),),
    "too": (("t", "uw"),),
    "two": (("t", "uw"),),
    "a": (("ah",),),
    "count": (("k", "aw", "n", "t"),),
    "account": (("ah", "k", "aw", "n", "t"),),
    "zebra": (("z", "iy", "b", "r", "ah"),),
}


def lines(common: dict[str, float] | None = None) -> dict[str, list[str]]:
    built = build(SPOKEN, common or dict.fromkeys(SPOKEN, -8.0))
    return {word: rest for word, *rest in (line.split() for line in built)}


def test_distance_grows_with_the_sound() -> None:
    card = SPOKEN["card"][0]
    assert distance(card, card) == 0
    assert distance(card, SPOKEN["cart"][0]) == 0.4
    assert distance(card, SPOKEN["car"][0]) == 0.5
    assert distance(SPOKEN["car"][0], card) == 0.5
    assert distance(card, SPOKEN["zebra"][0]) > 3


def test_the_trie_finds_what_comparing_all_finds() -> None:
    trie = Trie((word, sounds) for word, several in SPOKEN.items() for sounds in several)
    for several in SPOKEN.values():
        for most in (0.0, 0.5, 1.2):
            found = sorted(trie.near(several[0], most))
            each = ((word, distance(other[0], several[0])) for word, other in SPOKEN.items())
            assert found == sorted((word, away) for word, away in each if away <= most)


def test_build_orders_by_sound_then_frequency() -> None:
    built = lines(dict.fromkeys(SPOKEN, -8.0) | {"car": -4.0})
    assert built["card"][::2] == ["car", "cart"]
    assert lines()["card"][::2] == ["cart", "car"]
    assert "zebra" not in built
    assert built["account"][::2] == ["count", "a_count"]


def test_build_leaves_numbers_alone() -> None:
    assert "two" not in lines()
    assert lines()["to"][0] == "too"
    assert not any("two" in rest for rest in lines().values())


def test_the_table_is_whole() -> None:
    assert len(table()) > 8000
    for word, heard in table().items():
        assert 1 <= len(heard) <= PER_WORD < HEARD
        assert not kept(word)
        for other, weight in heard:
            assert 1 <= weight <= 100
            assert other != word
            assert not any(kept(part) for part in other.split())


def test_the_table_says_where_it_comes_from() -> None:
    head = [
        line for line in confusions.TABLE.read_text("utf-8").splitlines() if line.startswith("#")
    ]
    assert "NOTICE" in " ".join(head)


def test_the_table_agrees_with_the_dictionary() -> None:
    """A part of it; to build all of it takes minutes."""
    spoken, _ = confusions.load()
    for word in words("balance card account to weigh order insurance transfer statement"):
        for heard, _ in table()[word]:
            first, _, second = heard.partition(" ")
            ways = [a + b for a in spoken[first] for b in (spoken[second] if second else ((),))]
            most = max(min(confusions.FARTHEST, confusions.NEAR * len(a)) for a in spoken[word])
            assert min(distance(a, b) for a in spoken[word] for b in ways) <= most
    assert "way" in dict(table()["weigh"])


def test_negations_numbers_and_days_are_kept() -> None:
    for word in words("not never cannot can't couldn't two twenty monday 5 401k"):
        assert kept(word)
    assert not kept("card")


def test_no_word_is_heard_as_its_opposite() -> None:
    assert "unlike" not in dict(table()["like"])
    assert "online" not in table()
    assert not any(
        other in ("un" + word, "dis" + word) for word in table() for other, _ in table()[word]
    )


def test_joins_are_the_splits_read_backwards() -> None:
    assert all(f"{a} {b}" in dict(table()[word]) for (a, b), word in joins().items())
    assert joins()["pay", "check"] == "paycheck"
