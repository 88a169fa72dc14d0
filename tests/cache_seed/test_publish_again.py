"""Publishing again: what of the live catalogue's knowledge is taken over, and what is learnt."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cache_seed import conflicts, publish, render
from cache_seed.publish import republish, seed
from cache_seed.recipe import Recipe
from cache_seed.report import Outcome, SeedReport
from cache_seed.standing import ATTEMPTS
from gateway.adapters.store.sqlite import SqliteStore
from gateway.errors import Overtaken
from gateway.ports.store import Entry
from intents.learning import fitting
from intents.learning.calibration import NEAR_SHARE, Aim
from intents.learning.knowledge import Item, Knowledge
from intents.models.encoder import Encoder, Vectors
from intents.text.spoken import canonical
from tests.support.faq import train_a_little
from tests.support.seeding import Here, whistled
from tests.support.stored import turn
from tests.support.untrained import TABLE as HOUSE

Seed = Callable[..., SeedReport]
Change = Callable[[tuple[Entry, ...]], Iterable[Entry]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What ``Knowledge.build`` was given."""
    given: list[dict[str, Any]] = []
    real = Knowledge.build

    def build(items: Iterable[Item], encoder: Encoder, **arguments: Any) -> Knowledge:
        given.append(arguments)
        return real(list(items), encoder, **arguments)

    monkeypatch.setattr(Knowledge, "build", staticmethod(build))
    return given


@pytest.fixture
def do(store: SqliteStore, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> Seed:
    """``seed`` with all but the table given, rendering in this process."""
    monkeypatch.setattr(render, "Workers", Here)

    def run(text: str = HOUSE, **changes: Any) -> SeedReport:
        arguments: dict[str, Any] = {
            "source": text.encode(),
            "tenant": "default",
            "store": store,
            "encoder": encoder,
            "voicing": whistled(),
            "lines": {},
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


def test_an_edit_of_one_question_takes_over_what_was_calibrated(
    do: Seed, store: SqliteStore, asked: list[dict[str, Any]]
) -> None:
    do()
    before = Knowledge.from_bytes(store.load("default").knowledge)
    report = do(HOUSE.replace("do you have parking", "have you got parking"))
    assert (report.outcome, report.catalogue) == (Outcome.PUBLISHED, 2)
    assert [one["earlier"] is None for one in asked] == [True, False]
    after = Knowledge.from_bytes(store.load("default").knowledge)
    assert after.curve == before.curve
    assert (report.summary["changed"], "have you got parking" in after.exact) == (2, True)
    do(HOUSE.replace("About parking.", "Behind the house."))
    assert "changed" in store.load("default").summary, "against the first calibration"


@pytest.mark.parametrize(
    "changes",
    [{"max_wrong_rate": 0.05}, {"near_share": 0.2}, {"adapt": True}],
    ids=["budget", "near", "adapt"],
)
def test_with_other_settings_nothing_is_taken_over(
    do: Seed,
    store: SqliteStore,
    asked: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
) -> None:
    monkeypatch.setattr(fitting, "MOST_QUESTIONS", 1)  # not to train here
    do()
    report = do(**changes)
    assert (report.outcome, report.catalogue) == (Outcome.PUBLISHED, 2)
    assert [one["earlier"] for one in asked] == [None, None]
    assert asked[1]["adapt"] is changes.get("adapt", False)
    budget, near = changes.get("max_wrong_rate", 0.01), changes.get("near_share", NEAR_SHARE)
    assert asked[1]["aim"] == Aim(budget, near)
    assert do(**changes).outcome is Outcome.UNCHANGED


def test_damaged_knowledge_is_built_anew(
    do: Seed, store: SqliteStore, asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    do()
    load = store.load
    monkeypatch.setattr(store, "load", lambda *given: replace(load(*given), knowledge=b"torn"))
    assert do(HOUSE.replace("About parking.", "Behind it.")).outcome is Outcome.PUBLISHED
    assert asked[1]["earlier"] is None


def test_flags_of_past_turns_reach_it(
    do: Seed, store: SqliteStore, asked: list[dict[str, Any]]
) -> None:
    do()
    said = "my number is [number] and do you have gift cards"
    store.write([turn("c", 1, entry="gift", text=said)])
    store.write([turn("d", 1, entry="gift", tenant="other")])
    store.flag("c-1", "wrong", "parking")
    store.flag("d-1", "wrong")
    do(HOUSE.replace("About parking.", "Behind the house."))
    assert asked[0]["flags"] == []
    flags = asked[1]["flags"]
    assert [(one.entry, one.right) for one in flags] == [("gift", False), ("parking", True)]
    assert all("[number]" not in one.text and "gift cards" in one.text for one in flags)


def test_a_new_flag_is_a_change(do: Seed, store: SqliteStore, asked: list[dict[str, Any]]) -> None:
    """The same table: what was flagged since counts at once, and then nothing has changed."""
    do()
    before = Knowledge.from_bytes(store.load("default").knowledge)
    for number in range(3):
        store.write([turn("c", number, entry="hours", text="so tell me your opening hours")])
        store.flag(f"c-{number}", "wrong")
    assert do().outcome is Outcome.PUBLISHED
    after = Knowledge.from_bytes(store.load("default").knowledge)
    hours = [item.id for item in after.items].index("hours")
    assert after.told.raised[hours] > before.told.calibration.threshold
    assert hours not in before.told.raised
    assert [one.calibration for one in after.curve] == [one.calibration for one in before.curve]
    assert do().outcome is Outcome.UNCHANGED
    assert len(asked) == 2


# --- others publish meanwhile ---------------------------------------------------------------------


@pytest.fixture
def edit(
    store: SqliteStore, encoder: Encoder, do: Seed, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., SeedReport]:
    """``republish`` of a change, given the live entries."""

    def run(change: Change) -> SeedReport:
        return republish(
            change,
            Recipe(tenant="default", voicing=whistled(), lines={}, max_wrong_rate=0.01),
            store=store,
            encoder=encoder,
        )

    return run


def says(entry: str, answer: str) -> Change:
    """The change that gives an entry another answer."""
    return lambda live: [replace(one, answer=answer) if one.id == entry else one for one in live]


def interrupted(change: Change, other: Callable[[], object], times: int = 1) -> Change:
    """The change, with somebody else's made after what is live was looked at."""
    left = [times]

    def run(live: tuple[Entry, ...]) -> Iterable[Entry]:
        if left[0]:
            left[0] -= 1
            other()
        return change(live)

    return run


def answers(store: SqliteStore) -> dict[str, str]:
    return {entry.id: entry.answer for entry in store.load("default").entries}


def test_an_edit_that_was_overtaken_is_made_again(
    do: Seed, edit: Callable[..., SeedReport], store: SqliteStore
) -> None:
    do()
    other = partial(edit, says("gift", "No cards."))
    report = edit(interrupted(says("parking", "Behind it."), other))
    assert (report.outcome, report.catalogue, report.warnings) == (Outcome.PUBLISHED, 3, ())
    assert (answers(store)["parking"], answers(store)["gift"]) == ("Behind it.", "No cards.")
    back = partial(store.activate, "default", 1)
    report = edit(interrupted(says("hours", "At ten."), back))
    assert (report.catalogue, answers(store)["hours"]) == (4, "At ten.")
    assert answers(store)["parking"] == "About parking.", "the rollback stands, too"


def test_the_first_entry_of_two_is_not_lost_either(
    edit: Callable[..., SeedReport], store: SqliteStore
) -> None:
    def adds(entry: str) -> Change:
        new = Entry(id=entry, intent=entry, questions=(f"about {entry}",), answer=entry)
        return lambda live: [*live, new]

    edit(interrupted(adds("tea"), partial(edit, adds("coffee"))))
    assert answers(store) == {"coffee": "coffee", "tea": "tea"}


def test_who_is_overtaken_all_the_time_is_told_and_changes_nothing(
    do: Seed, edit: Callable[..., SeedReport], store: SqliteStore
) -> None:
    do()
    turns = itertools.cycle([1, 2])
    edit(says("gift", "No cards."))
    change = interrupted(says("hours", "At ten."), lambda: store.activate("default", next(turns)))
    assert edit(change).outcome is Outcome.PUBLISHED, "once is put up with"
    others = interrupted(
        says("hours", "Never."), lambda: store.activate("default", next(turns)), ATTEMPTS
    )
    with pytest.raises(Overtaken, match="try again later"):
        edit(others)
    assert "Never." not in answers(store).values()


def test_a_table_replaces_what_was_published_meanwhile_and_names_it(
    do: Seed, edit: Callable[..., SeedReport], store: SqliteStore
) -> None:
    do()
    tea = Entry(id="tea", intent="tea", questions=("do you serve tea",), answer="At three.")
    done: list[SeedReport] = []

    def meanwhile(what: str, *_: object) -> None:
        if what == "publishing" and not done:
            change = says("gift", "No cards.")
            done.append(edit(lambda live: [*change(live), tea]))

    report = do(HOUSE.replace("About parking.", "Behind it."), progress=meanwhile)
    assert (report.outcome, report.catalogue, done[0].catalogue) == (Outcome.PUBLISHED, 3, 2)
    assert (answers(store)["parking"], answers(store)["gift"]) == ("Behind it.", "About gift.")
    assert "tea" not in answers(store)
    told = " / ".join(warning.reason for warning in report.warnings)
    assert "entry gift was changed in catalogue 2 during this seed; the table's is live" in told
    assert "entry tea was added in catalogue 2 during this seed; the table has none" in told
    assert len(report.warnings) == 2


@pytest.mark.slow
def test_conflicts_are_found_with_published_cosines_also_when_it_was_trained(
    do: Seed,
    store: SqliteStore,
    encoder: Encoder,
    asked: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Training pushes entries apart: its own cosines would hide what is nearly the same."""
    train_a_little(monkeypatch)
    compared: list[Vectors] = []

    def noting(entries: Any, vectors: Vectors, *rest: Any) -> Any:
        compared.append(vectors)
        return conflicts.near_conflicts(entries, vectors, *rest)

    monkeypatch.setattr(publish, "near_conflicts", noting)
    pair = ["where can i park my car", "where can we park our car"]
    report = do(HOUSE + f"lot,lot,{pair[1]}|is the lot behind the house,Nowhere.,,\n", adapt=True)
    assert report.summary["adapting"] == "kept"
    (conflict,) = report.conflicts
    assert (conflict.first, conflict.second) == ("parking", "lot")
    one, other = encoder.embed(pair)
    assert conflict.similarity == pytest.approx(float(one @ other), abs=1e-4)
    live = store.load("default")
    known = Knowledge.from_bytes(live.knowledge)
    texts = [canonical(known.items[entry].questions[number]) for entry, number in known.rows]
    assert np.array_equal(compared[0], encoder.embed(texts))
    assert not np.allclose(compared[0], known.vectors, atol=0.01)
    assert live.summary["made_with"]["adapt"] is True
