"""Suggested questions: what is taken, what is not and why; and reading a model's answer."""

from __future__ import annotations

import json

import pytest

from intents.decision import Kind
from intents.evaluation.suggesting import MOST_CHARACTERS, Checked, Suggesting, proposals, tidy
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from tests.support.faq import knowledge


@pytest.fixture(scope="module")
def matcher(encoder: Encoder) -> Matcher:
    return Matcher(knowledge(encoder), encoder)


@pytest.fixture
def suggesting(matcher: Matcher, encoder: Encoder) -> Suggesting:
    return Suggesting(matcher, encoder, personal=lambda text: "smith" in text.lower())


def against(checked: Checked) -> tuple[str, str]:
    """The check that the only proposal failed, and the reason."""
    assert not checked.accepted
    (one,) = checked.rejected
    return one.check, one.reason


def test_other_words_for_the_same_are_taken_in_lower_case(suggesting: Suggesting) -> None:
    checked = suggesting.check(
        "parking", ["1. Is there somewhere to leave my car?", '- "Can I park at your store"']
    )
    assert not checked.rejected
    assert [one.question for one in checked.accepted] == [
        "is there somewhere to leave my car",
        "can i park at your store",
    ]


def test_what_is_done_today_is_told(suggesting: Suggesting) -> None:
    (near,) = suggesting.check("gift", ["could i buy a gift card from you"]).accepted
    (far,) = suggesting.check("parking", ["can i leave my van there"]).accepted
    assert (near.now, far.now) == (Kind.ANSWER, Kind.CLARIFY)


@pytest.mark.parametrize(
    ("entry", "proposal", "check", "reason"),
    [
        ("hours", "um, hello, when do you open please?", "repeated", "has this question already"),
        ("hours", "Do you have parking?", "taken", "a question of parking, word for word"),
        ("hours", "are you open on christmas day", "counter_example", "is a counter-example"),
        ("hours", "are you going to be open on christmas", "counter_example", "nearer to the"),
        ("hours", "how tall is the eiffel tower", "unlike", "no question of the entry resembles"),
        ("hours", "when do you close", "guard", ""),
        ("parking", "mrs smith asks for a parking lot", "personal", "personal data"),
        ("cancel", "how do i get a refund for an order", "nearer", '"how do i get a refund" of'),
        ("hours", "", "shape", "no words"),
        ("hours", "um", "shape", "no words"),
        ("hours", "when do you open [day]", "shape", "'[' cannot be spoken"),
        ("hours", "when do you open|when do you close", "shape", "'|' cannot be spoken"),
        ("hours", "when do you open " * 20, "shape", "longer than 25 words"),
    ],
)
def test_what_is_not_a_question_of_the_entry(
    suggesting: Suggesting, entry: str, proposal: str, check: str, reason: str
) -> None:
    found, why = against(suggesting.check(entry, [proposal]))
    assert found == check, why
    assert reason in why
    assert why


def test_a_rejected_text_is_bounded(suggesting: Suggesting) -> None:
    (one,) = suggesting.check("hours", ["when " * 10_000]).rejected
    assert len(one.question) <= MOST_CHARACTERS


def test_a_suggestion_is_given_once_and_to_one_entry(suggesting: Suggesting) -> None:
    text = "is there somewhere to leave my car"
    checked = suggesting.check("parking", [text, f"Hi, {text}?"])
    assert [one.question for one in checked.accepted] == [text]
    assert checked.rejected[0].reason == "it was suggested already"
    check, reason = against(suggesting.check("hours", [text]))
    assert (check, reason) == ("taken", "it was suggested for parking already")


def test_what_another_entry_answers_or_steers_the_call_is_left_out(
    matcher: Matcher, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggesting = Suggesting(matcher, encoder, personal=lambda text: False)
    elsewhere = matcher.match("do you have parking", final=True)
    monkeypatch.setattr(matcher, "match", lambda *_, **__: elsewhere)
    check, reason = against(suggesting.check("gift", ["do you have gift cards on sale"]))
    assert (check, reason) == ("answered", "parking answers it today")


def test_a_command_of_the_call_is_no_question(
    matcher: Matcher, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggesting = Suggesting(matcher, encoder, personal=lambda text: False)
    steering = matcher.match("stop", final=True)
    assert steering.action == "control:stop"
    monkeypatch.setattr(matcher, "match", lambda *_, **__: steering)
    check, reason = against(suggesting.check("gift", ["do you have gift cards on sale"]))
    assert (check, reason) == ("answered", "it is taken for the command control:stop")


def test_rivals_are_the_nearest_of_others_one_each(suggesting: Suggesting) -> None:
    rivals = suggesting.rivals("hours", 3)
    assert len(rivals) == 3
    assert rivals[0] in ("what are your holiday hours", "are you open on public holidays")
    assert len(suggesting.rivals("hours", 100)) == 11


@pytest.mark.parametrize(
    ("proposal", "said"),
    [
        ("  3)  When do\tyou open? ", "When do you open"),
        ("\u201cWhen do you open?\u201d", "When do you open"),
        ("* what\u2019s up", "what's up"),
        ("=1+1", "1+1"),
        ("24 hours service", "24 hours service"),
        ("...", ""),
    ],
)
def test_tidy(proposal: str, said: str) -> None:
    assert tidy(proposal) == said


@pytest.mark.parametrize(
    "answer",
    [
        '["one", "two"]',
        'Sure, [as asked]:\n```json\n["one",\n "two"]\n```\nAnything else?',
        '{"questions": ["one", "two"]}',
        '[{"question": "one"}, {"n": 1, "question": "two"}, 3, null]',
        '["one", "two", "thr',
        "Here they are:\n1. one\n2. two\n\nHope this helps!",
        "- one\n- two",
        "Here they are:\none\n\ntwo\n",
        "```\none\ntwo\n```",
    ],
)
def test_the_list_is_found_however_it_is_written(answer: str) -> None:
    found = proposals(answer, 8)
    assert found == ["one", "two"]
    assert proposals(answer, 1) == found[:1]


@pytest.mark.parametrize(
    "answer",
    ["", "   ", "[]", "{}", "[" * 20_000, "[1, 2]", '{"a": [{}]}', "\0\ufffd", '["', "null:"],
)
def test_rubbish_is_read_without_an_error(answer: str, suggesting: Suggesting) -> None:
    found = proposals(answer, 8)
    assert not suggesting.check("hours", found).accepted


def test_a_long_answer_gives_no_more_than_wanted() -> None:
    assert len(proposals(json.dumps([f"question {n}" for n in range(500)]), 16)) == 16
