"""``frontline ask``: a real catalogue, the real encoder, the decision and its evidence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cache_seed.table import read
from gateway.adapters.store.sqlite import SqliteStore
from gateway.commands import ask
from gateway.ports.store import Entry
from intents.learning.calibration import Aim, Calibration
from intents.learning.knowledge import Item, Knowledge
from intents.models.encoder import Encoder
from tests.support.data import ROOT
from tests.support.stored import clip, draft, put_clips


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
    return Knowledge.build(items, encoder, aim=Aim(0.01)).to_bytes()


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
    assert f"is a question of {entries[0].id}, word for word." in out


def test_a_person_sees_that_something_was_heard_again(
    run: Callable[..., Any], bank: SqliteStore, entries: tuple[Entry, ...]
) -> None:
    around = "could evening a name is ruth klein and"
    out = run("ask", f"{around} {entries[0].questions[1]}").out
    assert "It was decided without what was said around it." in out
    assert "It was decided" not in run("ask", entries[0].questions[1]).out


def test_what_is_not_ours_is_handed_off(run: Callable[..., Any], bank: SqliteStore) -> None:
    answer = json.loads(run("ask", "--json", "how tall is the eiffel tower").out)
    assert (answer["path"], answer["entry"]) == ("handoff", None)


def test_a_miss_is_explained_with_score_threshold_and_mends(
    run: Callable[..., Any], bank: SqliteStore
) -> None:
    answer = json.loads(run("ask", "--json", "how tall is the eiffel tower").out)
    best = answer["candidates"][0]["id"]
    assert answer["score"] < answer["threshold"]
    assert answer["because"][0] == (
        f"{best} comes first with a score of {answer['score']:.2f}, which is below the threshold "
        f"of {answer['threshold']:.2f}."
    )
    assert f'if {best} answers it, add "how tall is the eiffel tower"' in answer["mends"][0]
    assert "match.max_wrong_rate (now 1 %)" in answer["mends"][-1]


@pytest.mark.parametrize(
    ("reading", "weight", "said"),
    [
        (1.44, 0.5, "ask for the same (+1.4), which is in the score."),
        (-2.5, 0.5, "ask for another thing (-2.5), which is in the score."),
        (None, 0.5, ""),
        (1.44, 0.0, ""),
    ],
)
def test_a_reading_is_told_where_it_counts(reading: float | None, weight: float, said: str) -> None:
    one = {"id": "parking", "question": "do you have parking", "similarity": 0.9}
    answer: dict[str, Any] = {"candidates": [one], "vetoes": [], "clarify": None, "path": "cache"}
    answer |= {"reason": "", "score": 0.7, "threshold": 0.5}
    answer |= {"reading": reading, "reading_weight": weight}
    told = ask.because(answer, Calibration(0.5, 0.0, 0.0, 1.0))
    lines = [line for line in told if line.startswith("Read beside the entry's questions")]
    assert [line.endswith(said) for line in lines] == ([True] if said else [])


def test_the_reading_its_weight_and_the_share_are_in_the_json(
    run: Callable[..., Any], bank: SqliteStore, knowledge: bytes
) -> None:
    point = Knowledge.from_bytes(knowledge).told
    exact = json.loads(run("ask", "--json", "i lost my card").out)
    assert exact["reading"] is None, "word for word: nothing to read"
    other = json.loads(run("ask", "--json", "i seem to have mislaid my bank card").out)
    for answer in (exact, other):
        assert answer["reading_weight"] == point.calibration.weight
        assert answer["near_share"] == point.near_share
    assert -6 <= other["reading"] <= 6
    assert any(line.startswith("Read beside") for line in other["because"])


def test_a_veto_is_explained_with_guard_question_and_mend(
    run: Callable[..., Any], bank: SqliteStore, entries: tuple[Entry, ...]
) -> None:
    lost = next(one for one in entries if "i lost my card" in one.questions)
    text = "i found my lost card"
    answer = json.loads(run("ask", "--json", text).out)
    vetoed = [veto for veto in answer["vetoes"] if veto["entry"] == lost.id]
    assert vetoed
    line = next(one for one in answer["because"] if lost.id in one and "guard" in one)
    question = next(c["question"] for c in answer["candidates"] if c["id"] == lost.id)
    assert f"The guard {vetoed[0]['guard']} forbids {lost.id}" in line
    assert f'"{question}": {vetoed[0]["reason"]}' in line
    assert any(f'add "{text}" to its questions' in mend for mend in answer["mends"])
    out = run("ask", text).out
    assert line in out
    assert f"  -> {answer['mends'][0]}" in out


@pytest.mark.parametrize(
    ("guard", "mend"),
    [
        ("expired", "valid_from or valid_until"),
        ("counter_example", "reword or remove that counter-example"),
        ("numbers", "none of them says that"),
        ("polarity", "seed it as an entry of its own"),
    ],
)
def test_each_kind_of_veto_has_its_mend(guard: str, mend: str) -> None:
    best = {"id": "fees", "question": "what does it cost", "similarity": 0.9, "probability": 0.9}
    veto = {"guard": guard, "entry": "fees", "reason": "because"}
    answer = {
        "path": "handoff",
        "entry": None,
        "reason": "because",
        "candidates": [best],
        "vetoes": [veto],
        "clarify": None,
        "score": 0.85,
        "threshold": 0.6,
    }
    (only,) = ask.mends(answer, "cost of it", 0.01)
    assert mend in only
    first, second, third = ask.because(answer, Calibration(0.6, 0.0, 0.0, 1.0))
    assert "reaches the threshold of 0.60" in first
    assert second == "It would have been spoken but for what follows."
    assert third == (
        f'The guard {guard} forbids fees, next to its question "what does it cost": because.'
    )


def test_two_likely_entries_should_differ_and_few_questions_are_said() -> None:
    near = {"question": "q", "similarity": 0.7, "probability": 0.4}
    answer = {
        "path": "clarify",
        "entry": None,
        "reason": "could be a or b",
        "candidates": [{"id": "a", **near}, {"id": "b", **near}],
        "vetoes": [],
        "clarify": ["a", "b"],
        "score": 0.33,
        "threshold": 0.6,
    }
    told = ask.because(answer, Calibration(0.6, 0.85, 0.0, 1.0))
    assert "0.70 is below 0.85: the catalogue has too few questions" in told[1]
    assert told[-1] == "So the caller is asked about a and b."
    assert ask.mends(answer, "text", 0.01) == [
        "let the questions of a and b say how the two differ",
        'if a answers it, add "text" to its questions',
    ]


def test_what_asks_nothing_needs_no_mend(run: Callable[..., Any], bank: SqliteStore) -> None:
    answer = json.loads(run("ask", "--json", "um").out)
    assert (answer["because"], answer["mends"]) == (["Nothing was asked."], [])
    assert answer["score"] is None


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
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)  # else it would be built
    done = run("ask", "hello")
    assert done.code == 2
    assert "frontline seed" in done.err, "a model alone answers nothing"
    Path("table.csv").write_text("question,answer\nhello,hi\n")
    done = run("seed", "table.csv")
    assert done.code == 2
    assert "frontline model build" in done.err


@pytest.mark.parametrize(
    ("path", "said"),
    [("cache", "read word by word it asks for the same"), ("handoff", "too few questions")],
)
def test_a_low_similarity_is_explained_by_what_came_of_it(path: str, said: str) -> None:
    one = {"id": "parking", "question": "do you have parking", "similarity": 0.6}
    answer: dict[str, Any] = {"candidates": [one], "vetoes": [], "clarify": None, "path": path}
    answer |= {"reason": "", "score": 0.7, "threshold": 0.5}
    calibration = Calibration(threshold=0.5, floor=0.85, intercept=0.0, slope=1.0)
    assert said in " ".join(ask.because(answer, calibration))
