from __future__ import annotations

import pytest

from gateway.adapters.tools.results import DONE, as_text, without


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("It is on its way.", "It is on its way."),
        ("", DONE),
        (None, DONE),
        ({"a": [1, None, "é"]}, '{"a":[1,null,"é"]}'),
        (5, "5"),
        (True, "true"),
        (
            {
                1,
            },
            "{1}",
        ),
    ],
)
def test_anything_can_be_read(value: object, text: str) -> None:
    assert as_text(value, 100).strip('"') == text


def test_no_more_is_made_than_is_told() -> None:
    made: list[int] = []

    class Counted(list[int]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            for number in range(10_000_000):
                made.append(number)
                yield number

    assert 100 < len(as_text(Counted([1]), 100)) < 120
    assert len(made) < 100


def test_secrets_are_taken_out_whole_and_the_longest_first() -> None:
    text = without("tok-1234567 and tok-1234, on", {"tok-1234", "tok-1234567", "on"})
    assert text == "[secret] and [secret], on"
