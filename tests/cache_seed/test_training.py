"""Training behind the calls: what comes of it, and of changes, stops and deaths in the middle."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cache_seed import render
from cache_seed import training as training_module
from cache_seed.publish import republish, seed
from cache_seed.report import Outcome
from cache_seed.training import OF_TRAINING, Stopped, Trainer
from gateway.adapters.store.sqlite import SqliteStore
from gateway.ports.store import Entry
from gateway.ports.work import MOST_BEGUN, Training, training_of
from intents.learning import fitting
from intents.learning.knowledge import Knowledge
from intents.models.encoder import Encoder
from tests.support.seeding import Here
from tests.support.untrained import RECIPE, TABLE, publish_untrained, train_little

Interrupt = Callable[[], object]
Tell = Callable[[str, int, int], None]


class Once:
    """Trains when it is first asked to; tells the steps and returns the same from then on."""

    def __init__(self) -> None:
        self._try = fitting._try
        self._made: tuple[Any, Any] | None = None
        self._steps: list[tuple[str, int, int]] = []

    def __call__(
        self, corpus: Any, inside: Any, encoder: Encoder, tell: Tell, threads: int
    ) -> tuple[Any, Any]:
        if self._made is None:
            steps: list[tuple[str, int, int]] = []

            def noted(*step: Any) -> None:
                steps.append(step)
                tell(*step)

            trained, trial = self._try(corpus, inside, encoder, noted, threads)
            top = trained.to_onnx()
            self._made, self._steps = (SimpleNamespace(to_onnx=lambda: top), trial), steps
            return self._made
        for step in self._steps:
            tell(*step)
        return self._made


@pytest.fixture(scope="module")
def once_trained() -> Once:
    return Once()


@pytest.fixture(scope="module")
def published(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a catalogue that waits for its training."""
    return publish_untrained(tmp_path_factory.mktemp("published") / "store", encoder)


@pytest.fixture
def store(
    published: Path, tmp_path: Path, once_trained: Once, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SqliteStore]:
    monkeypatch.setattr(render, "Workers", Here)
    train_little(monkeypatch)
    monkeypatch.setattr(fitting, "_try", once_trained)
    shutil.copytree(published, tmp_path / "store")
    opened = SqliteStore(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def trainer(store: SqliteStore, encoder: Encoder) -> Trainer:
    return Trainer(tenant="default", store=store, encoder=encoder, stop=threading.Event())


def quiet(what: str, done: int, of: int) -> None:
    """Report progress to nobody."""


def once(interrupt: Interrupt) -> Callable[[str, int, int], None]:
    """Progress that does something at the first step of training."""
    due = [interrupt]

    def tell(what: str, done: int, of: int) -> None:
        if what == OF_TRAINING and due:
            due.pop()()

    return tell


def course(store: SqliteStore, number: int = 1) -> Training:
    """What is told of the training that this catalogue waits for."""
    work = training_of("default", store.load("default", number).summary)
    return Training.of_work(store.work(work), number)


def edit(store: SqliteStore, encoder: Encoder, answer: str, entry: str = "parking") -> int:
    """Change an answer, as an operator does; the number it is live as."""

    def change(live: tuple[Entry, ...]) -> list[Entry]:
        return [replace(one, answer=answer) if one.id == entry else one for one in live]

    report = republish(change, RECIPE, store=store, encoder=encoder)
    assert report.outcome is Outcome.PUBLISHED
    return report.catalogue or 0


@pytest.mark.timeout(200)
def test_it_is_published_again_as_if_it_had_been_trained_first(
    store: SqliteStore, encoder: Encoder, trainer: Trainer
) -> None:
    told: list[str] = []
    done = trainer.train(lambda what, *_: told.append(what))
    assert done is not None
    assert (done.state, done.catalogue, done.live, done.begun) == ("published", 1, 2, 0)
    assert done == course(store)
    assert done.of == done.done == told.count(OF_TRAINING)
    live, before = store.load("default"), store.load("default", 1)
    known = Knowledge.from_bytes(live.knowledge)
    assert known.top
    assert (known.summary["adapting"], done.after) == ("kept", known.summary["trial_adapted"])
    assert (live.entries, live.clips, live.source) == (before.entries, before.clips, before.source)
    first = replace(RECIPE, behind=False)
    report = seed(TABLE.encode(), first, store=store, encoder=encoder)
    assert (report.outcome, report.catalogue) == (Outcome.UNCHANGED, 2)
    made = seed(
        TABLE.encode(), replace(first, tenant="other"), store=store, encoder=encoder
    ).catalogue
    assert store.load("other", made).knowledge == live.knowledge


def test_it_is_done_once(store: SqliteStore, encoder: Encoder, trainer: Trainer) -> None:
    """Another process finds it taken; and after a rollback to the untrained one nothing begins:
    whoever went back had a reason."""
    seen: list[Training | None] = []

    def elsewhere() -> None:
        other = SqliteStore(store.folder)
        there = replace(trainer, store=other)
        seen.append(there.train(quiet))
        seen.append(course(other))
        other.close()

    assert trainer.train(once(elsewhere)) is not None
    assert seen[0] is None
    assert (seen[1] or Training(catalogue=0)).state == "running"
    assert trainer.train(quiet) is None
    store.activate("default", 1)
    assert trainer.train(quiet) is None
    assert store.live_number("default") == 1


def test_an_edit_in_the_middle_keeps_its_words_and_gets_the_trained_layers(
    store: SqliteStore, encoder: Encoder, trainer: Trainer
) -> None:
    done = trainer.train(once(lambda: edit(store, encoder, "Behind the house.")))
    assert done is not None
    assert (done.state, done.live) == ("published", 3)
    live = store.load("default")
    assert {one.id: one.answer for one in live.entries}["parking"] == "Behind the house."
    assert live.clips["entry:parking"].text == "Behind the house."
    assert Knowledge.from_bytes(live.knowledge).top
    assert edit(store, encoder, "In front of it.") == 4
    kept = Knowledge.from_bytes(store.load("default").knowledge)
    assert (bool(kept.top), kept.summary["adapting"]) == (True, "kept")


def test_nothing_is_published_over_another_table_or_a_rollback(
    store: SqliteStore, encoder: Encoder, trainer: Trainer
) -> None:
    other = "question,answer\n" + "".join(f"how do i mend item {n},By {n}.\n" for n in range(9))

    def replaced() -> None:
        seed(other.encode(), RECIPE, store=store, encoder=encoder)

    done = trainer.train(once(replaced))
    assert done is not None
    assert (done.state, done.over, store.live_number("default")) == ("overtaken", False, 2)
    store.activate("default", 1)  # it is wanted after all
    done = trainer.train(once(lambda: store.activate("default", 2)))
    assert done is not None
    assert (done.state, store.live_number("default")) == ("overtaken", 2)


def test_a_table_that_is_seeded_meanwhile_is_trained_afterwards(
    store: SqliteStore, encoder: Encoder, trainer: Trainer
) -> None:
    """It was begun before the training was published, and is published after it: what it took over
    is untrained, and waits for a training of its own."""
    trained: list[Training | None] = []

    def tell(what: str, done: int, of: int) -> None:
        if what == "publishing" and not trained:
            trained.append(trainer.train(quiet))

    table = TABLE.replace("About parking.", "Behind the house.").encode()
    seed(table, RECIPE, store=store, encoder=encoder, progress=tell)
    assert trained[0] is not None
    assert (trained[0].live, store.live_number("default")) == (2, 3)
    done = trainer.train(quiet)
    assert done is not None
    assert (done.state, done.live) == ("published", 4)
    assert Knowledge.from_bytes(store.load("default").knowledge).top


def test_it_is_told_to_stop_and_another_begins_again(store: SqliteStore, trainer: Trainer) -> None:
    with pytest.raises(Stopped):
        trainer.train(once(trainer.stop.set))
    assert (course(store).state, course(store).begun) == ("waiting", 0)
    assert store.live_number("default") == 1
    trainer.stop.clear()
    done = trainer.train(quiet)
    assert done is not None
    assert done.state == "published"


def test_after_a_death_in_the_middle_it_is_begun_again(
    store: SqliteStore, trainer: Trainer
) -> None:
    work = training_of("default", store.load("default").summary)
    dead = Training(catalogue=1, state="running", begun=1, done=3, of=9)
    assert store.claim(work, "dead", 60.0, dead.as_json())
    assert trainer.train(quiet) is None  # for all one knows it lives
    assert store.claim(work, "dead", 0.0, dead.as_json())
    assert course(store).state == "failed"
    done = trainer.train(quiet)
    assert done is not None
    assert (done.state, done.begun) == ("published", 0)


def test_what_goes_wrong_is_told_and_tried_again_and_given_up_in_the_end(
    store: SqliteStore, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise MemoryError("no room to train in")

    build = Knowledge.build
    monkeypatch.setattr(Knowledge, "build", staticmethod(broken))
    for _ in range(MOST_BEGUN):
        assert not course(store).over
        with pytest.raises(MemoryError):
            trainer.train(quiet)
    assert (course(store).state, course(store).why) == ("given up", "no room to train in")
    monkeypatch.setattr(Knowledge, "build", staticmethod(build))
    done = trainer.train(quiet)  # asked for by hand
    assert done is not None
    assert done.state == "published"


def test_what_does_not_pay_is_not_published_nor_tried_again(
    store: SqliteStore, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "DOUBT", -1000.0)
    done = trainer.train(quiet)
    assert done is not None
    assert (done.state, done.over, done.live) == ("did not pay", True, 0)
    assert store.live_number("default") == 1
    assert trainer.train(quiet) is None


def test_a_claim_is_kept_while_it_works_and_lost_work_is_left(
    store: SqliteStore, trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claim ends (the machine was asleep), another has it: the first stops at its next step
    and publishes nothing."""
    work = training_of("default", store.load("default").summary)
    looked = threading.Event()
    monkeypatch.setattr(training_module, "TELL_EVERY", 0.001)
    real = training_module._Claim.take

    def take(claim: Any, seconds: float = 60.0) -> bool:
        if threading.current_thread().name != "keep the claim":
            return real(claim, seconds)
        kept = real(claim, seconds)
        looked.set()
        return kept

    monkeypatch.setattr(training_module._Claim, "take", take)

    def taken() -> None:
        assert looked.wait(20.0)
        with store._database.writing() as connection:
            connection.execute("UPDATE work SET owner = 'other'")
        looked.clear()
        assert looked.wait(20.0)

    with pytest.raises(Stopped):
        trainer.train(once(taken))
    found = store.work(work)
    assert found is not None
    assert found.owner == "other"
    assert store.live_number("default") == 1
