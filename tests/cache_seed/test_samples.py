"""The sample tables hold to the rules that make an answer good to hear and easy to tell apart."""

from __future__ import annotations

import csv
import datetime as dt
import re
from itertools import chain
from pathlib import Path

import pytest

import cache_seed
from cache_seed.table import read
from intents.text.spoken import canonical

SAMPLES = Path(cache_seed.__file__).parent / "samples"
NAMES = ("bank", "clinic", "shop")
COLUMNS = {"id", "intent", "question", "counter_example", "answer", "tags", "action"}
DATES = {"valid_from", "valid_until"}

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    with (SAMPLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def parts(cell: str) -> list[str]:
    return cell.split("|") if cell else []


def sentences(answer: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", answer)


@pytest.fixture(scope="module", params=NAMES)
def sample(request: pytest.FixtureRequest) -> list[Row]:
    return rows(request.param)


def test_only_these_samples_are_there() -> None:
    assert sorted(path.stem for path in SAMPLES.glob("*.csv")) == sorted(NAMES)


def test_columns(sample: list[Row]) -> None:
    assert set(sample[0]) - DATES == COLUMNS
    assert all(None not in row and None not in row.values() for row in sample)


def test_there_is_enough_to_start_from(sample: list[Row]) -> None:
    assert len(sample) >= 64
    assert sum(bool(row["counter_example"]) for row in sample) >= 20
    assert all(3 <= len(parts(row["question"])) <= 5 for row in sample)


def test_ids_and_intents_are_unique_and_can_be_said(sample: list[Row]) -> None:
    ids = [row["id"] for row in sample]
    intents = [row["intent"] for row in sample]
    assert len(set(ids)) == len(ids)
    assert len(set(intents)) == len(intents)
    assert [i for i in ids if not re.fullmatch(r"[a-z]+(-[a-z]+)*", i)] == []
    assert [i for i in intents if not re.fullmatch(r"[a-z]+(_[a-z]+){0,5}", i)] == []


def test_questions_look_like_a_transcript(sample: list[Row]) -> None:
    spoken = chain.from_iterable(
        parts(row["question"]) + parts(row["counter_example"]) for row in sample
    )
    assert [text for text in spoken if not re.fullmatch(r"[a-z']+( [a-z']+)*", text)] == []


def test_no_two_questions_are_the_same_once_normalised(sample: list[Row]) -> None:
    seen: dict[str, str] = {}
    doubles = []
    for row in sample:
        for question in parts(row["question"]):
            first = seen.setdefault(canonical(question).casefold(), question)
            if first is not question:
                doubles.append((first, question, row["id"]))
    assert doubles == []


def test_no_counter_example_is_a_question_of_its_own_entry(sample: list[Row]) -> None:
    clashes = [
        (row["id"], text)
        for row in sample
        for text in parts(row["counter_example"])
        if canonical(text) in {canonical(question) for question in parts(row["question"])}
    ]
    assert clashes == []


def test_counter_examples_point_at_siblings(sample: list[Row]) -> None:
    """A counter-example is worth most when another entry answers it: some must, word for word."""
    questions = {text for row in sample for text in parts(row["question"])}
    counters = {text for row in sample for text in parts(row["counter_example"])}
    assert len(questions & counters) >= 20


def test_answers_are_written_to_be_heard(sample: list[Row]) -> None:
    faults = []
    for row in sample:
        answer = row["answer"]
        if row["action"] and not answer:
            continue
        said = sentences(answer)
        if not 12 <= len(answer.split()) <= 45:
            faults.append((row["id"], "words in all", len(answer.split())))
        if not 1 <= len(said) <= 3:
            faults.append((row["id"], "sentences", len(said)))
        if len(said[0].split()) > 9:
            faults.append((row["id"], "words in the first sentence", len(said[0].split())))
    assert faults == []


def test_answers_hold_nothing_a_voice_would_stumble_over(sample: list[Row]) -> None:
    """Letters and plain punctuation only: no digits, signs, addresses, lists or line breaks."""
    for row in sample:
        assert re.fullmatch(r"[A-Za-z',.? ]*", row["answer"]), row["id"]
        assert not re.search(r"\b(https?|www|dot com|click|slash)\b", row["answer"]), row["id"]
        assert not re.search(r"  |^ | $", row["answer"]), row["id"]
        assert row["answer"] == "" or row["answer"].endswith("."), row["id"]


def test_personal_questions_are_routed(sample: list[Row]) -> None:
    routed = [row for row in sample if row["action"]]
    assert 3 <= len(routed) <= 5
    assert {row["action"] for row in routed} == {"transfer"}
    assert all("personal" in parts(row["tags"]) for row in routed)
    assert [row["id"] for row in sample if not row["action"] and "personal" in row["tags"]] == []


def test_every_entry_is_tagged(sample: list[Row]) -> None:
    tags = [tag for row in sample for tag in parts(row["tags"]) or [""]]
    assert [tag for tag in tags if not re.fullmatch(r"[a-z_]+", tag)] == []


def test_the_clinic_shows_a_seasonal_answer() -> None:
    dated = [row for row in rows("clinic") if row["valid_from"] or row["valid_until"]]
    assert [row["id"] for row in dated] == ["flu-shot"]
    first = dt.date.fromisoformat(dated[0]["valid_from"])
    last = dt.date.fromisoformat(dated[0]["valid_until"])
    assert last.year - first.year >= 5


@pytest.mark.parametrize("name", NAMES)
def test_the_table_reader_takes_each_sample_whole(name: str) -> None:
    table = read(SAMPLES / f"{name}.csv")
    assert (table.errors, table.conflicts, table.warnings) == ((), (), ())
    by_id = {entry.id: entry for entry in table.entries}
    assert list(by_id) == [row["id"] for row in rows(name)]
    for row in rows(name):
        entry = by_id[row["id"]]
        assert entry.intent == row["intent"]
        assert list(entry.questions) == parts(row["question"])
        assert list(entry.counter_examples) == parts(row["counter_example"])
        assert list(entry.tags) == parts(row["tags"])
        assert (entry.answer, entry.action) == (row["answer"], row["action"])
        dates = (row.get("valid_from", ""), row.get("valid_until", ""))
        assert (entry.valid_from, entry.valid_until) == dates
