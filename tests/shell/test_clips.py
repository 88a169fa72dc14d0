"""Clips in memory."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from gateway.errors import StoreFailed
from gateway.ports import AudioFormat, ClipAudio, ClipStore, Encoding
from gateway.shell.background import Background
from gateway.shell.clips import ClipCache, LoadedClip
from tests.house import FakeStore, tone

PCM8K = AudioFormat(Encoding.PCM, 8000)
OPUS = AudioFormat(Encoding.OPUS, 48000)


class Shelf:
    """A cache over a store that holds clips of 100 ms (1,600 bytes)."""

    def __init__(self, *names: str, limit: int = 10_000) -> None:
        self.store = FakeStore()
        for name in names:
            self.store.clips[name] = ClipAudio(tone(PCM8K, 100), 100)
        self.background = Background()
        self.cache = ClipCache(
            cast(ClipStore, self.store), self.background, message_ms=40, limit_bytes=limit
        )


def loaded(*messages: bytes, step: int = 40, duration: int = 100) -> LoadedClip:
    return LoadedClip(messages, step, duration, sum(map(len, messages)))


@pytest.mark.parametrize(
    ("seconds", "left"), [(0.0, 3), (0.039, 3), (0.04, 2), (0.05, 2), (0.099, 1), (0.5, 0)]
)
def test_an_offset_goes_back_to_the_message_border(seconds: float, left: int) -> None:
    clip = loaded(b"one", b"two", b"three")
    assert clip.first(seconds) == 3 - left


class TestCache:
    pytestmark = pytest.mark.anyio

    async def test_a_clip_is_cut_into_messages(self, threads: SimpleNamespace) -> None:
        shelf = Shelf("a")
        assert shelf.cache.ready(["a"]) is None
        clips = await shelf.cache.get(["a"], PCM8K)
        assert clips is not None
        [clip] = clips
        assert [len(message) for message in clip.messages] == [640, 640, 320]
        assert (clip.message_ms, clip.duration_ms, clip.size) == (40, 100, 1600)
        assert shelf.cache.ready(["a"]) == [clip]

    async def test_opus_goes_packet_by_packet(self, threads: SimpleNamespace) -> None:
        shelf = Shelf()
        shelf.store.clips["o"] = ClipAudio(tone(OPUS, 60), 60)
        clips = await shelf.cache.get(["o"], OPUS)
        assert clips is not None
        assert clips[0].messages == (b"\xff\xfe\xfd",) * 3
        assert clips[0].message_ms == 20

    async def test_all_or_nothing(self, threads: SimpleNamespace) -> None:
        shelf = Shelf("a")
        assert await shelf.cache.get(["a", "missing"], PCM8K) is None
        assert shelf.cache.ready(["a"]) is not None
        assert shelf.cache.ready(["a", "missing"]) is None
        assert shelf.cache.ready([]) == []

    async def test_two_who_want_it_read_it_once(self, threads: SimpleNamespace) -> None:
        shelf = Shelf("a")
        one, other = await asyncio.gather(
            shelf.cache.get(["a"], PCM8K), shelf.cache.get(["a"], PCM8K)
        )
        assert one == other
        assert shelf.store.reads == ["a"]
        await shelf.cache.get(["a"], PCM8K)
        assert shelf.store.reads == ["a"]

    async def test_who_gives_up_does_not_take_it_from_the_others(
        self, threads: SimpleNamespace
    ) -> None:
        threads.takes = 1.0
        shelf = Shelf("a")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await shelf.cache.get(["a"], PCM8K)
        clips = await shelf.cache.get(["a"], PCM8K)
        assert clips is not None
        assert asyncio.get_running_loop().time() == pytest.approx(1.0)
        assert shelf.store.reads == ["a"]

    async def test_the_least_recently_used_goes_first(self, threads: SimpleNamespace) -> None:
        shelf = Shelf("a", "b", "c", limit=3200)
        await shelf.cache.get(["a", "b"], PCM8K)
        shelf.cache.ready(["a"])
        await shelf.cache.get(["c"], PCM8K)
        assert shelf.cache.ready(["b"]) is None
        assert shelf.cache.ready(["a", "c"]) is not None
        await shelf.cache.get(["a"], PCM8K)
        await shelf.cache.get(["b"], PCM8K)
        assert shelf.cache.ready(["c"]) is None
        assert shelf.cache.ready(["a", "b"]) is not None

    async def test_one_clip_is_kept_however_long(self, threads: SimpleNamespace) -> None:
        shelf = Shelf("a", "b", limit=100)
        assert await shelf.cache.get(["a"], PCM8K) is not None
        assert shelf.cache.ready(["a"]) is not None
        await shelf.cache.get(["b"], PCM8K)
        assert shelf.cache.ready(["a"]) is None

    async def test_what_cannot_be_read_is_missing_and_tried_again(
        self, threads: SimpleNamespace, caplog: pytest.LogCaptureFixture
    ) -> None:
        shelf = Shelf("a")
        shelf.store.broken = StoreFailed("disk gone")
        assert await shelf.cache.get(["a"], PCM8K) is None
        assert "disk gone" in caplog.text
        assert shelf.cache.absent == set(), "who cannot be asked has not said so"
        shelf.store.broken = None
        assert await shelf.cache.get(["a"], PCM8K) is not None

    async def test_what_the_store_does_not_have_is_known_until_it_has_it(
        self, threads: SimpleNamespace
    ) -> None:
        shelf = Shelf("a")
        assert await shelf.cache.get(["a", "b"], PCM8K) is None
        assert shelf.cache.absent == {"b"}
        shelf.store.clips["b"] = shelf.store.clips["a"]
        assert await shelf.cache.get(["a", "b"], PCM8K) is not None
        assert shelf.cache.absent == set()

    @pytest.mark.parametrize("payload", [b"", b"\x00\x05ab"])
    async def test_no_sound_and_broken_sound_are_missing(
        self, threads: SimpleNamespace, payload: bytes
    ) -> None:
        shelf = Shelf()
        shelf.store.clips["o"] = ClipAudio(payload, 40)
        assert await shelf.cache.get(["o"], OPUS) is None

    @pytest.mark.real_loop
    async def test_the_disk_is_read_in_a_thread(self) -> None:
        shelf = Shelf("a")
        assert await shelf.cache.get(["a"], PCM8K) is not None
        await shelf.background.close()
