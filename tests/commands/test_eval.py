"""``frontline eval``: labelled queries against a live catalogue, and CLINC150's protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.store.sqlite import SqliteStore
from gateway.ports import Entry
from intents.encoder import Encoder
from intents.knowledge import Item, Knowledge
from tests.stored import clip, draft, put_clips

TOPICS = {
    "hours": ("when do you open", "what are your opening hours", "how late are you open"),
    "parking": ("where can i park", "is there parking", "do you have a car park"),
    "returns": ("can i send it back", "how do returns work", "i want to return something"),
}


@pytest.fixture(scope="module")
def knowledge(encoder: Encoder) -> bytes:
    items = [Item(id=name, intent=name, questions=texts) for name, texts in TOPICS.items()]
    return Knowledge.build(items, encoder, max_wrong_rate=0.05).to_bytes()


@pytest.fixture
def shop(
    tmp_path: Path, knowledge: bytes, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", str(model_folder))
    store = SqliteStore(tmp_path / "var" / "store")
    put_clips(store, draft("an answer"))
    entries = tuple(
        Entry(id=name, intent=name, questions=texts, answer="an answer")
        for name, texts in TOPICS.items()
    )
    clips = {f"entry:{name}": clip("an answer") for name in TOPICS}
    store.publish(replace(draft(entries=entries, knowledge=knowledge), clips=clips))
    store.close()
    return tmp_path


def test_hits_and_wrong_answers_are_counted(run: Callable[..., Any], shop: Path) -> None:
    (shop / "q.csv").write_text(
        "text,entry\nwhen do you open,hours\nis there parking,returns\nhow tall is everest,\n"
    )
    done = run("eval", "q.csv", "--json")
    result = json.loads(done.out)
    assert done.code == 0
    figures = result["figures"]
    assert (figures["queries"], figures["known"]) == (3, 2)
    assert (figures["answers"], figures["right"]) == (2, 1)
    assert figures["hit_pct"] == figures["wrong_of_answers_pct"] == 50.0
    (mistake,) = result["wrong"]
    assert (mistake["text"], mistake["meant"], mistake["said"]) == (
        "is there parking",
        "returns",
        "parking",
    )
    shown = run("eval", "q.csv").out
    assert "hit_pct" in shown
    assert "wrongly answered" in shown


def test_json_says_the_same_as_csv(run: Callable[..., Any], shop: Path) -> None:
    queries = [{"text": "when do you open", "entry": "hours"}, {"text": "sing a song"}]
    (shop / "q.json").write_text(json.dumps(queries))
    figures = json.loads(run("eval", "q.json", "--json").out)["figures"]
    assert (figures["queries"], figures["right"]) == (2, 1)


def test_the_curve_can_be_drawn(run: Callable[..., Any], shop: Path) -> None:
    (shop / "q.csv").write_text("text,entry\nwhen do you open,hours\nis there parking,parking\n")
    assert run("eval", "q.csv", "--plot", "curve.png").code == 0
    assert (shop / "curve.png").read_bytes().startswith(b"\x89PNG")
    done = run("eval", "q.csv", "--plot", "curve.nonsense")
    assert done.code == 1
    assert "curve.nonsense" in done.err


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("q.csv", "question,entry\na,b\n", "columns text and entry"),
        ("q.csv", "text,entry\n", "no queries"),
        ("q.csv", "text,entry\nhello,nowhere\n", "no entry 'nowhere'"),
        ("q.json", "[]", "not a JSON list"),
        ("q.json", '{"text": 1}', "not a JSON list"),
        ("q.json", '["a"]', "not a JSON list"),
        ("q.json", "[", "not a JSON list"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    run: Callable[..., Any], shop: Path, name: str, text: str, expected: str
) -> None:
    (shop / name).write_text(text)
    done = run("eval", name)
    assert done.code == 1
    assert expected in done.err
    assert done.err.count("\n") == 1


def test_a_file_that_is_not_there(run: Callable[..., Any], shop: Path) -> None:
    done = run("eval", "none.csv")
    assert done.code == 1
    assert "none.csv" in done.err


def test_a_folder_is_clinc(
    run: Callable[..., Any], shop: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("model.onnx", "tokenizer.json", "manifest.json"):
        (shop / "model").mkdir(exist_ok=True)
        (shop / "model" / name).symlink_to(model_folder / name)
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", "model")
    monkeypatch.setenv("FRONTLINE_MATCH__MAX_WRONG_RATE", "0.05")
    texts = [[text, name] for name, questions in TOPICS.items() for text in questions]
    data = {"train": texts, "test": texts, "oos_test": [["how tall is everest", "oos"]]}
    (shop / "data_full.json").write_text(json.dumps(data))
    for given in (".", "data_full.json"):
        done = run("eval", given, "--per-intent", "3", "--draws", "1", "--json")
        result = json.loads(done.out)
        assert (result["data"], result["figures"]["k"]) == ("clinc150", 3)
        assert result["figures"]["hit_pct"] == 100.0
        assert "cosine_hit_pct" in result["figures"]
    assert run("eval", ".", "--plot", "x.png").code == 1
    (shop / "data_full.json").unlink()
    assert run("eval", ".").code == 1
