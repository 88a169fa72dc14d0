"""What got confused is told with counts, examples and a mend that its own evidence supports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intents.decision import Candidate, Decision, Kind, Veto
from intents.evaluation import mixups
from intents.evaluation.mixups import Findings
from intents.evaluation.queries import Query
from intents.learning.knowledge import Item
from intents.models.encoder import Encoder

ITEMS = (
    Item(id="hours", intent="hours", questions=("when do you open", "what are the opening hours")),
    Item(id="times", intent="times", questions=("what are your opening hours",)),
    Item(id="refund", intent="refund", questions=("how do i get my money back",)),
    Item(id="card", intent="card", questions=("do you take credit cards",)),
)
ANSWERS = {"hours": "Nine to five.", "times": "nine to  five.", "refund": "Ask us.", "card": "Yes."}


def candidate(entry: str, probability: float, similarity: float) -> Candidate:
    return Candidate(
        id=entry, intent=entry, question="", similarity=similarity, probability=probability
    )


def said(entry: str, *candidates: Candidate) -> Decision:
    return Decision(kind=Kind.ANSWER, entry=entry, candidates=candidates)


def missed(*candidates: Candidate, vetoes: tuple[Veto, ...] = ()) -> Decision:
    return Decision(kind=Kind.MISS, candidates=candidates, vetoes=vetoes)


def find(encoder: Encoder, *cases: tuple[str, str, Decision]) -> Findings:
    queries = [Query(text, entry) for text, entry, _ in cases]
    return mixups.find(ITEMS, encoder, queries, [made for _, _, made in cases], ANSWERS)


def test_equal_answers_are_to_be_merged_and_near_questions_reworded(encoder: Encoder) -> None:
    asked = Decision(kind=Kind.CLARIFY, clarify=("times", "hours"))
    found = find(
        encoder,
        ("your opening hours please", "hours", said("times")),
        ("hours", "times", said("hours")),
        ("your hours", "hours", asked),
    )
    (pair,) = found.confused
    assert pair["entries"] == ["hours", "times"]
    assert (pair["wrong"], pair["clarified"], pair["missed"]) == (2, 1, 0)
    assert pair["examples"][0] == {
        "text": "your opening hours please",
        "meant": "hours",
        "said": "times",
        "outcome": "answer",
    }
    merge, overlap = pair["suggestions"]
    assert merge == "the two answers are the same: merge hours and times"
    assert overlap.startswith("questions overlap: 'what are the opening hours' of hours ~ ")
    assert "of times at 0.9" in overlap


def test_a_wrong_answer_wants_a_counter_example_and_the_wording_its_entry_lacks(
    encoder: Encoder,
) -> None:
    decision = said("card", candidate("card", 0.9, 0.8), candidate("refund", 0.05, 0.4))
    (pair,) = find(encoder, ("put it on my card again", "refund", decision)).confused
    assert pair["suggestions"] == [
        "add a counter-example to card: 'put it on my card again'",
        "add these wordings to refund: 'put it on my card again'",
    ]


def test_no_counter_example_where_it_would_silence_right_answers(encoder: Encoder) -> None:
    far = "do you accept american express for a purchase"
    found = find(
        encoder,
        ("do you accept american express for purchases", "", said("card")),
        (far, "card", said("card")),
        ("do you take credit cards", "card", said("card")),
    )
    (pair,) = found.confused
    assert pair["entries"] == ["card", ""]
    (only,) = pair["suggestions"]
    assert only.startswith("no counter-example for 'do you accept american express for purchases'")
    assert f"1 right answers of card, such as {far!r}" in only


def test_out_of_scope_that_was_asked_back(encoder: Encoder) -> None:
    asked = Decision(kind=Kind.CLARIFY, clarify=("hours", "refund"))
    found = find(encoder, ("how late is it", "", asked), ("the weather", "", missed()))
    assert [pair["entries"] for pair in found.confused] == [["hours", ""], ["refund", ""]]
    assert (
        "was asked back (hours or refund) though none of it" in found.confused[0]["suggestions"][0]
    )


def test_a_rival_that_kept_the_right_entry_silent(encoder: Encoder) -> None:
    close = missed(candidate("refund", 0.5, 0.8), candidate("card", 0.4, 0.8))
    found = find(encoder, ("money", "refund", close))
    (pair,) = found.confused
    assert (pair["entries"], pair["missed"]) == (["card", "refund"], 1)
    assert pair["suggestions"][0].startswith("both have near questions: card has only 1")
    assert found.gaps == []


def test_an_entry_that_lacks_wordings(encoder: Encoder) -> None:
    alone = missed(candidate("refund", 0.3, 0.41), candidate("card", 0.1, 0.2))
    unseen = missed(candidate("card", 0.1, 0.2))
    asked = Decision(kind=Kind.CLARIFY, clarify=("refund",))
    found = find(
        encoder,
        ("reimburse me", "refund", alone),
        ("pay me back", "refund", unseen),
        ("my cash", "refund", asked),
    )
    (gap,) = found.gaps
    assert (gap["entry"], gap["missed"], gap["clarified"]) == ("refund", 2, 1)
    (told,) = gap["suggestions"]
    assert told.startswith("refund has one question, at 0.")
    assert told.endswith("add wordings like 'reimburse me', 'pay me back', 'my cash'")
    assert found.confused == []


def test_an_entry_that_is_near_but_not_sure(encoder: Encoder) -> None:
    near = missed(candidate("hours", 0.5, 0.88))
    (gap,) = find(encoder, ("when are you opening", "hours", near)).gaps
    assert gap["suggestions"] == [
        "hours is near already (0.88), 2 questions are too few to be sure: add wordings like "
        "'when are you opening'"
    ]


@pytest.mark.parametrize(
    ("guard", "mend"),
    [
        ("numbers", "no wording of refund has it (because): if its answer fits, add 'back' to it"),
        ("polarity", "because: if refund answers that as well, add 'back' to it; else relabel"),
        (
            "counter_example",
            "because: if refund answers it, reword or remove that counter-example; else",
        ),
    ],
)
def test_a_veto_of_the_right_entry(encoder: Encoder, guard: str, mend: str) -> None:
    veto = Veto(guard=guard, entry="refund", reason="because")
    other = replace(veto, entry="card")
    decision = missed(candidate("refund", 0.9, 0.9), vetoes=(other, veto))
    found = find(encoder, ("back", "refund", decision))
    (one,) = found.vetoed
    assert (one["guard"], one["entry"], one["vetoed"]) == (guard, "refund", 1)
    assert one["suggestions"][0].startswith(mend)
    assert found.gaps == []


def test_right_answers_are_no_findings_and_all_of_it_is_plain_data(encoder: Encoder) -> None:
    found = find(encoder, ("when do you open", "hours", said("hours")), ("hm", "", missed()))
    assert mixups.plain(found) == {"confused": [], "gaps": [], "vetoed": []}
