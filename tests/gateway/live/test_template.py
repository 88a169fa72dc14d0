"""Templates of answers."""

from __future__ import annotations

import pytest

from gateway.live.template import LiveValue, TemplateWrong, has_braces, parse

STATUS, TOTAL = LiveValue("order", "status"), LiveValue("order", "total")


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        ("Your order is {order.status}.", ("Your order is", STATUS)),
        ("{order.status}", (STATUS,)),
        (
            "It is { order.status }, for {order.total} in all.",
            ("It is", STATUS, "for", TOTAL, "in all."),
        ),
        ("{order.status} {order.total}", (STATUS, TOTAL)),
        ("It is\n {order.status}  now", ("It is", STATUS, "now")),
        ("We open at nine.", ("We open at nine.",)),
    ],
)
def test_an_answer_is_cut_into_parts(answer: str, parts: tuple[object, ...]) -> None:
    assert parse(answer).parts == parts


def test_a_template_knows_its_parts() -> None:
    template = parse("It is {order.status} and {stock-level.count} at {order.total}.")
    assert template.tools == ("order", "stock-level")
    assert template.fixed == ("It is", "and", "at")
    assert str(template.values[0]) == "{order.status}"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("It is {order.status", "a { is not closed"),
        ("It is {order.{status}}", "a { is not closed"),
        ("It is order.status}", "a } closes nothing"),
        ("It is {order}", "{order} names no value"),
        ("It is {}", "{} names no value"),
        ("It is {order.status.text}", "{order.status.text} names no value"),
        ("It is {Order.status}", "{Order.status} names no value"),
        ("{a.b} {a.c} {a.d} {a.e} {a.f}", "it has 5 values"),
    ],
)
def test_what_is_no_template_is_told_with_its_mend(answer: str, reason: str) -> None:
    with pytest.raises(TemplateWrong) as caught:
        parse(answer)
    assert caught.value.reason == reason
    assert caught.value.mend


def test_braces_are_looked_for() -> None:
    assert has_braces("It is {order.status}")
    assert has_braces("It is }")
    assert not has_braces("It is here.")
