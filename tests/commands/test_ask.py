"""``frontline ask``: a real catalogue, the real encoder, the decision and its evidence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cache_seed.table import read
from gateway.adapters.store.sqlite import SqliteStore
from gateway.ports import Entry
from intents.encoder import Encoder
from intents.knowledge import Item, Knowledge
from tests.data import ROOT
from tests.stored import clip, draft, put_clips


@pytest.fixture(scope="module")
def entries() -> tuple[Entry, ...]:
    table = read(ROOT / "cache_seed" / "samples" / "bank.csv")
    assert not table.errors
    return table.entries[:12]


@pytest.fixture(scope="module")
def knowledge(entries: tuple[Entry, ...], encoder: Encoder) -> bytes:
    items = [
        Item(
            id=one.id,
            intent=one.intent,
            questions=one.questions,
            counter_examples=one.counter_examples,
            action=one.action,
        )
        for one in entries
    ]
    return Knowledge.build(items, encoder, max_wrong_rate=0.01).to_bytes()


@pytest.fixture
def bank(
    tmp_path: Path,
    entries: tuple[Entry, ...],
    knowledge: bytes,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> SqliteStore:
    """A store with the entries published, and the model where settings say."""
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", str(model_folder))
    store = SqliteStore(tmp_path / "var" / "store")
    spoken = clip("an answer")
    put_clips(store, draft("an answer"))
    clips = {f"entry:{one.id}": spoken for one in entries}
    store.publish(replace(draft(entries=entries, knowledge=knowledge), clips=clips))
    return store


def test_a_seeded_question_is_answered_with_evidence(
    run: Callable[..., Any], bank: SqliteStore, entries: tuple[Entry, ...]
) -> None:
    done = run("ask", "--json", *entries[0].questions[0].split())
    answer = json.loads(done.out)
    assert done.code == 0
    assert (answer["path"], answer["catalogue"]) == ("cache", 1)
    assert answer["entry"]["id"] == entries[0].id
    assert answer["entry"]["answer"] == entries[0].answer
    assert answer["candidates"][0]["id"] == entries[0].id
    assert 0.5 < answer["confidence"] <= 1
    assert answer["match_ms"] > 0


def test_a_person_sees_the_answer_the_questions_and_why(
    run: Callable[..., Any], bank: SqliteStore, entries: tuple[Entry, ...]
) -> None:
    out = run("ask", entries[0].questions[0]).out
    assert out.startswith("cache, confidence ")
    assert entries[0].answer in out
    assert "nearest question" in out
    assert entries[0].questions[0] in out


def test_what_is_not_ours_is_handed_off(run: Callable[..., Any], bank: SqliteStore) -> None:
    answer = json.loads(run("ask", "--json", "how tall is the eiffel tower").out)
    assert (answer["path"], answer["entry"]) == ("handoff", None)


def test_an_expired_answer_is_not_given(
    run: Callable[..., Any], bank: SqliteStore, entries: tuple[Entry, ...]
) -> None:
    old = bank.load("default")
    gone = (replace(entries[0], valid_until="2001-01-01"), *entries[1:])
    made = draft(entries=gone, knowledge=old.knowledge)
    bank.publish(replace(made, clips=old.clips))
    answer = json.loads(run("ask", "--json", entries[0].questions[0]).out)
    assert answer["path"] != "cache" or answer["entry"]["id"] != entries[0].id


def test_without_model_or_catalogue_the_mend_is_named(
    run: Callable[..., Any], model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("ask", "hello")
    assert done.code == 2
    assert "frontline model build" in done.err
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", str(model_folder))
    done = run("ask", "hello")
    assert done.code == 2
    assert "frontline seed" in done.err
