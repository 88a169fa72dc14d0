"""Knowledge: the same input gives the same bytes, and other bytes are refused."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from intents.decision import Flagged
from intents.learning.calibration import Aim, Calibration
from intents.learning.fitting import (
    BESIDE_THEM,
    LOOK_ALIKES,
    NEAR_SHARES,
    SHOWN_SHARES,
    Point,
)
from intents.learning.knowledge import Item, Knowledge, KnowledgeError
from intents.models.encoder import Encoder
from tests.support.faq import FAQ, adapted, knowledge


def test_the_same_input_gives_the_same_bytes(encoder: Encoder) -> None:
    again = Knowledge.build(list(FAQ), encoder, aim=Aim(0.01))
    assert again.to_bytes() == knowledge(encoder).to_bytes()


def test_bytes_hold_everything(encoder: Encoder) -> None:
    built = knowledge(encoder)
    read = Knowledge.from_bytes(built.to_bytes())
    assert read.items == built.items == FAQ
    assert (read.rows, read.counter_rows) == (built.rows, built.counter_rows)
    assert np.array_equal(read.vectors, built.vectors)
    assert np.array_equal(read.model.weights, built.model.weights)
    assert read.curve == built.curve
    assert np.array_equal(read.spectra, built.spectra)
    assert read.summary == built.summary
    assert read.fingerprint == encoder.fingerprint
    assert read.to_bytes() == built.to_bytes()


def test_the_summary_is_for_people(encoder: Encoder) -> None:
    summary = knowledge(encoder).summary
    assert (summary["entries"], summary["questions"], summary["counter_examples"]) == (12, 40, 2)
    assert 0 < summary["threshold"] < 1
    assert 0 <= summary["rehearsed_hit_rate"] <= 1
    assert summary["max_wrong_rate"] == 0.01


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no zip at all", b"\x93NUMPY"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(KnowledgeError, match="seed again"):
        Knowledge.from_bytes(data)


def test_truncated_and_foreign_archives_are_refused(encoder: Encoder) -> None:
    data = knowledge(encoder).to_bytes()
    file = io.BytesIO()
    np.savez(file, other=np.zeros(3))
    for bad in (data[: len(data) // 2], file.getvalue()):
        with pytest.raises(KnowledgeError, match="seed again"):
            Knowledge.from_bytes(bad)


def test_a_pickle_is_never_opened() -> None:
    file = io.BytesIO()
    np.savez(file, head=np.array([print], dtype=object))
    with pytest.raises(KnowledgeError):
        Knowledge.from_bytes(file.getvalue())


def test_another_format_is_refused(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intents.learning.knowledge.VERSION", 99)
    data = knowledge(encoder).to_bytes()
    monkeypatch.undo()
    with pytest.raises(KnowledgeError, match="format 99"):
        Knowledge.from_bytes(data)


def test_repeated_wordings_count_once(encoder: Encoder) -> None:
    item = Item(id="a", intent="a", questions=("When do you open?", "um when do you open", "hours"))
    built = Knowledge.build([item], encoder, aim=Aim(0.01))
    assert built.rows == ((0, 0), (0, 2))


def test_exact_finds_every_entry_with_the_words(encoder: Encoder) -> None:
    pair = [Item(id=name, intent=name, questions=("when do you open",)) for name in "ab"]
    built = Knowledge.build(pair, encoder, aim=Aim(0.01))
    assert built.exact == {"when do you open": ((0, 0), (1, 0))}


def test_progress_is_told(encoder: Encoder) -> None:
    told: list[tuple[str, int, int]] = []
    Knowledge.build(FAQ[:4], encoder, aim=Aim(0.01), progress=lambda *step: told.append(step))
    assert told[0][:2] == ("embedding questions", 1)
    assert told[-1][1] == told[-1][2]


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "no entries"),
        ([FAQ[0], FAQ[0]], "two entries have the id 'hours'"),
        ([replace(FAQ[0], questions=())], "no question"),
        ([replace(FAQ[0], questions=("um", "..."))], "no question"),
    ],
)
def test_unusable_items_are_named(encoder: Encoder, items: list[Item], message: str) -> None:
    with pytest.raises(KnowledgeError, match=message):
        Knowledge.build(items, encoder, aim=Aim(0.01))


@pytest.mark.parametrize("rate", [-0.1, 1.0, 3.0])
def test_an_impossible_budget_is_refused(encoder: Encoder, rate: float) -> None:
    with pytest.raises(KnowledgeError, match="max_wrong_rate"):
        Knowledge.build(FAQ, encoder, aim=Aim(rate))


# --- an encoder of its own ------------------------------------------------------------------------


@pytest.mark.slow
def test_bytes_hold_the_upper_layers(encoder: Encoder) -> None:
    built = adapted(encoder)
    assert built.top
    read = Knowledge.from_bytes(built.to_bytes())
    assert read.top == built.top
    assert read.to_bytes() == built.to_bytes()
    assert built.summary["adapting"] == "kept"
    own = read.served(encoder)
    assert np.array_equal(own.embed(["when do you open"])[0], read.vectors[0])
    assert own.fingerprint != encoder.fingerprint == read.fingerprint


def test_without_them_the_published_encoder_serves(encoder: Encoder) -> None:
    assert knowledge(encoder).top == b""
    assert knowledge(encoder).served(encoder) is encoder
    assert knowledge(encoder).summary["adapting"] == "switched off"


@pytest.mark.slow
def test_another_encoder_is_refused(encoder: Encoder) -> None:
    built = adapted(encoder)
    for known, asked in (
        (replace(built, fingerprint="another"), encoder),
        (built, built.served(encoder)),
        (knowledge(encoder), built.served(encoder)),
    ):
        with pytest.raises(KnowledgeError, match="another encoder: seed again"):
            known.served(asked)


@pytest.mark.parametrize("top", [b"junk", b"\x08\x08" * 500])
def test_damaged_upper_layers_are_one_clear_error(encoder: Encoder, top: bytes) -> None:
    damaged = replace(knowledge(encoder), top=top)
    with pytest.raises(KnowledgeError, match=r"encoder does not load .*seed again") as caught:
        Knowledge.from_bytes(damaged.to_bytes()).served(encoder)
    assert "\n" not in str(caught.value)


# --- after an edit --------------------------------------------------------------------------------


def edited(*numbers: int) -> list[Item]:
    """The FAQ with the first question of these entries put in other words."""
    items = list(FAQ)
    for n in numbers:
        first, *rest = items[n].questions
        items[n] = replace(items[n], questions=(f"{first} my friend", *rest))
    return items


MARK = 0.4321
"""A threshold that nothing would be calibrated to."""


def marked(known: Knowledge) -> Knowledge:
    decided = Calibration(MARK, 0.0, 2.0, 1.5, 0.1)
    return replace(known, curve=tuple(replace(one, calibration=decided) for one in known.curve))


def after(encoder: Encoder, items: list[Item], earlier: Knowledge) -> Knowledge:
    return Knowledge.build(items, encoder, aim=Aim(0.01), earlier=earlier)


def test_a_small_edit_keeps_the_calibration(encoder: Encoder) -> None:
    built = after(encoder, edited(3), marked(knowledge(encoder)))
    assert built.told.calibration.threshold == MARK
    assert built.items == tuple(edited(3))
    assert "how do i get a refund my friend" in built.exact
    assert built.summary["changed"] == 2, "one came, one went"
    assert built.summary["questions"] == 40
    assert built.model.classes == len(FAQ)


def test_changes_add_up_until_all_is_calibrated_anew(encoder: Encoder) -> None:
    first = after(encoder, edited(3), marked(knowledge(encoder)))
    second = after(encoder, edited(3, 4), first)
    assert (second.told.calibration.threshold, second.summary["changed"]) == (MARK, 4)
    third = after(encoder, edited(3, 4, 5), second)
    assert third.told.calibration.threshold != MARK, "six of forty"
    assert "changed" not in third.summary
    assert third.to_bytes() == Knowledge.build(edited(3, 4, 5), encoder, aim=Aim(0.01)).to_bytes()


def test_a_large_edit_at_once_is_calibrated_anew(encoder: Encoder) -> None:
    built = after(encoder, edited(3, 4, 5), marked(knowledge(encoder)))
    assert built.told.calibration.threshold != MARK


def test_nothing_changed_but_an_action(encoder: Encoder) -> None:
    items = [*FAQ[:-1], replace(FAQ[-1], action="agent:deep")]
    built = after(encoder, items, marked(knowledge(encoder)))
    assert (built.told.calibration.threshold, built.summary["changed"]) == (MARK, 0)
    assert built.items[-1].action == "agent:deep"


def test_questions_that_go_to_another_entry_have_changed(encoder: Encoder) -> None:
    """The same texts all the same, in other hands."""
    items = list(FAQ)
    items[3], items[4] = (
        replace(FAQ[3], questions=FAQ[4].questions),
        replace(FAQ[4], questions=FAQ[3].questions),
    )
    built = after(encoder, items, marked(knowledge(encoder)))
    assert built.told.calibration.threshold != MARK


def test_knowledge_of_another_encoder_says_nothing(encoder: Encoder) -> None:
    other = replace(marked(knowledge(encoder)), fingerprint="another")
    assert after(encoder, list(FAQ), other).told.calibration.threshold != MARK


def test_damaged_upper_layers_are_not_taken_over(encoder: Encoder) -> None:
    broken = replace(marked(knowledge(encoder)), top=b"junk")
    assert after(encoder, list(FAQ), broken).to_bytes() == knowledge(encoder).to_bytes()


@pytest.mark.slow
def test_an_edit_keeps_the_trained_encoder_and_trains_nothing(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("there was to be no training")

    earlier = adapted(encoder)
    monkeypatch.setattr("intents.models.build.adapting.train", never)
    monkeypatch.setattr("intents.models.build.adapting.available", lambda: False)
    built = Knowledge.build(edited(3), encoder, aim=Aim(0.01), adapt=True, earlier=earlier)
    assert built.top == earlier.top
    assert built.curve == earlier.curve
    assert built.summary["adapting"] == "kept"
    own = encoder.adapted(earlier.top)
    row = built.rows.index((3, 0))
    assert np.array_equal(built.vectors[row], own.embed(["how do i get a refund my friend"])[0])


# --- flags ----------------------------------------------------------------------------------------


def flags(entry: str) -> list[Flagged]:
    texts = ("tell me your opening hours", "so when do you open then", "opening hours please") * 5
    return [Flagged(text=text, entry=entry, right=False) for text in texts]


def test_flags_of_wrong_answers_make_it_more_careful(encoder: Encoder) -> None:
    built = Knowledge.build(FAQ, encoder, aim=Aim(0.01), flags=flags("hours"))
    assert built.told.calibration.threshold > knowledge(encoder).told.calibration.threshold
    assert built.summary["judged_samples"] == 15
    # The larger the budget the less is asked, and the more of what people judged gets through.
    budgets = [one for _, one in sorted(built.summary["by_budget"].items(), key=by_number)]
    assert budgets[2]["threshold"] == built.summary["threshold"], "the one that was asked for"
    thresholds = [one["threshold"] for one in budgets]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[0] > thresholds[-1]
    wrong = [one["judged_wrong"] for one in budgets]
    assert wrong == sorted(wrong)
    assert wrong[0] < wrong[-1] <= 15


def by_number(named: tuple[str, object]) -> float:
    return float(named[0])


def test_after_an_edit_flags_count_for_their_entry_alone(encoder: Encoder) -> None:
    hours, parking, last = 0, 2, len(FAQ) - 1
    raised = {parking: 0.9, last: 0.9}
    earlier = knowledge(encoder)
    earlier = replace(
        earlier, curve=tuple(replace(point, raised=raised) for point in earlier.curve)
    )
    built = Knowledge.build(
        edited(3), encoder, aim=Aim(0.01), flags=flags("hours"), earlier=earlier
    )
    assert [p.calibration for p in built.curve] == [p.calibration for p in earlier.curve]
    assert built.told.raised.keys() == {hours, parking, last}
    assert built.told.raised[hours] > built.told.calibration.threshold
    assert built.summary["changed"] == 2
    read = Knowledge.from_bytes(built.to_bytes())
    assert read.curve == built.curve


def test_flags_of_entries_that_are_gone_are_passed_over(encoder: Encoder) -> None:
    built = Knowledge.build(FAQ, encoder, aim=Aim(0.01), flags=flags("long_gone"))
    assert built.to_bytes() == knowledge(encoder).to_bytes()


# --- the share of near misses ---------------------------------------------------------------------


def test_a_larger_share_of_near_misses_never_asks_for_less(encoder: Encoder) -> None:
    curve = knowledge(encoder).curve
    rows = {share: [p for p in curve if p.look_alikes == share] for share in (0.0, *LOOK_ALIKES)}
    assert [point.near_share for point in rows[0.0]] == list(NEAR_SHARES)
    for share in LOOK_ALIKES:
        assert [point.near_share for point in rows[share]] == list(BESIDE_THEM)
    assert [*rows[0.0], *(p for share in LOOK_ALIKES for p in rows[share])] == list(curve)
    for row in rows.values():
        never_less(row)
    assert rows[0.0][0].hit_rate > rows[0.0][-1].hit_rate + 0.2


def never_less(curve: Sequence[Point]) -> None:
    hits = [point.hit_rate for point in curve]
    assert hits == sorted(hits, reverse=True)
    for weight in {point.calibration.weight for point in curve}:
        least = [p.calibration.threshold for p in curve if p.calibration.weight == weight]
        assert least == sorted(least)


def test_of_a_share_in_between_the_next_larger_counts(encoder: Encoder) -> None:
    known = knowledge(encoder)
    for asked, found in ((0.0, 0.01), (0.05, 0.05), (0.051, 0.06), (0.31, 0.35), (0.5, 0.5)):
        assert known.at(asked).near_share == found
    assert known.at(0.9).near_share == 0.5, "there is no larger one"
    assert known.told == known.at(0.05)


def test_of_look_alikes_the_next_smaller_share_counts(encoder: Encoder) -> None:
    known = knowledge(encoder)
    assert known.at(0.05, 0.149) == known.at(0.05)
    for asked, found in ((0.15, 0.15), (0.29, 0.25), (0.5, 0.5), (0.9, 0.5)):
        assert known.at(0.07, asked).look_alikes == found
        assert known.at(0.07, asked).near_share == 0.1
    shown = known.summary["by_look_alikes"]
    assert set(shown) == {f"{share:g}" for share in LOOK_ALIKES}
    point = known.at(0.05, 0.3)
    assert shown["0.3"]["reading_weight"] == point.calibration.weight
    assert shown["0.3"]["threshold"] == round(point.calibration.threshold, 4)


def test_knowledge_that_is_older_than_look_alikes_is_served(encoder: Encoder) -> None:
    built = knowledge(encoder)
    with np.load(io.BytesIO(built.to_bytes())) as stored:
        arrays = {name: stored[name] for name in stored.files if name != "readings"}
    head = json.loads(arrays["head"].tobytes())
    head["curve"] = [point for point in head["curve"] if not point.pop("look_alikes")]
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, **arrays)
    older = Knowledge.from_bytes(file.getvalue())
    assert older.curve == tuple(point for point in built.curve if not point.look_alikes)
    assert older.at(0.05, 0.4) == built.at(0.05)
    assert len(older.readings) == 0


def test_the_share_that_is_asked_for_is_reckoned_with(encoder: Encoder) -> None:
    built = Knowledge.build(FAQ[:4], encoder, aim=Aim(0.01, 0.333))
    assert built.told.near_share == 0.333
    assert len([point for point in built.curve if not point.look_alikes]) == len(NEAR_SHARES) + 1
    assert built.summary["threshold"] == round(built.told.calibration.threshold, 4)
    assert set(built.summary["by_near_share"]) == {f"{share:g}" for share in SHOWN_SHARES}


def test_bytes_hold_thresholds_of_single_entries(encoder: Encoder) -> None:
    point = Point(0.1, Calibration(0.6, 0.0, 2.0, 1.5, 0.3), {3: 0.9, 11: 0.75}, 0.5)
    built = replace(knowledge(encoder), curve=(point, replace(point, near_share=0.2, raised={})))
    read = Knowledge.from_bytes(built.to_bytes())
    assert read.curve == built.curve
    assert read.spectra.shape == built.spectra.shape
    assert np.array_equal(read.readings, built.readings)
