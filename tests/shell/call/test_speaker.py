"""What a call says beside its sound, and when the caller is connected with somebody else."""

from __future__ import annotations

import pytest

from gateway.core.events import PlaybackDone
from gateway.shell.call.orders import Control, HandOver, HangUp, PressDigits, Transfer
from gateway.shell.call.speaker import Speaker
from gateway.shell.sound.outbox import Outbox
from gateway.transports.native import NativeDialect
from tests.support.fakes import FakeWire
from tests.support.house import PCM16K

pytestmark = pytest.mark.anyio

TRANSFER = Transfer(turn=1, action="transfer:cards", brief={}, queue="cards")


class Said:
    def __init__(self) -> None:
        self.orders: list[Control] = []
        self.outbox = Outbox(FakeWire(), failed=lambda reason: None)
        self.speaker = Speaker(NativeDialect(PCM16K), self.outbox)
        self.speaker.obey = self.orders.append

    def heard(self, generation: int, *orders: Control) -> None:
        """The caller heard it out, and the core had that done."""
        self.speaker.before(PlaybackDone(generation=generation))
        for order in orders:
            self.speaker.say(order)
        self.speaker.after()


async def test_an_action_is_on_the_wire_and_carried_out() -> None:
    said = Said()
    press = PressDigits(turn=1, action="dtmf:1", brief={}, digits="1")
    said.speaker.say(press)
    assert [item.message for item in said.outbox._items] == [
        '{"type": "action", "turn": 1, "action": "dtmf:1"}'
    ]
    assert said.orders == [press]


async def test_who_was_told_that_somebody_else_goes_on_is_connected_once() -> None:
    said = Said()
    said.speaker.announces(3)
    said.heard(2)
    assert said.orders == []
    said.heard(3)
    said.heard(4)
    assert said.orders == [HandOver()]


async def test_an_operators_transfer_stands_for_it() -> None:
    said = Said()
    said.speaker.announces(3)
    said.heard(3, TRANSFER)
    assert said.orders == [TRANSFER]


async def test_a_call_that_ends_with_it_is_connected_instead_of_hung_up() -> None:
    said = Said()
    said.speaker.announces(3)
    said.speaker.before(PlaybackDone(generation=3))
    said.speaker.end("the recogniser failed")
    said.speaker.after()
    assert said.orders == [HandOver()]


async def test_any_other_end_is_a_hang_up() -> None:
    said = Said()
    said.speaker.end("goodbye")
    assert said.orders == [HangUp(reason="goodbye")]
