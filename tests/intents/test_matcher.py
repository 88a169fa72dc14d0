"""The matcher on a small FAQ: each kind of decision, with its evidence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from intents.decision import NO_CONTEXT, Context, Decision, Kind, Veto
from intents.guards.applied.vetoes import of_entry
from intents.guards.entry import likeness
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge, KnowledgeError
from intents.matcher import EXACT, Matcher
from intents.models.encoder import Encoder
from tests.support.faq import FAQ, knowledge


@pytest.fixture(scope="module")
def matcher(encoder: Encoder) -> Matcher:
    return Matcher(knowledge(encoder), encoder)


def built(encoder: Encoder, *items: Item) -> Matcher:
    return Matcher(Knowledge.build(items, encoder, aim=Aim(0.01)), encoder)


def final(matcher: Matcher, text: str, context: Context = NO_CONTEXT) -> Decision:
    return matcher.match(text, final=True, context=context)


# --- answers ---


def test_every_seeded_question_finds_its_entry(matcher: Matcher) -> None:
    for item in FAQ:
        for question in item.questions:
            decision = final(matcher, question)
            assert decision.entry == item.id, question
            assert decision.confidence == EXACT
            assert decision.verbatim


def test_the_spoken_form_of_a_seeded_question_is_that_question(matcher: Matcher) -> None:
    decision = final(matcher, "Um, hello... What's your opening hours? I mean, when do you open?")
    assert decision.entry in ("hours", "")
    decision = final(matcher, "uh could you tell me what are your opening hours please")
    assert (decision.kind, decision.entry, decision.confidence) == (Kind.ANSWER, "hours", EXACT)


def test_a_paraphrase_is_answered_with_its_evidence(matcher: Matcher) -> None:
    decision = final(matcher, "do you have a parking lot")
    assert (decision.kind, decision.entry) == (Kind.ANSWER, "parking")
    assert 0.8 < decision.confidence < 1
    assert decision.question in FAQ[2].questions
    best = decision.candidates[0]
    assert (best.id, best.intent) == ("parking", "parking")
    assert best.similarity > 0.7
    assert best.probability > 0.7
    assert decision.reason


def test_candidates_are_distinct_and_at_most_five(matcher: Matcher) -> None:
    for text in ("is parking free on sundays", "the weather is nice", "money"):
        ids = [candidate.id for candidate in final(matcher, text).candidates]
        assert 1 <= len(ids) == len(set(ids)) <= 5


def test_an_entry_with_an_action_is_routed(matcher: Matcher) -> None:
    decision = final(matcher, "i want to make a complaint")
    assert (decision.kind, decision.action, decision.entry) == (
        Kind.ROUTE,
        "transfer",
        "complaint",
    )


def test_a_partial_is_scored_like_a_final(matcher: Matcher) -> None:
    partial = matcher.match("do you have a parking lot", final=False)
    assert partial == final(matcher, "do you have a parking lot")


# --- misses ---


@pytest.mark.parametrize("text", ["", "   ", "um", "uh...", "?!", "okay", "uh huh"])
def test_nothing_said_is_a_miss(matcher: Matcher, text: str) -> None:
    decision = final(matcher, text)
    assert (decision.kind, decision.candidates) == (Kind.MISS, ())
    assert decision.reason == "nothing was asked"


@pytest.mark.parametrize(
    "text",
    [
        "what is the capital of mongolia",
        "my neighbour's dog has been barking all night",
        "can you recommend a good novel",
        "x" * 3000,
        "9 8 7 6 5 4 3",
        "日本語で話せますか",
    ],
)
def test_what_the_faq_does_not_answer_is_a_miss(matcher: Matcher, text: str) -> None:
    decision = final(matcher, text)
    assert decision.kind is Kind.MISS
    assert decision.entry == ""
    assert decision.reason


# --- controls and replies ---


@pytest.mark.parametrize(
    ("text", "action"),
    [("could you repeat that", "control:repeat"), ("a person please", "control:person")],
)
def test_control_phrases_come_first(matcher: Matcher, text: str, action: str) -> None:
    decision = final(matcher, text)
    assert (decision.kind, decision.action, decision.entry) == (Kind.ROUTE, action, "")


ASKED = Context(asked=("hours", "holidays"))


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("yes", "hours"),
        ("the first one", "hours"),
        ("the second one please", "holidays"),
        ("the holiday hours", "holidays"),
    ],
)
def test_the_answer_to_a_clarifying_question(matcher: Matcher, text: str, entry: str) -> None:
    decision = final(matcher, text, ASKED)
    assert (decision.kind, decision.entry, decision.confidence) == (Kind.ANSWER, entry, 1.0)
    assert decision.question


def test_a_chosen_entry_with_an_action_is_routed(matcher: Matcher) -> None:
    decision = final(matcher, "the second one", Context(asked=("refund", "complaint")))
    assert (decision.kind, decision.action) == (Kind.ROUTE, "transfer")


@pytest.mark.parametrize("text", ["no", "neither", "neither of them"])
def test_neither_is_a_miss(matcher: Matcher, text: str) -> None:
    decision = final(matcher, text, ASKED)
    assert (decision.kind, decision.confirmed) == (Kind.MISS, False)
    assert "none of those offered" in decision.reason


@pytest.mark.parametrize(
    "text", ["no i mean where can i park my car", "no, where can i park my car", "no parking"]
)
def test_what_is_wanted_instead_is_matched(matcher: Matcher, text: str) -> None:
    """But "no" may also belong to the question."""
    decision = final(matcher, text, ASKED)
    rejected = text != "no parking"
    assert decision.entry == ("parking" if rejected else "")
    assert decision.confirmed is (False if rejected else None)


@pytest.mark.parametrize(
    ("text", "entry", "confirmed"),
    [
        ("yes", "hours", True),
        ("that's it", "hours", True),
        ("opening hours", "hours", True),
        ("no", "", False),
    ],
)
def test_the_answer_to_a_question_about_one(
    matcher: Matcher, text: str, entry: str, confirmed: bool
) -> None:
    decision = final(matcher, text, Context(asked=("hours",)))
    assert (decision.entry, decision.confirmed) == (entry, confirmed)


def test_another_question_instead_of_a_reply_is_matched(matcher: Matcher) -> None:
    assert final(matcher, "do you sell gift cards", ASKED).entry == "gift"


def test_a_chosen_entry_outside_its_dates_is_not_spoken(matcher: Matcher) -> None:
    decision = final(matcher, "yes", replace(ASKED, excluded=frozenset({"hours"})))
    assert (decision.kind, decision.vetoes[0].guard) == (Kind.MISS, "expired")


def test_entries_gone_since_the_question_are_no_reply(matcher: Matcher) -> None:
    assert final(matcher, "yes", Context(asked=("hours", "gone"))).kind is Kind.MISS


# --- vetoes ---


def test_an_excluded_entry_is_vetoed(matcher: Matcher) -> None:
    decision = final(matcher, "when do you open", Context(excluded=frozenset({"hours"})))
    assert decision.kind is Kind.MISS
    assert [(veto.guard, veto.entry) for veto in decision.vetoes] == [("expired", "hours")]
    assert decision.candidates[0].id == "hours"


def test_a_counter_example_is_vetoed(matcher: Matcher) -> None:
    decision = final(matcher, "are you open on christmas day")
    assert decision.entry != "hours"
    decision = final(matcher, "how can i cancel the newsletter")
    assert decision.entry != "cancel"


def test_a_counter_example_beats_the_same_words_as_a_question(encoder: Encoder) -> None:
    item = replace(FAQ[0], counter_examples=("when do you open",))
    decision = final(built(encoder, item, *FAQ[1:]), "when do you open")
    assert decision.kind is Kind.MISS
    assert decision.vetoes[0].guard == "counter_example"


def test_the_opposite_is_vetoed(matcher: Matcher) -> None:
    decision = final(matcher, "i don't want to cancel my order")
    assert decision.kind is Kind.MISS
    assert {veto.guard for veto in decision.vetoes} >= {"polarity"}
    assert decision.reason == decision.vetoes[0].reason


# --- clarifying ---


TWINS = (
    Item(id="card", intent="block_card", questions=("i lost my card", "my card is gone")),
    Item(id="key", intent="replace_card", questions=("i lost my card", "i need a new card")),
    *FAQ,
)


def test_two_entries_with_the_same_words_are_asked_about(encoder: Encoder) -> None:
    twins = built(encoder, *TWINS)
    decision = final(twins, "i lost my card")
    assert decision.kind is Kind.CLARIFY
    assert set(decision.clarify or ()) == {"card", "key"}
    assert decision.entry == ""
    assert {candidate.id for candidate in decision.candidates[:2]} == {"card", "key"}
    for again in (
        twins.match("i lost my card", final=False),
        final(twins, "i lost my card", Context(may_clarify=False)),
    ):
        assert (again.kind, again.reason) == (Kind.MISS, "several entries have this very question")


def test_close_entries_are_asked_about_once_it_is_final(encoder: Encoder) -> None:
    wordings = ("when is the {} open", "{} opening hours", "what are the hours of the {}")
    branch = Item(
        id="in", intent="branch_hours", questions=tuple(w.format("branch") for w in wordings)
    )
    line = Item(
        id="tel", intent="phone_hours", questions=tuple(w.format("phone line") for w in wordings)
    )
    near = built(encoder, branch, line, *FAQ[2:])
    decision = final(near, "what are the opening hours")
    assert (decision.kind, decision.clarify) == (Kind.CLARIFY, ("in", "tel"))
    for again in (
        near.match("what are the opening hours", final=False),
        final(near, "what are the opening hours", Context(may_clarify=False)),
    ):
        assert again.kind is Kind.MISS
    alone = final(near, "what are the opening hours", Context(excluded=frozenset({"tel"})))
    assert (alone.kind, alone.clarify) == (Kind.CLARIFY, ("in",)), "what is vetoed is not offered"
    assert final(near, "is the phone line open").kind is not Kind.CLARIFY


DOUBTFUL = "i need room for my van"
"""Nearest to parking, and not sure."""


def test_one_likely_entry_is_asked_about(matcher: Matcher) -> None:
    decision = final(matcher, DOUBTFUL)
    assert (decision.kind, decision.clarify) == (Kind.CLARIFY, ("parking",))
    assert 0 < decision.confidence < 1
    assert not decision.upset
    assert matcher.match(DOUBTFUL, final=False).kind is Kind.MISS


def test_the_score_is_what_the_threshold_is_compared_with(matcher: Matcher) -> None:
    threshold = matcher.threshold_of("parking")
    assert final(matcher, "do you have a parking lot").score >= threshold
    assert 0 < final(matcher, DOUBTFUL).score < threshold
    assert final(matcher, "do you have parking").score == 1
    assert final(matcher, "um").score == 0


def test_guards_ask_only_about_what_could_be_spoken(
    matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def count(text: str, questions: Sequence[str], *, entry: str, **more: Any) -> tuple[Veto, ...]:
        asked.append(entry)
        return of_entry(text, questions, entry=entry, **more)

    monkeypatch.setattr("intents.matcher.vetoes.of_entry", count)
    assert final(matcher, "do you have a parking lot").kind is Kind.ANSWER
    assert asked == ["parking"]
    assert final(matcher, DOUBTFUL, Context(may_clarify=False)).kind is Kind.MISS
    assert asked == ["parking"] * 2


def test_who_is_upset_is_not_asked_back(matcher: Matcher) -> None:
    decision = final(matcher, f"i already told you {DOUBTFUL}")
    assert (decision.kind, decision.upset) == (Kind.MISS, True)
    sure = final(matcher, "for the second time when do you open")
    assert sure.upset


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        (("i need room for my van",), Kind.MISS),
        (("when do you open", "i need some room for my van"), Kind.MISS),
        (("when do you open", ""), Kind.CLARIFY),
    ],
)
def test_who_says_the_same_again_is_not_asked_back(
    matcher: Matcher, before: tuple[str, ...], kind: Kind
) -> None:
    decision = final(matcher, DOUBTFUL, Context(before=before))
    assert decision.kind is kind
    assert kind is Kind.CLARIFY or decision.reason == "the caller has said this before"


# --- small catalogues ---


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("questions", [1, 4])
def test_tiny_catalogues_serve_near_exact_questions_only(
    encoder: Encoder, count: int, questions: int
) -> None:
    items = [replace(item, questions=item.questions[:questions]) for item in FAQ[2 : 2 + count]]
    tiny = built(encoder, *items)
    assert final(tiny, "do you have parking").entry == "parking"
    assert final(tiny, "do you have a parking").entry == "parking"
    for text in ("do you sell petrol", "where can i leave my bicycle", "do you have a car"):
        assert final(tiny, text).kind is Kind.MISS, text


# --- the rest ---


def test_another_encoder_is_refused(encoder: Encoder) -> None:
    with pytest.raises(KnowledgeError, match="another encoder"):
        Matcher(replace(knowledge(encoder), fingerprint="other"), encoder)


def test_threads_agree(matcher: Matcher) -> None:
    texts = [question for item in FAQ for question in item.questions] * 3
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: final(matcher, text), texts))
    assert found == [final(matcher, text) for text in texts]


def test_serving_imports_nothing_of_the_build(
    model_folder: Path, encoder: Encoder, tmp_path: Path
) -> None:
    (tmp_path / "knowledge").write_bytes(knowledge(encoder).to_bytes())
    code = (
        "import sys, pathlib\n"
        "from intents.models.encoder import Encoder\n"
        "from intents.learning.knowledge import Knowledge\n"
        "from intents.matcher import Matcher\n"
        "data = pathlib.Path(sys.argv[2]).read_bytes()\n"
        "matcher = Matcher(Knowledge.from_bytes(data), Encoder(pathlib.Path(sys.argv[1])))\n"
        "assert matcher.match('when do you open', final=True).entry == 'hours'\n"
        "heavy = ('torch', 'transformers', 'sentence_transformers', 'sklearn', 'scipy', 'pandas')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    argv = [sys.executable, "-c", code, str(model_folder), str(tmp_path / "knowledge")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- reading, and the share of near misses ---

TWO_MORE = ("{} in all", "{} in that case")


def test_reading_lowers_the_score_of_a_look_alike(matcher: Matcher, encoder: Encoder) -> None:
    known = knowledge(encoder)
    curve = tuple(
        replace(point, calibration=replace(point.calibration, weight=0.0)) for point in known.curve
    )
    unread = Matcher(replace(known, curve=curve), encoder)
    for text, lower in (("do you accept gift cards", True), ("have you got parking", False)):
        read, plain = final(matcher, text), final(unread, text)
        assert plain.reading is None
        assert read.reading is not None
        assert (read.reading < 0) is lower
        assert (read.score < plain.score - 0.05) is lower


def test_beside_look_alikes_more_questions_are_read(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same text by the same threshold and weight, so that only what is read differs."""
    whole = (
        "how do i {}",
        "can i {} here",
        "i want to {}",
        "help me {}",
        "where do i {}",
        "{} now",
    )
    items = [
        Item(id=act, intent=act, questions=tuple(one.format(act) for one in whole))
        for act in ("close my account", "send a parcel", "book a table", "rent a bicycle")
    ]
    known = Knowledge.build(items, encoder, aim=Aim(0.01))
    read: set[str] = set()

    def reading(said: str, questions: Sequence[str]) -> list[float]:
        read.update(questions)
        return [1.0] * len(questions)

    monkeypatch.setattr(encoder, "likeness", reading)
    own = Matcher(known, encoder)
    for look_alikes, most in ((0.0, likeness.READ), (0.5, len(whole))):
        undecided = replace(known.told.calibration, threshold=0.99, weight=1.6, floor=0.0)
        own.point = replace(known.told, calibration=undecided, look_alikes=look_alikes)
        read.clear()
        final(own, "would you let me send my parcel")
        assert len(read) == most


OF_ANOTHER = (
    ("how much of my allowance have i used", "how much of my allowance can i still use"),
    ("my boiler shows an error at night", "my boiler shows an error by day"),
    ("which driver brings the parcel", "when does the driver bring the parcel"),
    ("how many points have i spent", "how many points can i still spend"),
)


@pytest.mark.parametrize(("more", "answered"), [((), 0), (("{}, please",), 0), (TWO_MORE, 4)])
def test_an_entry_of_few_questions_is_answered_with_if_the_text_reads_the_same(
    encoder: Encoder, more: tuple[str, ...], answered: int
) -> None:
    items = [
        Item(id=asked, intent=asked, questions=(asked, *(one.format(asked) for one in more)))
        for asked, _ in OF_ANOTHER
    ]
    known = Knowledge.build(items, encoder, aim=Aim(0.01))
    sure = tuple(
        replace(one, calibration=replace(one.calibration, threshold=0.3, floor=0.0, weight=0.0))
        for one in known.curve
    )
    own = Matcher(replace(known, curve=sure), encoder)
    found = [final(own, text) for _, text in OF_ANOTHER]
    assert sum(one.kind is Kind.ANSWER for one in found) == answered
    for one in found:
        if not answered:
            assert one.reading is not None
            assert one.reading < 0
            assert "beside its few questions" in one.reason


def test_what_is_expected_changes_what_is_answered(encoder: Encoder) -> None:
    own = Matcher(knowledge(encoder), encoder)
    text = "my car needs a place to stay"
    assert own.point == own.knowledge.told
    assert final(own, text).kind is Kind.ANSWER
    before = own.threshold_of("parking")
    own.expect(0.5)
    assert own.point.near_share == 0.5
    assert own.threshold_of("parking") > before
    assert (final(own, text).kind, final(own, text).clarify) == (Kind.CLARIFY, ("parking",))
    assert final(own, "do you have parking").entry == "parking", "word for word all the same"
    own.expect(0.05)
    assert final(own, text).kind is Kind.ANSWER
