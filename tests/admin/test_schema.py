"""What the structs let in."""

from __future__ import annotations

import msgspec
import pytest

from gateway.admin import schema
from gateway.transports import messages

INPUTS = [
    one
    for one in vars(schema).values()
    if isinstance(one, type) and issubclass(one, schema.Input) and one is not schema.Input
]


@pytest.mark.parametrize("kind", INPUTS, ids=lambda one: one.__name__)
def test_inputs_take_nothing_unknown(kind: type[schema.Input]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"surprise": 1}, kind, strict=False)


@pytest.mark.parametrize("name", ["default", "a", "bank-2", "9_lives", "x" * 63, ""])
def test_tenants(name: str) -> None:
    assert msgspec.convert({"tenant": name}, schema.TenantQuery).tenant == name


@pytest.mark.parametrize("name", ["Bank", "-a", "a b", "x" * 64, "a/b", "*", "ä"])
def test_what_is_no_tenant(name: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.tenant"):
        msgspec.convert({"tenant": name}, schema.TenantQuery)


def test_all_tenants_only_where_they_are_read() -> None:
    assert msgspec.convert({"tenant": "*"}, schema.StatsQuery).tenant == "*"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"tenant": "*", "mode": "off"}, schema.ModeIn)


def test_a_text_may_be_as_long_as_in_a_call() -> None:
    assert schema.MAX_TEXT == messages.MAX_TEXT


def test_empty_lists_are_not_shared() -> None:
    one = schema.EntryIn(questions=["a"])
    one.tags.append("x")
    assert schema.EntryIn(questions=["b"]).tags == []
