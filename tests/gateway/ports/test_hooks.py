"""Happenings, and hooks where nobody is to be told."""

from __future__ import annotations

from gateway.ports.hooks import CALL_ENDED, Happening, NoHooks


def test_each_happening_has_an_id_of_its_own() -> None:
    ids = {Happening(kind=CALL_ENDED, tenant="bank", at=1.0).id for _ in range(100)}
    assert len(ids) == 100
    assert all(one.startswith("msg_") for one in ids)


def test_nobody_is_told() -> None:
    NoHooks().tell(Happening(kind=CALL_ENDED, tenant="bank", at=1.0))
