"""Guards over an entry: one wording may lack what another has, but no entry says its opposite."""

from __future__ import annotations

import numpy as np

from intents import vetoes


def guards_of(text: str, *questions: str) -> set[str]:
    return {veto.guard for veto in vetoes.of_entry(text, questions, entry="e")}


def test_a_second_wording_can_have_the_number() -> None:
    asked, first, second = (
        "can i pay 50 dollars a month",
        "can i pay 20 dollars a month",
        "can i pay 50 dollars a month",
    )
    assert guards_of(asked, first) == {"numbers"}
    assert guards_of(asked, first, second) == set()
    assert guards_of(asked, first, "can i pay 30 dollars a month") == {"numbers"}


def test_the_opposite_stands_whatever_else_the_entry_holds() -> None:
    asked, first = "how do i turn off roaming", "how do i turn on roaming"
    assert "polarity" in guards_of(asked, first)
    assert "polarity" in guards_of(asked, first, "how do i turn off roaming")


def test_no_veto_no_look_further() -> None:
    assert guards_of("when do you open", "when do you open", "do you not open") == set()


def test_the_veto_names_the_entry() -> None:
    found = vetoes.of_entry("turn off roaming", ["turn on roaming"], entry="roaming")
    assert {veto.entry for veto in found} == {"roaming"}


def test_near_questions_come_first_and_are_few() -> None:
    cosines = np.array([0.2, 0.9, 0.8, 0.74, 0.85, 0.86, 0.87], np.float32)
    assert vetoes.near(cosines).tolist() == [1, 6, 5, 4]
    assert vetoes.near(cosines[:4]).tolist() == [1, 2]
