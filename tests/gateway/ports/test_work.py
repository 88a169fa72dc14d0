"""What is told of a training, read back."""

from __future__ import annotations

import pytest

from gateway.ports.work import MOST_BEGUN, TRAINING, Training, Work, training_of


def test_what_is_told_comes_back() -> None:
    course = Training(catalogue=3, state="published", done=9, of=9, live=4, before=0.3, after=0.4)
    work = Work(owner="one", left=0.0, told=course.as_json())
    assert Training.of_work(work, 3) == course


@pytest.mark.parametrize("told", ["", "[]", '{"catalogue": 1, "later": 2}', "nonsense"])
def test_what_is_not_understood_is_begun_again(told: str) -> None:
    assert Training.of_work(Work(owner="", left=9.0, told=told), 7) == Training(catalogue=7)


@pytest.mark.parametrize(("begun", "state"), [(1, "failed"), (MOST_BEGUN, "given up")])
def test_one_that_runs_and_is_nobodys_was_ended(begun: int, state: str) -> None:
    course = Training(catalogue=1, state="running", begun=begun)
    assert Training.of_work(Work(owner="a", left=1.0, told=course.as_json()), 1) == course
    ended = Training.of_work(Work(owner="a", left=0.0, told=course.as_json()), 1)
    assert (ended.state, ended.over) == (state, state == "given up")


def test_a_catalogue_waits_for_the_training_that_it_names() -> None:
    assert training_of("bank", {TRAINING: "abc"}) == "train/bank/abc"
    assert training_of("bank", {"adapting": "kept"}) == ""
