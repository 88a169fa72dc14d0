"""What the answers hold."""

from __future__ import annotations

from dataclasses import fields

import msgspec

from gateway.admin import answers, schema
from gateway.ports import Entry, TurnRecord


def test_nothing_of_an_entry_or_a_turn_is_left_out() -> None:
    names = {field.name for field in fields(Entry)}
    assert set(answers.EntryOut.__struct_fields__) == names
    assert set(schema.EntryIn.__struct_fields__) == names
    turn = {field.name for field in fields(TurnRecord)}
    told = {"decided", "says"}  # taken out of the evidence
    assert set(answers.TurnOut.__struct_fields__) == turn | told
    assert turn - set(answers.TurnLine.__struct_fields__) == {"evidence"}


def test_a_plain_error_is_short() -> None:
    failure = answers.Failure(error=answers.Problem(code="busy", message="try again"))
    assert msgspec.json.encode(failure) == b'{"error":{"code":"busy","message":"try again"}}'
