"""What a generation is made of."""

from __future__ import annotations

import asyncio

import pytest

from gateway.ports.sound import AudioFormat, Encoding
from gateway.shell.sound.clips import LoadedClip
from gateway.shell.sound.sources import AHEAD, ClipFeed, Feed, Stream, StreamFeed

pytestmark = pytest.mark.anyio

PCM = AudioFormat(Encoding.PCM, 8000)
MESSAGE = 640
"""Bytes of 40 ms."""


def clip(count: int, *quiet: int) -> LoadedClip:
    messages = tuple(bytes([n]) for n in range(count))
    return LoadedClip(messages, 40, count * 40, count, frozenset(quiet))


def numbers(feed: Feed) -> list[int]:
    """First byte of each message that can be taken."""
    found = []
    while feed.ready:
        found.append(feed.take()[0][0])
    return found


def stream(form: AudioFormat = PCM) -> Stream:
    return Stream(form, 40)


class TestClips:
    async def test_one_after_another_from_an_offset(self) -> None:
        feed = ClipFeed([clip(3), clip(2)], 0.08)
        assert numbers(feed) == [2, 0, 1]
        assert feed.over

    @pytest.mark.parametrize(
        ("taken", "left"), [(0, [0, 1, 2]), (2, [2]), (3, []), (4, []), (5, [5, 6])]
    )
    async def test_cut_at_the_next_pause(self, taken: int, left: list[int]) -> None:
        feed = ClipFeed([clip(9, 2, 3, 6)], 0.0)
        for _ in range(taken):
            feed.take()
        feed.cut()
        assert numbers(feed) == left

    async def test_without_a_pause_the_end_is_one(self) -> None:
        feed = ClipFeed([clip(3)], 0.0)
        feed.take()
        feed.cut()
        assert numbers(feed) == [1, 2]

    async def test_what_was_heard_of_them_is_kept(self) -> None:
        feed = ClipFeed([clip(3)], 0.0)
        feed.heard(0.08)
        assert numbers(feed) == [0, 1, 2]


class TestStreams:
    async def test_sound_comes_out_in_messages_however_it_comes_in(self) -> None:
        made = stream()
        feed = StreamFeed(made, 0.0)
        made.append(b"\1" * (MESSAGE - 1))
        assert not feed.ready and not feed.over and made.length == 0.0
        made.append(b"\2" * (MESSAGE + 101))
        assert made.length == pytest.approx(0.08)
        made.end()
        assert made.length == pytest.approx(0.08 + 0.04 * 100 / MESSAGE)
        taken = [feed.take() for _ in range(3)]
        assert [len(message) for message, _ in taken] == [MESSAGE, MESSAGE, 100]
        assert sum(seconds for _, seconds in taken) == pytest.approx(made.length)
        assert feed.over

    async def test_half_a_sample_at_the_end_is_no_message(self) -> None:
        made = stream()
        made.append(b"\1")
        made.end()
        assert made.count == 0 and StreamFeed(made, 0.0).over

    async def test_opus_comes_out_by_the_packet(self) -> None:
        made = stream(AudioFormat(Encoding.OPUS, 48000))
        made.append(b"\0\1a\0\2bc")
        made.end()
        assert made.length == pytest.approx(0.04)
        assert made.message(1)[0] == b"bc"

    async def test_after_its_end_nothing_is_taken_in(self) -> None:
        made = stream()
        made.end()
        made.append(bytes(MESSAGE))
        made.end()
        assert made.count == 0

    async def test_who_plays_it_is_woken_by_whole_messages_and_the_end(self) -> None:
        woken: list[int] = []
        made = stream()
        made.append(bytes(MESSAGE))
        made.woken = lambda: woken.append(made.count)
        made.append(bytes(10))
        made.append(bytes(MESSAGE))
        made.end()
        assert woken == [2, 3]

    async def test_what_was_heard_is_forgotten_and_the_rest_goes_on(self) -> None:
        made = stream()
        for number in range(5):
            made.append(bytes([number]) * MESSAGE)
        feed = StreamFeed(made, 0.0)
        assert numbers(feed) == [0, 1, 2, 3, 4]
        feed.heard(0.1)
        assert len(made._messages) == 3 and made.length == pytest.approx(0.2)
        again = StreamFeed(made, 0.1)
        assert numbers(again) == [2, 3, 4]
        again.heard(0.06)
        assert len(made._messages) == 1

    async def test_cut_it_ends_with_what_there_is_and_another_goes_on(self) -> None:
        made = stream()
        for number in range(3):
            made.append(bytes([number]) * MESSAGE)
        feed = StreamFeed(made, 0.0)
        feed.take()
        feed.cut()
        made.append(bytes([3]) * MESSAGE)
        assert [feed.over, numbers(feed), feed.over] == [False, [1, 2], True]
        assert numbers(StreamFeed(made, 0.12)) == [3]

    async def test_whoever_makes_it_waits_while_much_is_unheard(self) -> None:
        made = stream()
        made.append(bytes(MESSAGE * round(AHEAD / 0.04)))
        await made.room()
        made.append(bytes(MESSAGE * 10))
        loop = asyncio.get_running_loop()
        for at, position in ((1.0, 0.2), (2.0, 0.4), (3.0, 9.0)):
            loop.call_at(at, made.heard, position)
        await made.room()
        assert loop.time() == 2.0


def test_what_is_less_than_a_message_is_made_too() -> None:
    stream = Stream(PCM, 40)
    made = [stream.made]
    for size in (MESSAGE // 2, MESSAGE, MESSAGE // 2):
        stream.append(bytes(size))
        made.append(stream.made)
    assert made == pytest.approx([0.0, 0.02, 0.06, 0.08])
    assert stream.length == pytest.approx(0.08)


def test_it_is_heard_out_once_there_is_an_end_and_it_was_heard() -> None:
    stream = Stream(PCM, 40)
    stream.append(bytes(MESSAGE + 160))
    stream.heard(0.04)
    assert not stream.heard_out, "more may come"
    stream.end()
    assert not stream.heard_out
    stream.heard(0.05)
    assert stream.heard_out
