"""Look-alikes in a tenant's turns, from what callers say to what is then asked of an answer.

The entries are those of ``training/entries`` that the verifier never learnt.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gateway.explain import evidence
from gateway.ports.records import TurnRecord
from gateway.shell.catalogue.expecting import seen
from intents.decision import Decision
from intents.learning.calibration import Aim
from intents.learning.knowledge import Item, Knowledge
from intents.learning.traffic import SURE, of_decisions
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from training.teach import ENTRIES, TaughtEntry, entries, put_aside

SOME = 60
QUESTIONS = 3


@pytest.fixture(scope="module")
def aside() -> list[TaughtEntry]:
    return [one for one in entries(ENTRIES) if put_aside(one.alike[0])][:SOME]


@pytest.fixture(scope="module")
def own(encoder: Encoder, aside: list[TaughtEntry]) -> Matcher:
    items = [
        Item(id=str(number), intent=str(number), questions=one.alike[:QUESTIONS])
        for number, one in enumerate(aside)
    ]
    return Matcher(Knowledge.build(items, encoder, aim=Aim(0.01)), encoder)


def asked(own: Matcher, texts: Iterable[str]) -> list[Decision]:
    return [own.match(text, final=True) for text in texts]


def recorded(decisions: Iterable[Decision]) -> list[TurnRecord]:
    return [
        TurnRecord(
            id=f"call-{number}", call_id="call", tenant="default", turn=number, at=0.0,
            path="agent", text="", evidence=evidence(decision),
        )
        for number, decision in enumerate(decisions)
    ]  # fmt: skip


def test_they_are_noticed_and_then_reading_decides(own: Matcher, aside: list[TaughtEntry]) -> None:
    same = [text for one in aside for text in one.alike[QUESTIONS:6]]
    other = [text for one in aside for text in one.unlike]
    usual = asked(own, same), asked(own, other)
    found = seen(recorded(usual[0]), own.knowledge)
    assert found.turns > 100
    assert found.look_alikes < SURE, "questions of the table are none"
    found = seen(recorded([*usual[0], *usual[1]]), own.knowledge)
    assert found.look_alikes > 2 * SURE
    decided = of_decisions([*usual[0], *usual[1]], own.knowledge)
    assert decided.look_alikes == pytest.approx(found.look_alikes, abs=0.01)
    assert decided.near_share == pytest.approx(found.near_share, abs=0.01)
    own.expect(found.careful, found.look_alikes)
    assert own.point.look_alikes >= SURE
    told = asked(own, same), asked(own, other)
    own.expect(0.05)
    answered = [[sum(bool(one.entry) for one in part) for part in parts] for parts in (usual, told)]
    (right, wrong), (still_right, still_wrong) = answered
    assert wrong > 3
    assert still_wrong <= wrong
    assert still_right / right > 1.4, "what reads as the same is answered, for as few wrong ones"
