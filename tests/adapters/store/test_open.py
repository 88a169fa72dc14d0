"""``store.url``: which store, and what it refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.adapters.store import SqliteStore, open_store
from gateway.errors import SettingsError, StoreFailed
from gateway.ports.sound import WIRE_FORMATS
from tests.support.stored import audio, clip, draft, names, put_clips, turn


def test_absolute(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/deep/store")
    assert isinstance(store, SqliteStore)
    assert (tmp_path / "deep/store/frontline.db").is_file()
    store.close()


def test_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("sqlite:///var/my store #1?%41")
    monkeypatch.chdir("/")
    put_clips(store, draft("one"))  # still the same folder
    store.publish(draft("one"))
    store.close()
    assert (tmp_path / "var/my store #1?%41/frontline.db").is_file()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgres://me:secret@host/db", "'postgres:' is no kind of store"),
        ("var/store", "this is no URL"),
        ("", "this is no URL"),
        ("sqlite", "this is no URL"),
        ("sqlite:", "missing or misplaced"),
        ("sqlite:///", "missing or misplaced"),
        ("sqlite:////", "missing or misplaced"),
        ("sqlite://var", "missing or misplaced"),
        ("sqlite:///a\0b", "missing or misplaced"),
    ],
)
def test_refused_with_the_forms_and_without_secrets(url: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_store(url)
    text = str(caught.value)
    assert text.startswith("store.url: ")
    assert says in text
    assert "sqlite:///FOLDER" in text
    assert "secret" not in text
    assert "\n" not in text


class TestReadOnly:
    def test_needs_a_store(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="frontline seed first"):
            open_store(f"sqlite:///{tmp_path}/none", read_only=True)
        assert list(tmp_path.iterdir()) == []

    def test_reads_beside_a_server_and_follows_it(self, tmp_path: Path) -> None:
        server = SqliteStore(tmp_path)
        asking = SqliteStore(tmp_path, read_only=True)
        assert asking.live_number("default") is None
        put_clips(server, draft("one"))
        server.publish(draft("one"))
        server.write([turn("c", 1)])
        assert asking.load("default").number == 1
        name = names(draft("one"))[0]
        assert asking.get(name) == audio(name)
        assert asking.has([name]) == {name}
        assert asking.stats("default", 0.0)["turns"] == 1
        asking.close()
        server.close()

    def test_writes_nothing(self, tmp_path: Path) -> None:
        SqliteStore(tmp_path).close()
        store = SqliteStore(tmp_path, read_only=True)
        name = clip("a").name(WIRE_FORMATS[0])
        for attempt in (
            lambda: store.write([turn("c", 1)]),
            lambda: store.set_mode("default", "off"),
            lambda: store.put(name, audio(name)),
            lambda: store.purge("default", 1.0),
            store.collect,
        ):
            with pytest.raises(StoreFailed, match="reading only"):
                attempt()
        store.close()

    def test_a_damaged_clip_is_left_where_it_is(self, tmp_path: Path) -> None:
        SqliteStore(tmp_path).close()
        name = clip("a").name(WIRE_FORMATS[0])
        file = tmp_path / "clips" / name[:2] / name
        file.parent.mkdir()
        file.write_bytes(b"noise")
        store = SqliteStore(tmp_path, read_only=True)
        assert store.get(name) is None
        assert file.read_bytes() == b"noise"
        store.close()

    def test_in_a_folder_nobody_may_write_to(
        self, shared_folder: Path, ordinary_user: None
    ) -> None:
        store = SqliteStore(shared_folder)
        put_clips(store, draft("one"))
        store.publish(draft("one"))
        store.close()
        shared_folder.chmod(0o555)
        assert sorted(os.listdir(shared_folder)) == ["clips", "frontline.db"]
        asking = SqliteStore(shared_folder, read_only=True)
        assert asking.load("default").number == 1
        asking.close()
        assert sorted(os.listdir(shared_folder)) == ["clips", "frontline.db"]
