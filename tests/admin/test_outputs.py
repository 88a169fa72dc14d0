"""What the answers hold."""

from __future__ import annotations

from dataclasses import fields

import msgspec

from gateway.admin import inputs, outputs
from gateway.ports.records import TurnRecord
from gateway.ports.store import Entry


def test_nothing_of_an_entry_or_a_turn_is_left_out() -> None:
    names = {field.name for field in fields(Entry)}
    assert set(outputs.EntryOut.__struct_fields__) == names
    assert set(inputs.EntryIn.__struct_fields__) == names
    kept_back = {"caller"}  # told to nobody
    turn = {field.name for field in fields(TurnRecord)} - kept_back
    told = {"decided", "says"}  # taken out of the evidence
    assert set(outputs.TurnOut.__struct_fields__) == turn | told
    assert turn - set(outputs.TurnLine.__struct_fields__) == {"evidence"}


def test_a_plain_error_is_short() -> None:
    failure = outputs.Failure(error=outputs.Problem(code="busy", message="try again"))
    assert msgspec.json.encode(failure) == b'{"error":{"code":"busy","message":"try again"}}'
