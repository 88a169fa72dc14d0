"""Clip files: damaged ones are missing, never noise; unneeded ones go, needed ones stay."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.store import SqliteStore
from gateway.adapters.store.clips import decode, encode
from gateway.ports.sound import WIRE_FORMATS, ClipAudio
from tests.support.stored import audio, clip, draft, names, put_clips

NAME = clip("hello").name(WIRE_FORMATS[0])
OTHER = clip("other").name(WIRE_FORMATS[0])


def file_of(folder: Path, name: str) -> Path:
    return folder / "clips" / name[:2] / name


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_the_file_holds_the_clip(payload: bytes, duration_ms: int) -> None:
    sound = ClipAudio(payload=payload, duration_ms=duration_ms)
    assert decode(NAME, encode(NAME, sound)) == sound


@given(st.binary(max_size=60), st.data())
def test_any_change_is_noticed(payload: bytes, data: st.DataObject) -> None:
    whole = encode(NAME, ClipAudio(payload=payload, duration_ms=5))
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[at] ^= data.draw(st.integers(1, 255))
    assert decode(NAME, bytes(flipped)) is None
    assert decode(NAME, whole[:at]) is None
    assert decode(NAME, whole + b"\0") is None
    assert decode(OTHER, whole) is None


class TestDamage:
    @pytest.mark.parametrize("damage", ["cut", "empty", "flip", "zeros", "longer", "foreign"])
    def test_is_a_miss_told_once_and_mended_by_the_next_put(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
    ) -> None:
        store = SqliteStore(tmp_path)
        store.put(NAME, audio(NAME))
        file = file_of(tmp_path, NAME)
        data = file.read_bytes()
        file.write_bytes(
            {
                "cut": data[:-1],
                "empty": b"",
                "flip": data[:-1] + bytes([data[-1] ^ 1]),
                "zeros": bytes(len(data)),
                "longer": data + data,
                "foreign": b"RIFF" + data[4:],
            }[damage]
        )
        with caplog.at_level(logging.ERROR):
            assert [store.get(NAME) for _ in range(3)] == [None] * 3
        assert len(caplog.records) == 1
        assert NAME in caplog.text
        assert store.has([NAME]) == set()  # so that a seed renders it again
        store.put(NAME, audio(NAME))
        assert store.get(NAME) == audio(NAME)
        store.close()

    def test_told_again_when_it_comes_back(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        store = SqliteStore(tmp_path)
        for times in (1, 2):
            store.put(NAME, audio(NAME))
            file_of(tmp_path, NAME).write_bytes(b"noise")
            assert store.get(NAME) is None
            assert len(caplog.records) == times
        store.close()

    def test_put_over_a_damaged_file_mends_it(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path)
        store.put(NAME, audio(NAME))
        file_of(tmp_path, NAME).write_bytes(bytes(700))
        store.put(NAME, audio(NAME))
        assert store.get(NAME) == audio(NAME)
        store.close()

    def test_a_clip_mended_while_it_is_set_aside_stays(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path)
        store.put(NAME, audio(NAME))
        # Another thread has read a damaged file; before it acts, a seed has put the clip again.
        store._clips._set_aside(NAME, file_of(tmp_path, NAME))
        assert store.get(NAME) == audio(NAME)
        store.close()

    def test_cut_files_are_not_there(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path)
        for name in (NAME, OTHER):
            store.put(name, audio(name))
        file = file_of(tmp_path, NAME)
        for length in (0, 20, 48, 100):
            file.write_bytes(encode(NAME, audio(NAME))[:length])
            assert store.has([NAME, OTHER]) == {OTHER}
        store.close()

    def test_what_cannot_be_read_is_a_miss(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        store = SqliteStore(tmp_path)
        file_of(tmp_path, NAME).mkdir(parents=True)
        assert [store.get(NAME), store.get(NAME)] == [None, None]
        assert len(caplog.records) == 1
        assert "cannot be read" in caplog.text
        store.close()


class TestCollect:
    def test_only_old_clips_nobody_names_go(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path)
        first, second = draft("first"), draft("second")
        for a_draft in (first, second):
            put_clips(store, a_draft)
            store.publish(a_draft)
        for name in (NAME, OTHER):
            store.put(name, audio(name))
        for name in [*names(first), *names(second), NAME]:
            age(file_of(tmp_path, name), 4000)
        assert store.collect() == 1
        assert store.has([NAME, OTHER]) == {OTHER}
        # Those of the catalogue that is no longer live stay: it can be made live again.
        assert store.has(names(first) + names(second)) == {*names(first), *names(second)}
        assert store.collect() == 0
        store.close()

    @pytest.mark.parametrize("how", ["has", "put"])
    def test_a_running_seed_keeps_what_it_counts_on(self, tmp_path: Path, how: str) -> None:
        store, other = SqliteStore(tmp_path), SqliteStore(tmp_path)
        a_draft = draft("new")
        put_clips(store, a_draft)
        for name in names(a_draft):
            age(file_of(tmp_path, name), 100_000)
        if how == "has":
            assert store.has(names(a_draft)) == set(names(a_draft))
        else:
            put_clips(store, a_draft)
        assert other.collect() == 0
        assert store.publish(a_draft) == 1
        store.close()
        other.close()

    def test_leavings_go_too(self, tmp_path: Path) -> None:
        store = SqliteStore(tmp_path)
        store.put(NAME, audio(NAME))
        old, young = (file_of(tmp_path, NAME + f".{n}.tmp") for n in "ab")
        damaged = file_of(tmp_path, OTHER + ".damaged")
        damaged.parent.mkdir()
        for path in (old, young, damaged):
            path.write_bytes(b"")
        age(old, 4000)
        age(damaged, 4000)
        assert store.collect() == 0  # no clip among them
        assert (old.exists(), young.exists(), damaged.exists()) == (False, True, False)
        store.close()
