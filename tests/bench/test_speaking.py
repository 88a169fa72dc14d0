"""What a recogniser says of speech, and when."""

from __future__ import annotations

import random
from statistics import median

import pytest

from bench.speaking import LAG_P50, LAG_P95, SILENCE, WORD, lag_of, partials

TEXT = "can you recommend a good vet in york"
WORDS = TEXT.split()


def spoken(seed: int, every: float = 0.25) -> list[tuple[float, str]]:
    random.seed(seed)
    return partials(TEXT, 100.0, every)


@pytest.mark.parametrize("seed", range(20))
def test_each_partial_says_more_on_the_beat_and_before_the_final(seed: int) -> None:
    found = spoken(seed)
    counts = [len(text.split()) for _, text in found]
    assert counts == sorted(set(counts)) and counts[0] > 0
    assert [text for _, text in found] == [" ".join(WORDS[:count]) for count in counts]
    beats = [(at - found[0][0]) / 0.25 for at, _ in found]
    assert beats == pytest.approx([round(beat) for beat in beats])
    assert found[-1][0] < 100.0


def test_no_word_is_known_before_it_was_said() -> None:
    for seed in range(20):
        for at, text in spoken(seed):
            unsaid = len(WORDS) - len(text.split())
            assert at > 100.0 - SILENCE - unsaid * WORD


def test_the_last_word_is_often_in_the_final_alone() -> None:
    whole = sum(spoken(seed)[-1][1] == TEXT for seed in range(400)) / 400
    assert 0.02 < whole < 0.4
    often = sum(spoken(seed, every=0.02)[-1][1] == TEXT for seed in range(400)) / 400
    assert often > whole, "who speaks up sooner has it sooner"


def test_lags_are_as_stated() -> None:
    random.seed(1)
    lags = sorted(lag_of() for _ in range(4000))
    assert median(lags) == pytest.approx(LAG_P50, rel=0.1)
    assert lags[3800] == pytest.approx(LAG_P95, rel=0.15)
