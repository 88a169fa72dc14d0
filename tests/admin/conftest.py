"""A server with a small catalogue of our own, and turns that somebody might have had."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from gateway.adapters.store import SqliteStore
from gateway.ports.records import TurnRecord
from gateway.ports.sound import Clip
from gateway.ports.store import Draft, Entry
from gateway.settings.match import MatchSettings
from gateway.settings.store import ModelSettings, StoreSettings
from gateway.settings.whole import Settings
from gateway.wiring import app
from gateway.wiring.app import create_app
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.models.encoder import Encoder
from tests.admin.truth import Client
from tests.support.stored import clip, put_clips, turn

TOKEN = "s3cret-for-the-tests"
HERE = "http://localhost"
"""A name of the server's."""

ENTRIES = (
    Entry(
        id="opening",
        intent="opening",
        questions=("When do you open", "What are your opening hours", "Are you open on Sunday"),
        answer="We are open from nine to five. On Sundays we are closed.",
        counter_examples=("When do you open a new branch",),
        tags=("hours",),
    ),
    Entry(
        id="parking",
        intent="parking",
        questions=("Where can I park", "Do you have a car park", "Is there parking nearby"),
        answer="There is a car park behind the house. The first hour is free.",
    ),
    Entry(
        id="wifi",
        intent="wifi",
        questions=("What is the wifi password", "How do I get on the wireless network"),
        answer="Ask at the front desk for today's password.",
    ),
    Entry(
        id="delivery",
        intent="delivery",
        questions=("How long does delivery take", "When will my parcel arrive"),
        answer="Parcels arrive within three working days.",
    ),
    Entry(
        id="invoice",
        intent="invoice",
        questions=("Can I get an invoice", "Please send me a bill"),
        answer="Your invoice is in your account, under orders.",
    ),
    Entry(
        id="complaint",
        intent="complaint",
        questions=("I want to make a complaint", "I wish to complain about your service"),
        answer="",
        action="transfer",
    ),
)


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """A store with two catalogues of the tenant ``default`` and one of ``other``."""
    folder = tmp_path_factory.mktemp("admin") / "store"
    store = SqliteStore(folder)
    for tenant, entries in (
        ("default", ENTRIES[:4]),
        ("default", ENTRIES),
        ("other", ENTRIES[:3]),
    ):
        draft = draft_of(tenant, entries, encoder)
        put_clips(store, draft)
        store.publish(draft)
    store.close()
    return folder


def draft_of(tenant: str, entries: tuple[Entry, ...], encoder: Encoder) -> Draft:
    """A catalogue of the entries as it is published, its clips' sound apart."""
    items = [
        Item(
            id=entry.id,
            intent=entry.intent,
            questions=entry.questions,
            counter_examples=entry.counter_examples,
            action=entry.action,
        )
        for entry in entries
    ]
    knowledge = Knowledge.build(items, encoder, aim=Aim(0.01))
    clips: dict[str, Clip] = {
        f"entry:{entry.id}": clip(entry.answer) for entry in entries if entry.answer
    }
    clips["line:handoff"] = clip("One moment please.")
    return Draft(
        tenant=tenant,
        entries=entries,
        clips=clips,
        knowledge=knowledge.to_bytes(),
        summary=knowledge.summary,
        source="house.csv",
    )


@pytest.fixture
def settings(
    seeded: Path,
    tmp_path: Path,
    model_folder: Path,
    encoder: Encoder,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    """Settings of a server with a store of the test's own. The encoder is the real one, but
    loaded once for all servers."""
    monkeypatch.setattr(app, "Encoder", lambda folder, threads: encoder)
    folder = tmp_path / "store"
    shutil.copytree(seeded, folder)
    return Settings(
        store=StoreSettings(url=f"sqlite:///{folder}"),
        model=ModelSettings(folder=str(model_folder)),
        match=MatchSettings(train="never"),  # training would take most of the time
    )


@pytest.fixture
def http(settings: Settings) -> Iterator[TestClient]:
    """The whole server, running."""
    with TestClient(create_app(settings, admin_token=TOKEN), HERE) as running:
        yield running


@pytest.fixture
def client(http: TestClient) -> Client:
    """Asks with the token; every answer is held against the document."""
    return Client(http, TOKEN)


@pytest.fixture
def store(settings: Settings) -> Iterator[SqliteStore]:
    """The server's store, opened once more."""
    opened = SqliteStore(settings.store.folder)
    yield opened
    opened.close()


def recent(call: str, number: int, **changes: Any) -> TurnRecord:
    """A turn of the last minutes, the higher its number the newer."""
    at = time.time() - 600 + number
    timeline = {"endpointing_ms": 200.0, "match_ms": 4.0, "ttfa_ms": 204.0}
    return turn(call, number, **{"at": at, "timeline": timeline, "catalogue": 2, **changes})
