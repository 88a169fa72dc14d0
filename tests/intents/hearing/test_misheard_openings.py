"""What is said around a question, misheard: known again, and never more dropped than that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.decision import Context, Kind
from intents.hearing.misheard_openings import without
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.matcher import INFERRED, Matcher
from intents.models.encoder import Encoder
from intents.text.english import words
from intents.text.spoken import canonical

QUESTION = "where is the nearest branch"


@pytest.mark.parametrize(
    "heard",
    [
        "could morning",
        "hollow good evening",
        "house are you doing today",
        "thanks for taking a call",
        "high this is martha calling",
        "it is miguel santos",
        "a name is ruth klein and",
        "you are speaking that peter hughes so",
        "i is wondering",
        "i was won during",
        "i have click question",
        "just have a quick question for the",
        "i was hoping he could help me",
        "the reason calling is",
        "i on your website and",
        "i have look everywhere and",
        "a husband told me to call and ask",
        "i an so sorry to bother your",
        "i was just talk to one your colleagues and",
        "i am the bit confused",
        "could you tell to me",
        "i would light like to know",
        "want to find out",
        "hi good evening this is owen calling i have questions",
    ],
)
def test_what_comes_before(heard: str) -> None:
    assert without(canonical(f"{heard} {QUESTION}")) == QUESTION


@pytest.mark.parametrize(
    "heard",
    [
        "thank he very much",
        "thanks of our help",
        "if you could helps me with that",
        "if you could help be with that",
        "that would me great",
        "i would appreciated",
        "if you do not mine",
        "that is a question",
        "have the nice day",
    ],
)
def test_what_comes_after(heard: str) -> None:
    assert without(canonical(f"{QUESTION} {heard}")) == QUESTION


@pytest.mark.parametrize(
    "text",
    [
        "i need help with my bill",
        "can you help me cancel",
        "do you have a question paper for math",
        "the thing is broken how do i fix it",
        "is this customer service number free",
        "let me see the menu",
        "my name is misspelled how do i change it",
        "which day would be good",
        "which department can help me with that",
        "who is calling me today",
        "we are doing up the kitchen",
        "i do not want to know when it is due",
        "i was told to call and ask for anna",
        "call martha here",
        "mark my calendar for the meeting",
        "is there something like that",
        "i want to know the price",
        "i have 2 questions about fees",
        "how are you doing",
        "thank you very much",
        "my name is anna",
        "",
    ],
)
def test_what_is_part_of_the_question_stays(text: str) -> None:
    text = canonical(text)
    assert without(text) == text


@pytest.mark.parametrize("kept", ["not", "never", "monday", "7", "without"])
def test_what_counts_is_never_taken_for_a_phrase(kept: str) -> None:
    assert kept in without(canonical(f"i was {kept} wondering {QUESTION}")).split()
    assert kept in without(canonical(f"{QUESTION} thank you {kept} much")).split()


@given(
    st.lists(
        st.sampled_from(
            words("hi i was wondering my name is anna klein can you tell me a question thanks help")
            + words("for your where when pay bill not 7 that would be great if and so quick")
        ),
        max_size=24,
    )
)
def test_what_is_left_is_a_part_of_what_was_said(said: list[str]) -> None:
    text = canonical(" ".join(said))
    left = without(text)
    assert set(left.split()) <= {*text.split(), "do"}, "put in for an indirect question"
    assert bool(left) is bool(text)


# --- in the matcher ---

ITEMS = (
    Item(
        id="returns",
        intent="returns",
        questions=(
            "what is your return policy",
            "how does the return policy work",
            "tell me about the return policy",
            "explain how returns work",
        ),
    ),
    Item(
        id="privacy",
        intent="privacy",
        questions=(
            "what is your privacy policy",
            "how do i change my privacy settings",
            "update my privacy settings",
            "please amend the privacy settings",
        ),
    ),
    Item(
        id="branch",
        intent="branch",
        questions=(QUESTION, "is there a branch near me", "how do i find a branch"),
    ),
    Item(id="hours", intent="hours", questions=("when do you open", "what are your hours")),
)
AROUND = "could evening a name is ruth klein and i was just talk to one your colleagues and"


@pytest.fixture(scope="module")
def matcher(encoder: Encoder) -> Matcher:
    # A strict budget: else reading answers these texts without any help.
    return Matcher(Knowledge.build(ITEMS, encoder, aim=Aim(0.001)), encoder)


def test_the_question_is_answered_without_what_is_around_it(matcher: Matcher) -> None:
    decision = matcher.match(f"{AROUND} how do returns work thank he very much", final=True)
    assert (decision.kind, decision.entry) == (Kind.ANSWER, "returns")
    assert "around it" in decision.reason
    assert "ruth" not in decision.reason
    assert decision.confidence <= INFERRED


def test_a_partial_is_taken_as_it_is(matcher: Matcher) -> None:
    assert matcher.match(f"{AROUND} when do you open", final=False).kind is Kind.MISS


def test_guards_look_at_what_is_left(matcher: Matcher) -> None:
    assert matcher.match(f"{AROUND} when do you open", final=True).entry == "hours"
    decision = matcher.match(f"{AROUND} when do you not open", final=True)
    assert decision.kind is Kind.MISS
    assert "polarity" in {veto.guard for veto in decision.vetoes}
    excluded = Context(excluded=frozenset({"hours"}))
    late = matcher.match(f"{AROUND} when do you open", final=True, context=excluded)
    assert late.kind is Kind.MISS
