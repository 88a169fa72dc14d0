"""Unknown words taken for words of the catalogue that sound alike, and what that may not do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.decision import Context, Kind
from intents.guards.entry.naming import NAMING
from intents.hearing.mishearing import Mishearing
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.matcher import INFERRED, Matcher
from intents.models.encoder import Encoder
from intents.text.english import words
from intents.text.spoken import canonical

QUESTIONS = (
    "how do i change my insurance policy",
    "raise the volume please",
    "i want to open an account in canada",
    "how many tax forms do i need",
    "add a parking space",
)
MISHEARING = Mishearing(map(canonical, QUESTIONS))


@pytest.mark.parametrize(
    ("heard", "mended"),
    [
        ("change the ensuring policy", "change the insurance policy"),
        ("rays the volume", "raise the volume"),
        ("where are the attacks forms", "where are the tax forms"),
        ("close my a count", "close my account"),
        ("i have a barking space and rays", "i have a parking space and raise"),
    ],
)
def test_an_unknown_word_is_heard_as_a_known_one(heard: str, mended: str) -> None:
    text, changes = MISHEARING.mended(canonical(heard))
    assert text == canonical(mended)
    assert changes


@pytest.mark.parametrize(
    "text",
    [
        "change my insurance policies",  # another form of a known word
        "can i park the car",  # guards know the word, if not the catalogue
        "i want to open an account in kennedy",  # nothing is taken for a name
        "xylophone lessons",  # sounds like nothing that is known
        "",
    ],
)
def test_what_callers_may_mean_stays(text: str) -> None:
    assert MISHEARING.mended(text) == (text, ())


@given(st.lists(st.sampled_from(words("rays ensuring zebra a count tax 7 not monday"))))
def test_all_that_is_changed_is_named(heard: list[str]) -> None:
    text = " ".join(heard)
    mended, changes = MISHEARING.mended(text)
    said = {word for _, word in changes}
    assert said.isdisjoint(NAMING)
    assert (mended == text) is (not changes)
    assert MISHEARING.mended(mended) == (mended, ())


# --- in the matcher ---

ITEMS = (
    Item(
        id="insurance",
        intent="insurance",
        questions=(
            "how do i change my insurance policy",
            "can i make changes to my insurance policy",
            "i want to alter my insurance policy",
            "update my insurance policy",
            "please amend the insurance policy i have",
        ),
    ),
    Item(
        id="returns",
        intent="returns",
        questions=(
            "what is your return policy",
            "how does the return policy work",
            "tell me about the return policy",
            "can i change something after a return",
            "explain how returns work",
        ),
    ),
    Item(
        id="privacy",
        intent="privacy",
        questions=(
            "what is your privacy policy",
            "how do i change my privacy settings",
            "i want to alter my privacy settings",
            "update my privacy settings",
            "please amend the privacy settings",
        ),
    ),
    Item(id="hours", intent="hours", questions=("when do you open", "what are your hours")),
)
HEARD = "how do i change the ensuring"


@pytest.fixture(scope="module")
def matcher(encoder: Encoder) -> Matcher:
    # A strict budget: else reading answers these texts without any help.
    return Matcher(Knowledge.build(ITEMS, encoder, aim=Aim(0.001)), encoder)


def test_a_misheard_question_is_answered_and_says_so(matcher: Matcher) -> None:
    decision = matcher.match(HEARD, final=True)
    assert (decision.kind, decision.entry) == (Kind.ANSWER, "insurance")
    assert "'insurance' for 'ensuring'" in decision.reason
    assert decision.confidence <= INFERRED


def test_a_partial_is_taken_as_it_is(matcher: Matcher) -> None:
    assert matcher.match(HEARD, final=False).kind is not Kind.ANSWER


def test_a_veto_is_not_mended_away(matcher: Matcher) -> None:
    excluded = Context(excluded=frozenset({"insurance"}))
    assert matcher.match(HEARD, final=True, context=excluded).kind is not Kind.ANSWER
    assert matcher.match("do not change my ensuring", final=True).kind is Kind.MISS


def test_what_is_likely_but_not_sure_once_mended_is_asked_back(matcher: Matcher) -> None:
    decision = matcher.match("my ensuring policy is not right any more", final=True)
    assert (decision.kind, decision.clarify) == (Kind.CLARIFY, ("insurance",))


def test_another_entry_than_without_is_not_spoken(matcher: Matcher) -> None:
    assert matcher.match("my ensuring", final=True).kind is Kind.MISS
