"""What goes to one client."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from gateway.shell.sound.outbox import Item, Outbox
from tests.support.fakes import FakeWire

pytestmark = pytest.mark.anyio


@dataclass
class Box:
    """An outbox, its wire and what became of it."""

    wire: FakeWire = field(default_factory=FakeWire)
    failures: list[str] = field(default_factory=list)
    timeout: float = 5.0
    limit: int = 100

    def __post_init__(self) -> None:
        self.out = Outbox(
            self.wire, failed=self.failures.append, limit_bytes=self.limit, timeout=self.timeout
        )

    @property
    def messages(self) -> list[str | bytes]:
        return [message for _, message in self.wire.sent]


async def test_in_order_and_told_when_written() -> None:
    box, written = Box(FakeWire(takes=0.1)), []
    loop = asyncio.get_running_loop()
    for text in ("a", b"b", "c"):
        box.out.put(Item(text, written=lambda: written.append(loop.time())))
    box.out.finish()
    await box.out.run()
    assert box.messages == ["a", b"b", "c"]
    assert written == pytest.approx([0.1, 0.2, 0.3])
    assert not box.failures


async def test_it_waits_for_more_until_it_is_finished() -> None:
    box = Box()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(box.out.run())
        await asyncio.sleep(1.0)
        box.out.put(Item("late"))
        await asyncio.sleep(1.0)
        assert box.messages == ["late"]
        assert box.wire.sent[0][0] == pytest.approx(1.0)
        box.out.finish()
    assert asyncio.get_running_loop().time() == pytest.approx(2.0)


async def test_what_is_dropped_is_never_written() -> None:
    box = Box()
    for text, generation in (("one", 1), ("other", 0), ("two", 2), ("one more", 1)):
        box.out.put(Item(text, generation))
    box.out.drop(1)
    box.out.drop(3)
    box.out.finish()
    await box.out.run()
    assert box.messages == ["other", "two"]


async def test_dropping_makes_room() -> None:
    box = Box()
    for _ in range(5):
        box.out.put(Item("x" * 90, generation=1))
        box.out.drop(1)
    assert not box.failures


async def test_writing_makes_room() -> None:
    box = Box(FakeWire(takes=0.01))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(box.out.run())
        for _ in range(5):
            box.out.put(Item("x" * 90))
            await asyncio.sleep(0.02)
        box.out.finish()
    assert len(box.messages) == 5
    assert not box.failures


async def test_a_full_box_fails_once_and_takes_nothing_any_more() -> None:
    box = Box()
    box.out.put(Item("x" * 60))
    assert not box.failures
    box.out.put(Item("x" * 60))
    assert box.failures == ["the client does not read what is sent to it"]
    box.out.put(Item("x" * 200))
    box.out.put(Item("small"))
    box.out.finish()
    await box.out.run()
    assert not box.messages
    assert len(box.failures) == 1


async def test_a_box_that_overflows_during_a_late_write_fails_once() -> None:
    box = Box(FakeWire(takes=60.0), timeout=2.0)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(box.out.run())
        box.out.put(Item("a"))
        await asyncio.sleep(1.0)
        box.out.put(Item("x" * 200))
    assert box.failures == ["the client does not read what is sent to it"]
    assert asyncio.get_running_loop().time() == pytest.approx(2.0)


async def test_what_the_call_says_while_it_fails_does_not_fail_it_again() -> None:
    said = 0

    def fail(reason: str) -> None:
        nonlocal said
        said += 1
        box.put(Item("x" * 200))

    box = Outbox(FakeWire(), failed=fail, limit_bytes=100)
    box.put(Item("x" * 101))
    assert said == 1


async def test_a_late_write_fails_at_its_deadline() -> None:
    box = Box(FakeWire(takes=60.0), timeout=2.0)
    box.out.put(Item("a"))
    box.out.put(Item("b"))
    await box.out.run()
    assert asyncio.get_running_loop().time() == pytest.approx(2.0)
    assert box.failures == ["a write took longer than 2 s"]
    assert not box.messages


@pytest.mark.parametrize("error", [RuntimeError("closed"), OSError("reset")])
async def test_a_broken_connection_fails(error: Exception) -> None:
    box = Box()
    box.wire.broken = error
    written: list[int] = []
    box.out.put(Item("a", written=lambda: written.append(1)))
    await box.out.run()
    assert box.failures == ["the connection broke"]
    assert not written


async def test_a_mistake_of_ours_is_not_taken_for_the_clients() -> None:
    box = Box()
    box.wire.broken = KeyError("ours")
    box.out.put(Item("a"))
    with pytest.raises(KeyError):
        await box.out.run()


class QuickFake(FakeWire):
    """A wire that has room for so many messages without waiting."""

    def __init__(self, takes: float, room: int) -> None:
        super().__init__(takes)
        self.room = room
        self.at_once: list[str | bytes] = []

    def send_now(self, message: str | bytes) -> bool:
        if not self.room:
            return False
        self.room -= 1
        self.at_once.append(message)
        return True


async def test_a_wire_with_room_is_written_at_once_and_in_order() -> None:
    wire = QuickFake(takes=0.1, room=0)
    out = Outbox(wire, failed=lambda reason: None)
    out.put(Item("before it runs"))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(out.run())
        out.put(Item("waits behind it"))
        await asyncio.sleep(0.5)
        wire.room = 2
        out.put(Item("now"))
        out.put(Item("now too"))
        assert wire.at_once == ["now", "now too"]
        out.put(Item("no room"))
        wire.room = 1
        out.put(Item("not before it"))
        assert wire.at_once == ["now", "now too"]
        await asyncio.sleep(0.5)
        out.finish()
    sent = [message for _, message in wire.sent]
    assert sent == ["before it runs", "waits behind it", "not before it"]
    assert wire.at_once == ["now", "now too", "no room"]


async def test_the_writer_does_not_wait_for_a_wire_with_room() -> None:
    wire = QuickFake(takes=60.0, room=2)
    written: list[str] = []
    out = Outbox(wire, failed=lambda reason: None)
    out.put(Item("a", written=lambda: written.append("a")))
    out.put(Item("b", written=lambda: written.append("b")))
    out.finish()
    await out.run()
    assert (wire.at_once, wire.sent, written) == (["a", "b"], [], ["a", "b"])


async def test_each_write_has_its_own_deadline() -> None:
    box = Box(FakeWire(takes=1.5), timeout=2.0)
    for text in ("a", "b", "c"):
        box.out.put(Item(text))
    box.out.finish()
    await box.out.run()
    assert box.messages == ["a", "b", "c"], "together they take longer than one may"
    assert not box.failures


async def test_who_cancels_it_is_obeyed() -> None:
    box = Box(FakeWire(takes=60.0), timeout=2.0)
    box.out.put(Item("a"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await box.out.run()
    assert asyncio.get_running_loop().time() == pytest.approx(1.0)
    assert not box.failures
