"""``frontline eval``: labelled queries against a live catalogue, and CLINC150's protocol."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.store.sqlite import SqliteStore
from gateway.ports.store import Entry
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.models.encoder import FILES, VERIFIER, Encoder
from tests.support.stored import clip, draft, put_clips

TOPICS = {
    "hours": ("when do you open", "what are your opening hours", "how late are you open"),
    "parking": ("where can i park", "is there parking", "do you have a car park"),
    "returns": ("can i send it back", "how do returns work", "i want to return something"),
}


@pytest.fixture(scope="module")
def knowledge(encoder: Encoder) -> bytes:
    items = [Item(id=name, intent=name, questions=texts) for name, texts in TOPICS.items()]
    return Knowledge.build(items, encoder, aim=Aim(0.05)).to_bytes()


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
    assert "answered rightly" in shown
    assert "parking / returns: 1 wrong: 'is there parking'" in shown


def test_json_says_the_same_as_csv(run: Callable[..., Any], shop: Path) -> None:
    queries = [{"text": "when do you open", "entry": "hours"}, {"text": "sing a song"}]
    (shop / "q.json").write_text(json.dumps(queries))
    figures = json.loads(run("eval", "q.json", "--json").out)["figures"]
    assert (figures["queries"], figures["right"]) == (2, 1)


def test_the_curve_can_be_drawn(run: Callable[..., Any], shop: Path) -> None:
    (shop / "q.csv").write_text("text,entry\nwhen do you open,hours\nis there parking,parking\n")
    done = run("eval", "q.csv", "--plot", "curve")
    assert done.code == 0
    assert "curve.png" in done.err
    assert (shop / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert "catalogue 1" in (shop / "curve.svg").read_text()
    done = run("eval", "q.csv", "--plot", "curve.nonsense")
    assert done.code == 1
    assert "curve.nonsense" in done.err


def test_what_was_confused_is_told_with_a_mend(run: Callable[..., Any], shop: Path) -> None:
    (shop / "q.csv").write_text(
        "text,entry\nwhen do you open,hours\nis there parking,returns\nwhere can i park,\n"
    )
    result = json.loads(run("eval", "q.csv", "--json").out)
    pairs = {tuple(pair["entries"]): pair for pair in result["confused"]}
    assert set(pairs) == {("parking", "returns"), ("parking", "")}
    assert pairs["parking", "returns"]["wrong"] == 1
    # Every answer of this shop is the same.
    assert "the two answers are the same" in pairs["parking", "returns"]["suggestions"][0]
    assert "add a counter-example to parking" in pairs["parking", ""]["suggestions"][0]
    rows = {row["intent"]: row for row in result["intents"]}
    assert (rows["returns"]["wrong"], rows["hours"]["right"], rows[""]["wrong"]) == (1, 1, 1)
    shown = run("eval", "q.csv").out
    assert "confused entries" in shown
    assert "parking / (none of ours): 1 wrong: 'where can i park'" in shown
    assert "95 % interval" in shown


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("q.csv", "question,entry\na,b\n", "q.csv: line 1: no column text"),
        ("q.csv", "text,entry\n", "no queries"),
        ("q.csv", "text,entry\nhello,hour\n", "q.csv: line 2: entry: the catalogue has no entry"),
        ("q.json", "[]", "not a JSON list"),
        ("q.json", '["a"]', "q.json: item 1: not an object"),
        ("q.json", "[", "not JSON"),
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


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_folder_is_clinc(
    run: Callable[..., Any], shop: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*FILES, VERIFIER, "manifest.json"):
        (shop / "model").mkdir(exist_ok=True)
        (shop / "model" / name).symlink_to(model_folder / name)
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", "model")
    monkeypatch.setenv("FRONTLINE_MATCH__MAX_WRONG_RATE", "0.05")
    texts = [[text, name] for name, questions in TOPICS.items() for text in questions]
    data = {"train": texts, "test": texts, "oos_test": [["how tall is everest", "oos"]]}
    (shop / "data_full.json").write_text(json.dumps(data))
    done = run("eval", ".", "--per-intent", "2,3", "--draws", "1", "--json")
    result = json.loads(done.out)
    assert result["data"] == "clinc150"
    assert [(one["k"], one["unseeded"]) for one in result["runs"]] == [(2, 0), (3, 0)]
    clean = result["runs"][1]["clean"]
    assert clean["hit_pct"] == 100.0
    assert clean["rivals"]["gptcache"]["hit_pct"] == 100.0
    assert result["curves"]["k"] == 3
    assert result["curves"]["clean"]["ours"][-1]["hit_pct"] == 100.0
    assert set(result["curves"]["noise"]) == {"ours", "nearest", "top_mean", "range_mean"}
    argv = ("--per-intent", "3", "--draws", "1", "--plot", "clinc.svg")
    done = run("eval", "data_full.json", *argv)
    assert "k = 3, noise" in done.out
    assert "GPTCache, default" in done.out
    drawn = (shop / "clinc.svg").read_text()
    assert "Frontline, noisy speech" in drawn
    assert "3 examples an intent, one draw" in drawn
    assert "semantic-router" in drawn
    with pytest.raises(SystemExit, match="2"):
        run("eval", ".", "--per-intent", "0")
    (shop / "data_full.json").unlink()
    assert run("eval", ".").code == 1
