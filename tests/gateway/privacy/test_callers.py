"""Callers by a digest of their number."""

from __future__ import annotations

import pytest

from gateway.privacy.callers import caller_of, digest_of

KEY = "a-key-of-the-operators"
ANNA = "+15551234567"


@pytest.mark.parametrize("written", ["+1 (555) 123-4567", "0015551234567", "+1.555.123.4567 "])
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert digest_of(written, KEY) == digest_of(ANNA, KEY)


def test_another_number_name_or_key_is_another_caller() -> None:
    digests = {
        digest_of(ANNA, KEY),
        digest_of(ANNA, "another key"),
        digest_of("+15551234568", KEY),
        digest_of("sip:anna@example.com", KEY),
    }
    assert len(digests) == 4
    assert all("555" not in one[:3] and len(one) == 32 for one in digests)


@pytest.mark.parametrize(
    ("facts", "number"),
    [
        ({"number": ANNA}, ANNA),
        ({"From": ANNA, "city": "Boston"}, ANNA),
        ({"id": "42", "phone": ANNA}, ANNA),
        ({"number": " ", "id": "42"}, "42"),
    ],
)
def test_the_number_is_found_among_what_is_told(facts: dict[str, str], number: str) -> None:
    assert caller_of(facts, KEY) == digest_of(number, KEY)


@pytest.mark.parametrize(("facts", "key"), [({"number": ANNA}, ""), ({}, KEY), ({"a": "b"}, KEY)])
def test_without_a_key_or_a_number_nothing_is_kept(facts: dict[str, str], key: str) -> None:
    assert caller_of(facts, key) == ""
