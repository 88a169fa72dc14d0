"""Who gets a place, who makes room, and who is looked after."""

from __future__ import annotations

import asyncio
import logging

import pytest

from gateway.serving.limits import Limits
from gateway.serving.places import SAID_EVERY, Places, site_of

pytestmark = pytest.mark.anyio

LIMITS = Limits(connections=6, per_address=4, sweep=0.5)


class Guest:
    def __init__(self) -> None:
        self.left = False
        self.looks: list[float] = []

    def look(self, now: float) -> None:
        self.looks.append(now)

    def leave(self) -> None:
        self.left = True


@pytest.fixture
async def places() -> Places:
    return Places(LIMITS)


def enter(places: Places, address: str, *names: str) -> list[Guest]:
    guests = []
    for name in names:
        guests.append(Guest())
        assert places.enter(name, guests[-1], address)
    return guests


async def test_whoever_waited_longest_makes_room(places: Places) -> None:
    first, second, *_ = enter(places, "1.1.1.1", "a", "b", "c", "d")
    enter(places, "1.1.1.1", "e")
    assert (first.left, second.left, len(places)) == (True, False, 4)


async def test_those_who_want_something_stay(places: Places) -> None:
    guests = enter(places, "1.1.1.1", "a", "b", "c", "d")
    for name in "abcd":
        places.busy(name)
    assert not places.enter("e", Guest(), "1.1.1.1")
    places.waits("b")
    enter(places, "1.1.1.1", "e")
    assert [guest.left for guest in guests] == [False, True, False, False]


async def test_one_address_does_not_make_another_leave(places: Places) -> None:
    others = enter(places, "2.2.2.2", "x", "y")
    enter(places, "1.1.1.1", "a", "b", "c", "d")
    enter(places, "1.1.1.1", "e", "f")
    assert not any(guest.left for guest in others)


async def test_a_full_house_takes_from_everybody(places: Places) -> None:
    oldest, _ = enter(places, "2.2.2.2", "x", "y")
    enter(places, "1.1.1.1", "a", "b", "c", "d")
    enter(places, "3.3.3.3", "z")
    assert oldest.left
    assert len(places) == LIMITS.connections


async def test_a_connection_that_became_a_websocket_keeps_its_place(places: Places) -> None:
    enter(places, "1.1.1.1", "a")
    call = Guest()
    places.take_over("a", call)
    enter(places, "1.1.1.1", "b", "c", "d", "e", "f", "g")
    assert not call.left
    places.leave("a")
    places.leave("a")
    assert len(places) == 3
    places.take_over("nobody", call)
    places.waits("nobody")
    assert len(places) == 3


async def test_reasons_are_told_and_said_once_a_minute(
    places: Places, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    places.tell = told.append
    enter(places, "1.1.1.1", "a")
    with caplog.at_level(logging.WARNING, "frontline.connections"):
        for reason in ("head", "flood", "head"):
            places.refuse(reason)
        await asyncio.sleep(1.0)
        for _ in range(100):
            places.refuse("late")
        await asyncio.sleep(SAID_EVERY - 2.0)
        assert len(caplog.records) == 1
        await asyncio.sleep(2.0)
    first, second = [record.getMessage() for record in caplog.records]
    assert "(flood: 1, head: 2); 1 are open" in first
    assert "(late: 100)" in second
    assert told[:4] == ["head", "flood", "head", "late"]


async def test_everybody_is_looked_after_while_there_is_anybody(places: Places) -> None:
    (guest,) = enter(places, "1.1.1.1", "a")
    await asyncio.sleep(2.1)
    assert guest.looks == pytest.approx([0.5, 1.0, 1.5, 2.0])
    places.leave("a")
    await asyncio.sleep(1.0)
    assert places._timer is None
    (again,) = enter(places, "1.1.1.1", "b")
    await asyncio.sleep(0.6)
    assert len(again.looks) == 1


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("no:address", "no:address"),
    ],
)
def test_what_counts_as_one_address(address: str, site: str) -> None:
    assert site_of(address) == site


async def test_those_without_an_address_share_the_whole_house(places: Places) -> None:
    enter(places, "", "a", "b", "c", "d", "e", "f")
    assert len(places) == LIMITS.connections
