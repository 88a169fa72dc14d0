"""What a guard is worth: the same pairs with it and without."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench import guard_sets, guards
from bench.guard_sets import Case
from gateway import cli
from gateway.commands.console import table
from gateway.errors import UsageError
from gateway.settings.whole import Settings
from intents.guards.applied import registry
from intents.models.encoder import Encoder
from intents.text.spoken import canonical

ROW = [
    "turn on roaming",
    "switch on roaming",
    "activate roaming",
    "turn off roaming",
    "roaming fee",
]
CASES = [
    Case("polarity", "i want to cancel my order", "", "i don't want to cancel my order"),
    Case("polarity", "can i pay by card", "can i pay by card please", "can i pay without a card"),
    Case("numbers", "how much is the two bed flat", "", "how much is the three bed flat"),
    Case("numbers", "do you deliver abroad", "do you deliver to foreign countries", ""),
]


@pytest.fixture
def quick(model_folder: Path) -> Settings:
    usual = Settings()
    return replace(usual, model=replace(usual.model, folder=str(model_folder)))


def test_further_questions_are_none_that_is_asked() -> None:
    found = guards.further(CASES)
    assert set(found) == {case.seeded for case in CASES}
    for case in CASES:
        more = found[case.seeded]
        assert len(set(more)) == len(more) == 2
        assert not {canonical(text) for text in (case.seeded, case.same, case.other)} & set(more)


def test_of_lines_put_aside_the_second_question_is_a_persons() -> None:
    one = guards.put_aside("phones", [ROW])
    assert [case.same for case in one.cases] == ["activate roaming", ""]
    assert [case.other for case in one.cases] == ["turn off roaming", "roaming fee"]
    (more,) = one.further.values()
    assert more[0] == "switch on roaming"
    assert len({*ROW, *more}) == len(ROW) + 1, "the third is another wording"


def test_what_is_measured_is_in_the_repository() -> None:
    made = guards.made(lines=30)
    assert {one.part for one in made} == set(guards.PARTS)
    for part in guards.PARTS:
        assert sum(len(one.cases) for one in made if one.part == part) >= 30
    assert all(len(one.cases) <= 2 * 30 for one in made)
    held = [len(more) for one in made for more in one.further.values()]
    assert sum(held) >= 1.9 * len(held), "nearly all have three questions"
    assert {one.part for one in guards.made(("seen",), lines=1)} == {"seen"}


def test_without_a_guard_opposites_are_answered(encoder: Encoder) -> None:
    one = guards.Catalogue("unseen", "x", CASES, guards.further(CASES))
    variants = [(), ("polarity",), ("numbers",), ("polarity", "numbers")]
    found = guards.measured(encoder, [one], 0.05, variants)
    assert len(found) == len(variants) * len(guards.SIZES) * len(guards.SHOWN)
    assert found["unseen_one_wrong_pct"] == 0
    together = found["without_polarity_and_numbers_unseen_three_wrong_pct"]
    assert together >= found["without_polarity_unseen_three_wrong_pct"] > 0


def test_what_is_not_decided_again_would_be_decided_alike(encoder: Encoder) -> None:
    cases = [case for case in guard_sets.read(guard_sets.THIRD) if case.guard == "polarity"]
    assert len(cases) >= 20
    matcher = guard_sets.made(encoder, {one.seeded: (one.seeded,) for one in cases}, 0.05)
    changed = 0
    for case in cases:
        for text in (case.same, case.other):
            variants = [(), *((name,) for name in registry.GUARDS)]
            usual, *others = guards.outcomes(matcher, text, case.seeded, variants)
            for variant, found in others:
                with registry.without(*variant):
                    assert guards.outcome(matcher, text, case.seeded) == found
                changed += found != usual[1]
    assert changed, "or nothing was shown"


def test_by_default_every_guard_is_left_out_in_turn(quick: Settings) -> None:
    result = guards.run(quick, lines=2, parts="seen")
    starts = {guards.prefix((name,)) for name in registry.GUARDS}
    assert len(result["figures"]) == (1 + len(starts)) * len(guards.SIZES) * len(guards.SHOWN)
    heading, rows = guards.compared(result["figures"])
    assert heading[:3] == ["without", "seen one wrong", "seen one vetoed"]
    assert [row[0] for row in rows] == [guards.ALL, *(f"- {name}" for name in registry.GUARDS)]
    assert {len(row) for row in rows} == {len(heading)}
    table(heading, rows)


def test_command(
    model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRONTLINE_MODEL__FOLDER", str(model_folder))
    few = ("--set", "lines=2", "--set", "parts=unseen", "--json")
    assert cli.main(["bench", "guards", "--without", "wording", "--without", "double", *few]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["parameters"]["without"] == "wording double"
    for start in ("", "without_wording_", "without_double_", "without_wording_and_double_"):
        assert f"{start}unseen_three_wrong_pct" in result["figures"]
    assert not result["goals"]


def test_differences_are_in_points() -> None:
    figures = {
        "unseen_one_wrong_pct": 0.5,
        "unseen_one_forbid_pct": 3.0,
        "unseen_one_hit_pct": 20.0,
        "without_wording_unseen_one_wrong_pct": 0.75,
        "without_wording_unseen_one_forbid_pct": 2.5,
        "without_wording_unseen_one_hit_pct": 20.5,
    }
    assert guards.compared(figures) == (
        ["without", "unseen one wrong", "unseen one vetoed"],
        [["all guards", "0.50", "3.00"], ["- wording", "+0.25", "-0.50"]],
    )


def test_what_there_is_not_is_usage() -> None:
    with pytest.raises(UsageError, match="no guard polaritty; there are: polarity, numbers"):
        guards.run(Settings(), without=("wording", "polaritty"))
    with pytest.raises(UsageError, match="no part other; there are: unseen, seen, aside"):
        guards.run(Settings(), parts="other")
