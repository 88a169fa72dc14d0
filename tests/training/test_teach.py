"""Teaching the verifier: which pairs it learns from, and that it learns."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from intents.models.build import verifier
from intents.models.build.model import read_by_verifier
from intents.models.encoder import Encoder, ModelError
from training import teach
from training.teach import (
    Pair,
    TaughtEntry,
    entries,
    lines,
    loose,
    pairs,
    put_aside,
    siblings,
    train,
    within,
    without_held_out,
)


def test_five_texts_give_seven_pairs_and_half_of_the_far_ones() -> None:
    far = 0
    for number in range(40):
        texts = [f"{name} {number}" for name in "qstxy"]
        q, s, t, x, y = texts
        found = {(pair.one, pair.other, pair.same) for pair in pairs(texts)}
        assert found >= {
            *((s, q, True), (t, q, True), (t, s, True)),
            *((x, q, False), (y, q, False), (x, s, False), (y, t, False)),
        }
        assert found <= {*found} | {(x, t, False), (y, s, False)}
        far += len(found) - 7
    assert 20 < far < 60


def test_three_texts_give_three_pairs_and_empty_ones_none() -> None:
    found = {(pair.one, pair.other, pair.same) for pair in pairs(["q", "s", "x"])}
    assert found == {("s", "q", True), ("x", "q", False), ("x", "s", False)}
    assert [pair.other for pair in pairs(["q", "", "x"])] == ["q"]
    assert list(pairs(["q", "q", ""])) == []


def test_a_line_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# heading\nq | s | x\n\nq | s\n")
    with pytest.raises(ModelError, match=r"a\.txt, line 4: 2 fields"):
        lines(tmp_path)


def test_all_that_is_shipped_can_be_read() -> None:
    all_of = lines(teach.PAIRS)
    assert len(all_of) > 14_000
    assert 0.08 < sum(put_aside(texts[0]) for texts in all_of) / len(all_of) < 0.12
    found = [pair for texts in all_of for pair in pairs(texts)]
    kept = without_held_out(found)
    assert 100_000 < len(kept) < len(found), "some pairs are in the sets it is measured with"
    assert 0.25 < sum(pair.same for pair in kept) / len(kept) < 0.5
    assert len(lines(teach.LATER)) > 4_000


def test_what_is_put_aside_is_not_learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in ("banking.txt", "twins.txt", "terse.txt"):  # all would take half a minute
        shutil.copy(teach.PAIRS / file, tmp_path)
    monkeypatch.setattr(teach, "PAIRS", tmp_path)
    both: tuple[set[Pair], set[Pair]] = set(), set()
    for texts in lines(teach.PAIRS):
        both[put_aside(texts[0])].update(pairs(texts))
    aside = both[True] - both[False]
    assert len(aside) > 1000
    # A pair may also come about by loosening one that is learnt.
    assert len(aside & set(teach.learnt())) < 0.002 * len(aside)


def test_texts_are_loosened_and_learnt_beside_themselves() -> None:
    found = loose(LEARN * 5)
    assert found == loose(LEARN * 5)
    assert {pair.same for pair in found} == {True, False}
    assert all(pair.one != pair.other for pair in found)
    known = {text for pair in LEARN for text in (pair.one, pair.other)}
    beside = [pair for pair in found[len(LEARN) * 4 :] if pair.other in known and pair.same]
    assert any(pair.one not in known for pair in beside)


def test_nothing_that_is_measured_is_learnt(tmp_path: Path) -> None:
    folder = tmp_path / "guards_other"
    folder.mkdir()
    (folder / "a.txt").write_text("open a shop | start a shop | close a shop\n")
    learn = [
        Pair("start a shop", "open a shop", same=True),
        Pair("shut a shop", "open a shop", same=False),
    ]
    assert without_held_out(learn, tmp_path) == learn[1:]


LEARN = [
    *(Pair(f"turn on the {thing}", f"switch on the {thing}", same=True) for thing in "abcdefgh"),
    *(Pair(f"turn off the {thing}", f"switch on the {thing}", same=False) for thing in "abcdefgh"),
]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_it_learns_and_always_the_same(encoder: Encoder, tmp_path: Path) -> None:
    losses: list[float] = []
    learnt = train(encoder, LEARN, passes=8, progress=lambda done, of, loss: losses.append(loss))
    assert len(losses) == 8
    assert losses[-1] < losses[0]
    again = train(encoder, LEARN, passes=8)
    assert all(bool((learnt[name] == again[name]).all()) for name in learnt)
    verifier.save(learnt, tmp_path / "learnt.npz")
    again = verifier.load(tmp_path / "learnt.npz")
    verifier.export(read_by_verifier(), tmp_path / "verifier.onnx", again)
    assert (tmp_path / "verifier.onnx").stat().st_size > 1_000_000


def test_the_command_writes_weights(
    model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "a.txt").write_text("open a shop | start a shop | close a shop\n")
    monkeypatch.setattr(teach, "PAIRS", tmp_path)
    monkeypatch.setattr(teach, "GUARDS", tmp_path / "none")
    to = tmp_path / "verifier.npz"
    done = teach.main(["--model", str(model_folder), "--to", str(to), "--passes", "1"])
    assert done == 0
    assert "head.0.weight" in verifier.load(to)
    assert "step 1 of 1" in capsys.readouterr().err


def test_the_command_wants_pairs(
    model_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(teach, "PAIRS", tmp_path)
    monkeypatch.setattr(teach, "GUARDS", tmp_path / "none")
    assert teach.main(["--model", str(model_folder), "--to", str(tmp_path / "x.npz")]) == 2
    assert "no pairs" in capsys.readouterr().err
    assert not (tmp_path / "x.npz").exists()


def test_the_command_names_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = teach.main(["--model", str(tmp_path), "--to", str(tmp_path / "x.npz")])
    assert done == 2
    assert "frontline model build" in capsys.readouterr().err


# --- whole entries --------------------------------------------------------------------------------


ENTRY = (
    "when do you open | um opening hours | are you open now || do you open accounts | opening a tin"
)
OTHER = "when do you close | closing hours please || how close are you"


def test_entries_are_read_with_the_file_they_are_of(tmp_path: Path) -> None:
    (tmp_path / "shop.txt").write_text(f"# heading\n\n{ENTRY}\n{OTHER}\n")
    first, second = entries(tmp_path)
    assert first.file == second.file == "shop"
    assert first.alike == ("when do you open", "opening hours", "are you open now")
    assert first.unlike == ("do you open accounts", "opening a tin")


@pytest.mark.parametrize("line", ["a thing | other thing", "a thing | || other", "|| other"])
def test_an_entry_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.txt").write_text(f"{ENTRY}\n{line}\n")
    with pytest.raises(ModelError, match=r"a\.txt, line 2: an empty text"):
        entries(tmp_path)


def test_all_texts_of_an_entry_are_paired_but_two_look_alikes() -> None:
    found = list(within(TaughtEntry("shop", ("a", "b", "c"), ("x", "y"))))
    assert {(pair.other, pair.one) for pair in found if pair.same} == {
        *(("a", "b"), ("a", "c"), ("b", "c")),
    }
    unlike = {(pair.other, pair.one) for pair in found if not pair.same}
    assert unlike == {(one, other) for one in "abc" for other in "xy"}
    assert len(found) == 9


def test_siblings_are_the_nearest_questions_of_other_entries_of_the_file(encoder: Encoder) -> None:
    opens = TaughtEntry("shop", ("when do you open", "what are your opening hours"), ())
    closes = TaughtEntry("shop", ("when do you close", "what time do you close"), ())
    cake = TaughtEntry("shop", ("do you bake birthday cakes",), ())
    elsewhere = TaughtEntry("bank", ("when do you open the doors",), ())
    found = siblings([opens, closes, cake, elsewhere], encoder)
    assert not any(pair.same for pair in found)
    of = {pair.one for pair in found if pair.other == "when do you open"}
    of |= {pair.other for pair in found if pair.one == "when do you open"}
    assert of >= set(closes.alike)
    texts = {text for pair in found for text in (pair.one, pair.other)}
    assert not texts & {"when do you open the doors"}
    assert all({pair.one, pair.other} - set(opens.alike) for pair in found)


def test_a_further_lesson_repeats_a_part_of_the_first(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {name: tmp_path / name for name in ("PAIRS", "ENTRIES", "GUARDS", "LATER")}
    for name, folder in folders.items():
        folder.mkdir()
        monkeypatch.setattr(teach, name, folder)
    things = [f"open shop {n} | start shop {n} | close shop {n}" for n in range(40)]
    (folders["PAIRS"] / "a.txt").write_text("\n".join(things))
    (folders["ENTRIES"] / "a.txt").write_text(f"{ENTRY}\n{OTHER}\n")
    doors = [f"lock door {n} | bolt door {n} | unlock door {n}" for n in range(40)]
    (folders["LATER"] / "a.txt").write_text("\n".join(doors))
    before = teach.learnt()
    found = teach.further(encoder)
    assert found == teach.further(encoder)
    again = round(teach.AGAIN * len(before))
    assert set(found[-again:]) <= set(before)
    assert not set(found[:-again]) & set(before)
    learnt = [entry for entry in entries(folders["ENTRIES"]) if not put_aside(entry.alike[0])]
    assert learnt
    texts = {text for pair in found[:-again] for text in (pair.one, pair.other)}
    assert {text for entry in learnt for text in entry.alike} <= texts
    aside = {one.split(" | ")[0] for one in doors if put_aside(one.split(" | ")[0])}
    assert aside
    untaught = {f"lock door {n}" for n in range(40)} - texts
    assert aside <= untaught
    assert len(untaught - aside) < 5, "a text may be loosened wherever it comes"
