"""Which words redaction may keep."""

from __future__ import annotations

from gateway.privacy.lists import read
from training import harmless
from training.harmless import sections, written

COMMON = ["the", "smith", "king", "brown", "grace", "paris", "o'clock", "x", "café", "will"]
FREQUENCY = dict.fromkeys(COMMON, 100.0) | {"the": 50_000.0}
LOWER = set(COMMON) - {"paris"}


def test_words_are_kept_unless_they_are_names_more_than_words() -> None:
    found = sections(
        COMMON,
        FREQUENCY,
        LOWER,
        {"grace": 0.3, "will": 0.01},
        {"smith": 1, "king": 0.2, "brown": 0.6},
    )
    assert found == {"": ["the"], "first": ["grace", "will"], "family": ["brown", "king"]}


def test_the_file_is_as_it_is_written() -> None:
    found = read(harmless.TARGET.name)
    plain = {key: sorted(words) for key, words in found.items()}
    assert written(plain) == harmless.TARGET.read_text("utf-8")
    assert 12_000 < sum(map(len, plain.values())) < harmless.TOP
