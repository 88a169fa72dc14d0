"""The benchmark of hits beside a training: what it publishes, and what it counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.beside import drafted, steps, told
from bench.hit import Samples
from gateway.adapters.store.sqlite import SqliteStore
from gateway.ports.work import TRAINING, Training, training_of
from tests.support.stored import draft, put_clips


def test_hits_of_all_kinds_count() -> None:
    samples = Samples(partial=[0.001], final=[0.002], speech=[0.003], lost=2)
    found = told("alone", samples)
    assert (found["alone_hits"], found["alone_lost"], found["alone_p50_ms"]) == (3, 2, 2.0)


def test_a_catalogue_is_made_to_wait_and_its_steps_are_counted(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store")
    one = draft("a", tenant="bench")
    put_clips(store, one)
    store.publish(one)
    waiting = drafted(store.load("bench"), **{TRAINING: "x"})
    store.publish(waiting)
    work = training_of("bench", store.load("bench").summary)
    assert (work, steps(store, work)) == ("train/bench/x", 0.0)
    running = Training(catalogue=2, state="running", begun=1, done=3, of=9)
    store.claim(work, "me", 60.0, running.as_json())
    assert steps(store, work) == pytest.approx(3.0)
    over = Training(catalogue=2, state="published", done=9, of=9)
    store.claim(work, "me", 0.0, over.as_json())
    assert steps(store, work) == pytest.approx(9.0)
    store.close()
