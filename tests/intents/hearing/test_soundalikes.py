"""Words that sound like another entry's: what is heard again, and what is then not spoken."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.decision import Context, Decision, Kind
from intents.hearing.soundalikes import LIKELY, MOST, SoundAlikes
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from intents.text.english import words
from intents.text.spoken import canonical

QUESTIONS = (
    ("cancel my reservation", 0),
    ("confirm my reservation", 1),
    ("what is the tax on my account", 2),
    ("send a text", 3),
    ("buy a ticket", 4),
)
ALIKE = SoundAlikes(QUESTIONS)
EVERYBODY = dict.fromkeys(range(len(QUESTIONS)), 0.1)


@pytest.mark.parametrize(
    ("heard", "other"),
    [
        ("cancer my reservation", "cancel my reservation"),
        ("what is the text on that", "what is the tax on that"),  # a word of the catalogue as well
        ("by a ticket", "buy a ticket"),  # a small word may be heard
        ("the tax on my a count", "the tax on my account"),
    ],
)
def test_a_word_is_heard_as_one_that_sounds_alike(heard: str, other: str) -> None:
    assert other in [text for text, _ in ALIKE.others(heard, EVERYBODY)]


@pytest.mark.parametrize("heard", ["confirm the ticket", "xylophone lessons", ""])
def test_what_sounds_like_nothing_else_has_no_other(heard: str) -> None:
    assert ALIKE.others(heard, EVERYBODY) == []


def test_only_words_of_likely_rivals_count_and_the_likeliest_comes_first() -> None:
    heard = "cancer the text"
    assert ALIKE.others(heard, {0: LIKELY / 2, 2: LIKELY / 2}) == []
    likely = {0: 2 * LIKELY, 2: 3 * LIKELY}
    changes = [change for _, change in ALIKE.others(heard, likely)]
    assert changes == [("text", "tax"), ("cancer", "cancel")]
    assert ALIKE.others(heard, {0: LIKELY}) == [("cancel the text", ("cancer", "cancel"))]


@given(st.lists(st.sampled_from(words("cancer text by a count tax ticket reservation my not 7"))))
def test_one_word_is_exchanged_and_few_texts_are_tried(heard: list[str]) -> None:
    text = " ".join(heard)
    found = ALIKE.others(text, EVERYBODY)
    assert len(found) <= MOST
    for other, (was, meant) in found:
        assert was in text
        assert meant in other.split()
        assert other != text
        assert len(other.split()) == len(heard) - was.count(" ")


PAIRS = [
    tuple(canonical(part) for part in line.split("|"))
    for line in (Path(__file__).parents[1] / "data" / "guards" / "pairs" / "sound.txt")
    .read_text("utf-8")
    .splitlines()
    if not line.startswith("#")
]


def test_there_are_enough_pairs() -> None:
    assert len(PAIRS) == len(set(PAIRS)) >= 60


@pytest.mark.parametrize(("question", "rival", "heard"), PAIRS)
def test_a_rival_is_heard_in_its_own_misheard_words_only(
    question: str, rival: str, heard: str
) -> None:
    alike = SoundAlikes([(question, 0), (rival, 1)])
    assert rival in [text for text, _ in alike.others(heard, {1: LIKELY})]
    assert rival not in [text for text, _ in alike.others(question, {1: LIKELY})]


# --- in the matcher ---

ITEMS = (
    Item(
        id="cancel",
        intent="cancel",
        questions=(
            "please cancel my reservation",
            "i need to cancel my table",
            "cancel my reservation for tonight",
            "how do i cancel a reservation",
        ),
    ),
    Item(
        id="confirm",
        intent="confirm",
        questions=(
            "please confirm my reservation",
            "can you confirm my table",
            "is my reservation confirmed",
            "check that my reservation for tonight stands",
        ),
    ),
    Item(
        id="parcel",
        intent="parcel",
        questions=(
            "where is my package",
            "my package has not arrived",
            "when will my package come",
            "track my package",
        ),
    ),
    Item(
        id="luggage",
        intent="luggage",
        questions=(
            "where is my luggage",
            "my luggage has not arrived",
            "my suitcase did not arrive with my flight",
            "the airline lost my luggage",
        ),
    ),
    Item(
        id="hours",
        intent="hours",
        questions=(
            "when do you open",
            "what are your hours",
            "how late are you open",
            "open today",
        ),
    ),
)
HEARD = "cancer my reservation for tonight"


@pytest.fixture(scope="module")
def matcher(encoder: Encoder) -> Matcher:
    return Matcher(Knowledge.build(ITEMS, encoder, aim=Aim(0.01)), encoder)


def guards_of(decision: Decision) -> list[str]:
    return [veto.guard for veto in decision.vetoes]


@pytest.mark.parametrize("final", [False, True])
def test_what_may_have_been_another_entrys_words_is_not_spoken(
    matcher: Matcher, final: bool
) -> None:
    """Nor prepared: in a call, an answer to a partial stands for the same words as a final."""
    decision = matcher.match(HEARD, final=final)
    assert decision.entry == ""
    assert guards_of(decision) == ["sound"]
    assert [veto.entry for veto in decision.vetoes] == ["confirm"]
    assert "'cancel' for 'cancer'" in decision.vetoes[0].reason
    assert decision.score >= matcher.threshold_of("confirm")


def test_it_may_be_asked_about(matcher: Matcher) -> None:
    decision = matcher.match(HEARD, final=True, context=Context(may_clarify=True))
    assert decision.kind is Kind.CLARIFY
    assert decision.clarify is not None
    assert decision.clarify[0] == "confirm"


@pytest.mark.parametrize(
    ("said", "entry"),
    [
        ("confirm my reservation for tonight", "confirm"),
        ("cancel my reservation tonight please", "cancel"),
        ("where is my baggage", "luggage"),  # the package is no rival here
    ],
)
def test_what_was_heard_well_is_answered(matcher: Matcher, said: str, entry: str) -> None:
    decision = matcher.match(said, final=True)
    assert (decision.kind, decision.entry) == (Kind.ANSWER, entry)
