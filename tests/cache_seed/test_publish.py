"""A table in, a published catalogue out; and what stays when something is wrong."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cache_seed import publish, render
from cache_seed.publish import republish, seed
from cache_seed.recipe import Recipe
from cache_seed.report import Outcome, SeedReport
from gateway.adapters.store.sqlite import SqliteStore
from gateway.errors import DataError, StoreFailed
from gateway.ports.sound import WIRE_FORMATS
from gateway.ports.store import Draft, Entry
from intents.clarifying import label
from intents.learning.knowledge import Item, Knowledge
from intents.models.encoder import Encoder
from tests.support.seeding import Here, whistled

FAQ = """intent,question,answer,action
opening_hours,when do you open|what are your opening hours,We open at nine.,
parking,where can i park|is there a car park,Behind the house.,
wifi,what is the wifi password|how do i get online,Ask at the desk.,
human,i want to talk to a person|a human please,,transfer
"""

LINES = {"greeting": "", "clarify": "Do you mean", "clarify_or": "or"}

Seed = Callable[..., SeedReport]

_built: dict[Any, Knowledge] = {}


def build_once(items: Iterable[Item], encoder: Encoder, **arguments: Any) -> Knowledge:
    """``Knowledge.build``, remembering: it takes a second and most tests here share a table."""
    key = (tuple(items), encoder.fingerprint, arguments["aim"])
    if key not in _built:
        _built[key] = REAL_BUILD(key[0], encoder, **arguments)
    return _built[key]


REAL_BUILD = Knowledge.build


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def do(store: SqliteStore, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> Seed:
    """``seed`` with all but the table given, rendering in this process."""
    monkeypatch.setattr(render, "Workers", Here)
    monkeypatch.setattr(Knowledge, "build", staticmethod(build_once))

    def run(text: str = FAQ, **changes: Any) -> SeedReport:
        arguments: dict[str, Any] = {
            "source": text.encode(),
            "tenant": "default",
            "store": store,
            "encoder": encoder,
            "voicing": whistled(),
            "lines": LINES,
            "max_wrong_rate": 0.01,
            **changes,
        }
        source = arguments.pop("source")
        options = {
            key: arguments.pop(key)
            for key in ("store", "encoder", "name", "skip_bad", "dry_run", "progress")
            if key in arguments
        }
        return seed(source, Recipe(**arguments), **options)

    return run


def test_a_table_becomes_a_catalogue(do: Seed, store: SqliteStore, encoder: Encoder) -> None:
    report = do()
    assert (report.outcome, report.catalogue, report.source) == (Outcome.PUBLISHED, 1, "upload")
    assert (report.rows, report.entries, report.questions) == (4, 4, 8)
    assert (report.rendered, report.reused, report.errors) == (9, 0, ())
    assert report.x_realtime == pytest.approx(report.rendered_s / report.wall_s)
    live = store.load("default")
    assert {key: clip.text for key, clip in live.clips.items()} == {
        "entry:opening_hours": "We open at nine.",
        "entry:parking": "Behind the house.",
        "entry:wifi": "Ask at the desk.",
        "label:opening_hours": "opening hours",
        "label:parking": "parking",
        "label:wifi": "wifi",
        "label:human": "human",
        "line:clarify": "Do you mean",
        "line:clarify_or": "or",
    }
    for clip in live.clips.values():
        assert store.has([clip.name(wire) for wire in WIRE_FORMATS]) == {
            clip.name(wire) for wire in WIRE_FORMATS
        }
        assert clip.duration_ms > 0
    knowledge = Knowledge.from_bytes(live.knowledge)
    assert [item.id for item in knowledge.items] == [entry.id for entry in live.entries]
    assert knowledge.fingerprint == encoder.fingerprint
    assert (knowledge.top, knowledge.summary["adapting"]) == (b"", "switched off")
    assert live.summary["entries"] == 4


def test_labels_are_what_the_matcher_calls_the_entry(do: Seed, store: SqliteStore) -> None:
    do("question,answer\nwhere is the exit|way out,There.\n")
    (entry,) = store.load("default").entries
    item = Item(id=entry.id, intent=entry.intent, questions=entry.questions)
    assert store.load("default").clips[f"label:{entry.id}"].text == label(item)


def test_the_same_table_again_changes_nothing(do: Seed, store: SqliteStore) -> None:
    first, second = do(), do()
    assert (second.outcome, second.catalogue, second.ok) == (Outcome.UNCHANGED, 1, True)
    assert (second.rendered, second.reused) == (0, 9)
    assert second.audio_s == first.audio_s
    assert len(store.history("default")) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"text": FAQ.replace("at nine", "at ten")},
        {"text": FAQ.replace("when do you open", "when are you open")},
        {"max_wrong_rate": 0.05},
        {"near_share": 0.2},
        {"lines": {**LINES, "greeting": "Hello."}},
        {"voicing": whistled(hz=600)},
    ],
    ids=["answer", "question", "budget", "near", "line", "voice"],
)
def test_any_change_publishes_the_next_number(do: Seed, changes: dict[str, Any]) -> None:
    do()
    report = do(**changes)
    assert (report.outcome, report.catalogue) == (Outcome.PUBLISHED, 2)


def test_only_what_changed_is_rendered(do: Seed) -> None:
    do()
    report = do(FAQ.replace("at nine", "at ten"))
    assert (report.rendered, report.reused) == (1, 8)


def test_lost_clips_are_rendered_again_under_the_same_number(do: Seed, store: SqliteStore) -> None:
    do()
    for file in (store.folder / "clips").rglob("*"):
        if file.is_file():
            file.unlink()
    report = do()
    assert (report.outcome, report.catalogue) == (Outcome.UNCHANGED, 1)
    assert (report.rendered, report.reused) == (9, 0)


def test_another_tenant_has_its_own_numbers_and_shares_clips(do: Seed) -> None:
    do()
    report = do(tenant="other")
    assert (report.catalogue, report.rendered, report.reused) == (1, 0, 9)


BAD = FAQ + "broken,what is broken,,\n"


def test_a_bad_row_stops_it_and_the_old_catalogue_stays(do: Seed, store: SqliteStore) -> None:
    do()
    report = do(BAD.replace("at nine", "at ten"))
    assert (report.outcome, report.ok, report.catalogue) == (Outcome.REFUSED, False, 1)
    assert [(error.line, error.column) for error in report.errors] == [(6, "answer")]
    assert store.load("default").entries[0].answer == "We open at nine."


def test_skip_bad_publishes_the_good_rows(do: Seed, store: SqliteStore) -> None:
    report = do(BAD, skip_bad=True)
    assert (report.outcome, report.entries, len(report.errors)) == (Outcome.PUBLISHED, 4, 1)
    assert len(store.load("default").entries) == 4


@pytest.mark.parametrize("skip_bad", [True, False])
def test_a_file_without_entries_is_refused(do: Seed, skip_bad: bool) -> None:
    for text in ("", "question,answer\n", "question,answer\na,\n"):
        report = do(text, skip_bad=skip_bad)
        assert (report.outcome, report.catalogue) == (Outcome.REFUSED, None)
        assert report.errors


def test_a_dry_run_publishes_and_renders_nothing(do: Seed, store: SqliteStore) -> None:
    report = do(dry_run=True)
    assert (report.outcome, report.catalogue, report.rendered) == (Outcome.CHECKED, None, 9)
    assert store.tenants() == []
    assert not any((store.folder / "clips").rglob("*"))
    do()
    assert do(dry_run=True).outcome is Outcome.UNCHANGED
    report = do(FAQ.replace("at nine", "at ten"), dry_run=True)
    assert (report.outcome, report.rendered, report.reused) == (Outcome.CHECKED, 1, 8)


def test_same_and_near_questions_are_reported(do: Seed) -> None:
    text = FAQ + "lot,is there a car park,No.,\nonline,how do I get online?!,You cannot.,\n"
    report = do(text)
    assert report.outcome is Outcome.REFUSED
    assert {(c.first, c.second) for c in report.conflicts} == {
        ("parking", "lot"),
        ("wifi", "online"),
    }
    near = FAQ + "lot,where can we park,Nowhere.,\n"
    report = do(near)
    assert report.outcome is Outcome.PUBLISHED
    assert [(c.first, c.second, c.line) for c in report.conflicts] == [("parking", "lot", 6)]
    assert 0.92 < report.conflicts[0].similarity < 1


def test_too_many_questions_to_compare_is_said(do: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "MOST_QUESTIONS", 3)
    assert "near conflicts were not looked for" in do().warnings[0].reason


def test_a_text_that_cannot_be_spoken_is_told_with_its_row(do: Seed, store: SqliteStore) -> None:
    text = FAQ.replace("Behind the house.", "(refuse)")
    report = do(text)
    assert (report.outcome, report.catalogue, report.rendered) == (Outcome.REFUSED, None, 8)
    (error,) = report.errors
    assert (error.line, error.column) == (3, "answer")
    assert "entry parking cannot be spoken: the voice flute refuses" in error.reason
    report = do(text, skip_bad=True)
    assert (report.outcome, report.entries) == (Outcome.PUBLISHED, 3)
    assert not any("parking" in key for key in store.load("default").clips)
    assert len(Knowledge.from_bytes(store.load("default").knowledge).items) == 3


def test_a_system_line_that_cannot_be_spoken_is_never_skipped(do: Seed) -> None:
    report = do(lines={"handoff": "(refuse)"}, skip_bad=True)
    assert report.outcome is Outcome.REFUSED
    assert [(error.line, error.column) for error in report.errors] == [(0, "lines.handoff")]


def test_a_store_that_fails_leaves_the_old_catalogue(
    do: Seed, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    do()

    def full(draft: Draft, over: int) -> int:
        raise StoreFailed("no space")

    monkeypatch.setattr(store, "publish", full)
    with pytest.raises(StoreFailed, match="no space"):
        do(FAQ.replace("at nine", "at ten"))
    assert store.load("default").number == 1


def test_a_damaged_live_catalogue_is_replaced(
    do: Seed, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    do()
    with monkeypatch.context() as patch:
        patch.setattr(store, "load", lambda *_: (_ for _ in ()).throw(StoreFailed("torn")))
        report = do()
    assert (report.outcome, report.catalogue) == (Outcome.PUBLISHED, 2)
    assert "torn" in report.warnings[0].reason


def test_a_budget_that_cannot_be_is_an_error(do: Seed, store: SqliteStore) -> None:
    do()
    with pytest.raises(DataError, match="max_wrong_rate"):
        do(FAQ.replace("at nine", "at ten"), max_wrong_rate=2.0)
    assert store.live_number("default") == 1


def test_ctrl_c_leaves_what_was_there(do: Seed, store: SqliteStore) -> None:
    def interrupt(what: str, done: int, of: int) -> None:
        if (what, done) == ("rendering", 3):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do(progress=interrupt)
    assert store.live_number("default") is None
    report = do()
    assert (report.outcome, report.rendered, report.reused) == (Outcome.PUBLISHED, 6, 3)


def test_nobody_waits_for_a_training_whose_rendering_was_interrupted(
    do: Seed, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other thread trains for ever, as it were, until it is told to stop."""
    ended = threading.Event()

    def build(*_: Any, progress: Callable[[str, int, int], None], **__: Any) -> Knowledge:
        try:
            for step in itertools.count():
                progress("training the encoder", step, step + 1)
        finally:
            ended.set()
        raise AssertionError

    def interrupt(what: str, done: int, of: int) -> None:
        if what == "rendering":
            raise KeyboardInterrupt

    monkeypatch.setattr(Knowledge, "build", staticmethod(build))
    with pytest.raises(KeyboardInterrupt):
        do(progress=interrupt)
    assert ended.is_set()
    assert store.live_number("default") is None


def test_a_file_is_named_and_a_missing_one_is_an_error(do: Seed, tmp_path: Path) -> None:
    file = tmp_path / "faq.csv"
    file.write_text(FAQ)
    assert do(source=file).source == "faq.csv"
    with pytest.raises(DataError, match="cannot read"):
        do(source=tmp_path / "none.csv")


def test_progress_tells_every_step(do: Seed) -> None:
    steps: list[tuple[str, int, int]] = []
    do(progress=lambda *step: steps.append(step))
    names = list(dict.fromkeys(what for what, _, _ in steps))
    assert (names[0], names[-1]) == ("reading the table", "publishing")
    assert {"rendering", "looking for conflicts"} <= set(names)
    assert ("rendering", 9, 9) in steps
    assert all(0 <= done <= of for _, done, of in steps)


# --- entries from elsewhere than a table ---------------------------------------------------------


@pytest.fixture
def again(do: Seed, store: SqliteStore, encoder: Encoder) -> Callable[..., SeedReport]:
    """``republish`` of the given entries, after a first seed."""
    do()

    def run(*entries: Entry) -> SeedReport:
        return republish(
            lambda live: entries,
            Recipe(tenant="default", voicing=whistled(), lines=LINES, max_wrong_rate=0.01),
            store=store,
            encoder=encoder,
        )

    return run


def test_an_edited_entry_is_live_and_the_others_are_kept(
    again: Callable[..., SeedReport], store: SqliteStore
) -> None:
    first, *others = store.load("default").entries
    report = again(replace(first, answer="We open at ten."), *others)
    assert (report.outcome, report.catalogue, report.source) == (Outcome.PUBLISHED, 2, "admin")
    assert (report.rendered, report.reused) == (1, 8)
    assert store.load("default").entries == (replace(first, answer="We open at ten."), *others)


def test_entries_that_do_not_change_are_not_published(
    again: Callable[..., SeedReport], store: SqliteStore
) -> None:
    assert again(*store.load("default").entries).outcome is Outcome.UNCHANGED


def test_a_bad_edit_names_the_entry(again: Callable[..., SeedReport], store: SqliteStore) -> None:
    first, second, *others = store.load("default").entries
    report = again(
        replace(first, answer=""), replace(second, questions=first.questions), *others, others[0]
    )
    assert (report.outcome, report.catalogue) == (Outcome.REFUSED, 1)
    reasons = " / ".join(error.reason for error in report.errors)
    assert "the answer is empty" in reasons
    assert "entry parking: 'when do you open' is a question of entry opening_hours" in reasons
    assert f"entry {others[0].id}: the id is taken" in reasons


def test_no_entries_are_refused(again: Callable[..., SeedReport]) -> None:
    assert again().outcome is Outcome.REFUSED


LIVE = """id,intent,question,answer,fallback
order,order,where is my order,"It is {order.status}, all in all.",I cannot see that now.
"""
VALUES = {"order": ("status",)}


def test_the_fixed_words_and_the_fallback_line_of_live_values_are_rendered(
    do: Seed, store: SqliteStore
) -> None:
    report = do(LIVE, values=VALUES, lines={})
    assert report.outcome is Outcome.PUBLISHED, report.errors
    live = store.load("default")
    assert {key: clip.text for key, clip in live.clips.items()} == {
        "part0:order": "It is",
        "part1:order": "all in all.",
        "fallback:order": "I cannot see that now.",
        "label:order": "order",
    }
    assert live.entries[0].fallback == "I cannot see that now."
    assert do(LIVE, values=VALUES, lines={}).outcome is Outcome.UNCHANGED


def test_a_live_value_that_nobody_can_look_up_is_told_by_line_and_column(do: Seed) -> None:
    wrong = (
        LIVE + 'a,a,what is it,"It is {parcel.status}.",Not now.\nb,b,where to,It is {order.,No.\n'
    )
    wrong += "c,c,how is it,It is {order.status}.,\n"
    report = do(wrong, values=VALUES)
    assert report.outcome is Outcome.REFUSED
    told = [(one.line, one.column) for one in report.errors]
    assert told == [(3, "answer"), (4, "answer"), (5, "fallback")]
    assert "[tools.parcel]" in report.errors[0].mend
    assert all(one.mend for one in report.errors)
