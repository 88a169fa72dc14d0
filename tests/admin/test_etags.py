"""Tags of entries, and what is asked of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.admin.etags import check, named, tag_of
from gateway.admin.wire import Refused
from tests.admin.conftest import ENTRIES

WIFI, PARKING = ENTRIES[2], ENTRIES[1]


def test_a_tag_changes_with_anything_of_the_entry() -> None:
    others = [
        replace(WIFI, answer="Ask."),
        replace(WIFI, tags=("x",)),
        replace(WIFI, valid_until="2030-01-01"),
        replace(WIFI, questions=WIFI.questions[:1]),
    ]
    tags = {tag_of(one) for one in (WIFI, *others)}
    assert len(tags) == 5
    assert tag_of(replace(WIFI)) == tag_of(WIFI)


@pytest.mark.parametrize(
    ("header", "tags"),
    [('"a"', ['"a"']), ('"a", W/"b"', ['"a"', 'W/"b"']), ("*", ["*"]), ("a", []), ("", [])],
)
def test_tags_are_read(header: str, tags: list[str]) -> None:
    assert named(header) == tags


def test_the_state_that_was_named_will_do() -> None:
    for tags in ([], ["*"], [tag_of(WIFI)], ['"old"', tag_of(WIFI)]):
        check(tags, WIFI)
    check([], None)


@pytest.mark.parametrize("tags", [['"old"'], [f"W/{tag_of(WIFI)}"], [tag_of(PARKING)]])
def test_another_state_is_refused_with_what_it_is_now(tags: list[str]) -> None:
    with pytest.raises(Refused, match="its ETag is") as refused:
        check(tags, WIFI)
    assert refused.value.status == 412
    with pytest.raises(Refused, match="there is no such entry"):
        check(["*"], None)
