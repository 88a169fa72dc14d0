"""One server for all tests of a module that leave it as it was, and people of every role."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from gateway.adapters.store import SqliteStore
from gateway.admin.people.persons import made
from gateway.ports.people import Role
from gateway.settings.match import MatchSettings
from gateway.settings.store import ModelSettings, StoreSettings
from gateway.settings.whole import Settings
from gateway.wiring import app
from gateway.wiring.app import create_app
from intents.models.encoder import Encoder
from tests.admin.conftest import HERE, TOKEN

Bearer = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def house_store(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteStore]:
    folder = tmp_path_factory.mktemp("people") / "store"
    shutil.copytree(seeded, folder)
    store = SqliteStore(folder)
    yield store
    store.close()


@pytest.fixture(scope="module")
def house_http(
    house_store: SqliteStore, model_folder: Path, encoder: Encoder
) -> Iterator[TestClient]:
    settings = Settings(
        store=StoreSettings(url=f"sqlite:///{house_store.folder}"),
        model=ModelSettings(folder=str(model_folder)),
        match=MatchSettings(train="never"),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "Encoder", lambda folder, threads: encoder)
        with TestClient(create_app(settings, admin_token=TOKEN), HERE) as running:
            yield running


@pytest.fixture
def bearer(house_store: SqliteStore) -> Bearer:
    """The header of somebody new, of that role and with those tenants."""

    def header(role: Role, *tenants: str) -> dict[str, str]:
        token, secret = made(f"a {role.name.lower()}", role, tenants, 0.0, time.time())
        house_store.keep_token(token)
        return {"Authorization": f"Bearer {secret}"}

    return header
