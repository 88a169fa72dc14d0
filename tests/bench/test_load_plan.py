"""What the callers of ``load`` say."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.load_plan import KINDS, MIX, OVER, Material, Saying, Turn, drawn, fits, mix_of, words_of
from gateway.errors import UsageError


def one(kind: str) -> Turn:
    return Turn(kind, (Saying("what is it", OVER, "hit", "it"),))


def test_turns_come_in_the_stated_mix() -> None:
    material = Material({kind: (one(kind),) for kind in KINDS})
    found = Counter(turn.kind for turn in drawn(material, mix_of(MIX), 200))
    assert found == {"hit": 110, "miss": 40, "clarify": 20, "barge": 20, "hangup": 10}


@pytest.mark.parametrize("wrong", ["hits:60", "hit", "hit:-1", "hit:lots", "hit:0", ""])
def test_a_mix_that_is_none_is_told(wrong: str) -> None:
    with pytest.raises(UsageError, match="mix"):
        mix_of(wrong)


def test_a_kind_that_the_table_has_none_of_is_told() -> None:
    material = Material({"hit": (one("hit"),), "clarify": ()})
    with pytest.raises(UsageError, match="clarify"):
        drawn(material, mix_of("hit:1,clarify:1"), 10)


def test_words_are_over_when_the_turn_wants_it() -> None:
    turns = [Turn("hit", (Saying("open now", 3.5, "hit", "a"),))] * 2
    ends = [end for word, end in words_of(turns) if word == "now"]
    assert ends == [3500, 12_500]


def test_what_is_too_long_is_not_said() -> None:
    assert fits(Saying("are you open", OVER, "hit"), aloud=False)
    assert not fits(Saying("word " * 20, OVER, "hit"), aloud=False)
