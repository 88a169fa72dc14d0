"""What commands open, and what they say when it is not there."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.commands.parts import live_catalogue, opened_encoder, opened_store
from gateway.errors import NotFound
from gateway.settings.store import ModelSettings, StoreSettings
from gateway.settings.whole import Settings
from intents.models.encoder import ModelError
from tests.commands.conftest import Run
from tests.support.stored import draft, put_clips


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        store=StoreSettings(url=f"sqlite:///{tmp_path / 'store'}"),
        model=ModelSettings(folder=str(tmp_path / "model")),
    )


def test_reading_makes_nothing(settings: Settings) -> None:
    with pytest.raises(NotFound, match="frontline seed"), opened_store(settings, read_only=True):
        pass
    assert not settings.store.folder.exists()


@pytest.mark.parametrize(
    "argv",
    [
        ("catalogue", "list"),
        ("catalogue", "rollback"),
        ("export",),
        ("audit",),
        ("ask", "hello"),
        ("suggest",),
        ("seed", "table.csv"),
        ("seed", "--if-empty", "table.csv"),
    ],
)
@pytest.mark.parametrize("url", ["postgres://me:hunter2@db/x", "redis:cache", "var/store"])
def test_a_store_of_an_unknown_kind_is_one_error_in_all_commands(
    run: Run, monkeypatch: pytest.MonkeyPatch, model_folder: Path, argv: tuple[str, ...], url: str
) -> None:
    monkeypatch.setenv("FRONTLINE_STORE__URL", url)
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", str(model_folder))
    monkeypatch.setenv("FRONTLINE_LLM__PRIMARY_KEY", "k")
    Path("table.csv").write_text("question,answer\nhello,hi\n")
    done = run(*argv)
    assert done.code == 2
    assert done.err.startswith("frontline: store.url: ")
    assert "write " in done.err and "redis" in done.err
    assert "hunter2" not in done.err


def test_a_store_is_made_for_writing_and_read_afterwards(settings: Settings) -> None:
    with opened_store(settings) as store:
        with pytest.raises(NotFound, match="tenant default has no catalogue yet"):
            live_catalogue(store, "default")
        made = draft("hello")
        put_clips(store, made)
        store.publish(made)
    with opened_store(settings, read_only=True) as store:
        assert live_catalogue(store, "default").number == 1
        with pytest.raises(NotFound):
            live_catalogue(store, "default", 7)


def test_a_missing_model_names_the_mend(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModelError, match="frontline model build"):
        opened_encoder(settings)


def test_the_encoder_is_the_exported_one(settings: Settings, model_folder: Path) -> None:
    there = replace(settings, model=ModelSettings(folder=str(model_folder)))
    assert opened_encoder(there).embed(["hello"]).shape == (1, 384)
