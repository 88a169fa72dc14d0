"""What the structs let in."""

from __future__ import annotations

import msgspec
import pytest

from gateway.admin import schema
from gateway.core import routes
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


@pytest.mark.parametrize("name", ["Bank", "-a", "a b", "x" * 64, "a/b", "*", "ä", "a\n", "\n"])
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


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        ("id", ["", "wifi", "a/b", "é"], ["a b", "a\n", "\ta", "a\0"]),
        ("locale", ["", "en", "en-US", "de_AT"], ["english!", "e", "en-", "en\n"]),
        (
            "valid_from",
            ["", "2030-12-24"],
            ["24.12.2030", "2030-1-1", "2030-12-24\n", "٢٠٣٠-12-24"],
        ),
        ("action", ["", "answer", "transfer", "dtmf:1#"], ["trasnfer", "dtmf:a", "tool:", "a:b"]),
        ("answer", ["x" * 6000], ["x" * 6001]),
    ],
)
def test_what_an_entry_may_hold(field: str, right: list[str], wrong: list[str]) -> None:
    for value in right:
        msgspec.convert({"questions": ["a"], field: value}, schema.EntryIn)
    for value in wrong:
        with pytest.raises(msgspec.ValidationError, match=rf"\$\.{field}"):
            msgspec.convert({"questions": ["a"], field: value}, schema.EntryIn)


@pytest.mark.parametrize("target", routes.Target)
def test_actions_are_those_that_calls_know(target: routes.Target) -> None:
    name = {"dtmf": "12", "control": "repeat"}.get(target.value, "cards")
    for action in (target.value, f"{target.value}:{name}", f"{target.value}:", f"{target.value}: "):
        try:
            routes.parse(action)
        except routes.RouteError:
            with pytest.raises(msgspec.ValidationError, match="action"):
                msgspec.convert({"questions": ["a"], "action": action}, schema.EntryIn)
        else:
            msgspec.convert({"questions": ["a"], "action": action}, schema.EntryIn)


def test_a_question_holds_a_word() -> None:
    for question in ("?", "_", " ", "..."):
        with pytest.raises(msgspec.ValidationError, match="questions"):
            msgspec.convert({"questions": [question]}, schema.EntryIn)
