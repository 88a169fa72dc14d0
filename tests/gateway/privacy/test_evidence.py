"""What a record keeps of why a turn was decided: nothing that quotes its caller's data."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import cast

import pytest

from bench import guard_sets
from bench.guard_sets import Case
from bench.planted import GENERIC
from gateway.core.actions import CloseTurn, Path
from gateway.core.events import Utterance
from gateway.ports.store import RecordStore
from gateway.privacy.evidence import bare_evidence, kept_evidence, kept_reason, lost
from gateway.privacy.redactor import Redactor, redact
from gateway.shell.call.observe import LiveCall, RecordWriter
from gateway.shell.call.recording import Recorder
from gateway.shell.catalogue.routing import Routing
from gateway.shell.catalogue.verdicts import judge
from intents.decision import Decision, Kind, Veto
from intents.guards.applied.registry import of_words
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from intents.text.spoken import canonical
from tests.support.fakes import FakeObserver
from tests.support.house import FakeMatcher, FakeStore, catalogue, serving

GENERAL = Redactor()


def test_what_is_kept_quotes_no_numbers_of_the_caller() -> None:
    veto = Veto(guard="numbers", entry="fees", reason="not the same in both: 12345678 and 12")
    decision = Decision(
        kind=Kind.MISS, vetoes=(veto,), reason="score 0.72 is below 0.76, card 4111 1111 1111 1111"
    )
    kept = kept_evidence(decision, (), GENERAL)
    assert "12" not in kept["vetoes"][0]["reason"]
    assert "4111" not in kept["reason"] and "score 0.72 is below 0.76" in kept["reason"]
    assert kept["kind"] == "miss"


def test_what_is_kept_tells_confirmed_answers_apart() -> None:
    chosen = kept_evidence(Decision(kind=Kind.ANSWER, entry="hours", confirmed=True), (), GENERAL)
    assert chosen["confirmed"] is True
    rejected = kept_evidence(Decision(kind=Kind.MISS, confirmed=False, upset=True), (), GENERAL)
    assert (rejected["confirmed"], rejected["upset"]) == (False, True)
    assert not {"confirmed", "upset"} & set(kept_evidence(Decision(kind=Kind.MISS), (), GENERAL))


@pytest.mark.parametrize(
    ("said", "reason", "kept"),
    [
        (
            "my email is zork@example.com",
            "asks for more: email zork example com",
            "asks for more: email [word]",
        ),
        (
            "my password is green horses",
            "'green hors' is denied in one alone",
            "'[word]' is denied in one alone",
        ),
        ("pin twelve", "numbers differ: 12 and 7", "numbers differ: [number] and [number]"),
        ("is it open", "score 0.72 is below 0.76", "score 0.72 is below 0.76"),
        ("is it open", "another quux", "another [word]"),
    ],
)
def test_reasons(said: str, reason: str, kept: str) -> None:
    assert kept_reason(reason, lost(said, redact(said)), GENERAL) == kept


def test_the_catalogues_words_stay_in_a_reason() -> None:
    assert kept_reason("nearer to the zorkery", (), Redactor(["zorkery"])).endswith("zorkery")


def test_without_text_there_is_no_reason_in_words() -> None:
    veto = Veto(guard="numbers", entry="fees", reason="7 is not 8")
    made = kept_evidence(Decision(kind=Kind.MISS, reason="no", vetoes=(veto,)), (), GENERAL)
    bare = bare_evidence(made)
    assert (bare["reason"], bare["kind"]) == ("", "miss")
    assert bare["vetoes"] == [{"guard": "numbers", "entry": "fees", "reason": ""}]
    assert bare_evidence({"reason": "no catalogue"}) == {"reason": ""}


# --- every guard, with personal data in what was said --------------------------------------------

FRAMES = (
    ("{text} and my email is {datum}", "zork@quuxmail.com"),
    ("my name is {datum} {text}", "wojtek brzezinski"),
    ("{text} my account number is {datum}", "four seven one one two nine"),
    ("my password is {datum} and {text}", "purple kettle staple"),
    ("hello {datum} here {text}", "mary fielding"),
    ("{text} i live at {datum}", "nineteen cherry tree lane"),
    ("i was diagnosed with {datum} and {text}", "epilepsy"),
    ("{text} my number is {datum}", "0171 5550188"),
)


def cases() -> list[Case]:
    """A few of every guard's look-alikes, and of their paraphrases."""
    found: dict[str, list[Case]] = {}
    for folder in (guard_sets.SEEN, guard_sets.HELD_OUT, guard_sets.FIFTH):
        for case in guard_sets.read(folder):
            found.setdefault(case.guard, []).append(case)
    return [case for each in found.values() for case in each[:2]]


@lru_cache(maxsize=1)
def matcher(encoder: Encoder) -> Matcher:
    seeded = {canonical(case.seeded): case.seeded for case in cases()}
    items = [Item(id=one, intent=one, questions=(one,)) for one in sorted(seeded.values())]
    return Matcher(Knowledge.build(items, encoder, aim=Aim(0.01)), encoder)


def told(case: Case, number: int) -> Iterator[tuple[str, str]]:
    """(what is said, the datum in it): each text in half the frames."""
    for text in filter(None, (case.same, case.other)):
        for frame, datum in FRAMES[number % 2 :: 2]:
            yield frame.format(text=text, datum=datum), datum


def leaks(datum: str, frame: str, stored: str) -> set[str]:
    """Words of the datum, as they were said or canonical, that are in what is stored."""
    words = {*datum.replace("@", " ").replace(".", " ").split(), *canonical(datum).split()}
    telling = {one for one in words if len(one) > 1} - GENERIC
    telling -= {*frame.lower().split(), *canonical(frame).split()}
    left = re.sub(r"\b[01]\.\d+", " ", stored.lower())  # scores are ours
    left = left.replace('"', " ").replace("'", " ").replace("@", " ").replace(".", " ")
    return telling & set(left.replace(",", " ").replace(":", " ").split())


@pytest.mark.slow
@pytest.mark.timeout(240)
def no_figure(_: str) -> int:
    """Scores are ours: "-4.19" is no house number."""
    return 0


def test_no_guard_quotes_a_callers_data_in_what_is_stored_or_logged(
    encoder: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    """Each guard set's texts with a datum before or after them, decided and recorded."""
    caplog.set_level(logging.DEBUG)
    made = serving(catalogue(), FakeMatcher())
    observer = FakeObserver()
    store = FakeStore()
    matching = matcher(encoder)
    guards: set[str] = set()
    quoted = 0
    for number, case in enumerate(cases()):
        records = RecordWriter(cast(RecordStore, store), observer)
        recorder = Recorder(LiveCall(f"c{number}", "default", "native", 0.0))
        for text, datum in told(case, number):
            decision = matching.match(text, final=True)
            guards.update(veto.guard for veto in decision.vetoes)
            verdict = judge(decision, made, Routing(), 0.001, text)
            said = Utterance(text=text, canonical=canonical(text))
            closed = CloseTurn(
                turn=1, path=Path.HANDOFF, utterance=said, verdict=verdict, decided_on="final"
            )
            record = recorder.record(closed, {})
            records.add(record)
            frame = text.replace(datum, " ")
            evidence = json.loads(json.dumps(record.evidence), parse_float=no_figure)
            stored = f"{record.text} {json.dumps(evidence)} {caplog.text}"
            caplog.clear()
            questions = " ".join(one.question for one in decision.candidates)
            wrong = leaks(datum, f"{frame} {questions}", stored)
            assert not wrong, f"{wrong} of {text!r} in {stored}"
            raw = " ".join(veto.reason for veto in decision.vetoes) + decision.reason
            quoted += bool(leaks(datum, f"{frame} {questions}", raw))
    assert quoted > 20, "the guards quote nobody: then this proves nothing"
    assert guards >= {guard.name for guard in of_words()}
