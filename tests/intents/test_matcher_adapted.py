"""Catalogues with an encoder or with thresholds of their own, as they answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intents.decision import Decision, Kind
from intents.learning.knowledge import Knowledge, KnowledgeError
from intents.matcher import Matcher
from intents.models.encoder import Encoder
from tests.support.faq import FAQ, adapted, knowledge


def asked(matcher: Matcher, text: str) -> Decision:
    return matcher.match(text, final=True)


def raised(known: Knowledge, entry: str) -> Knowledge:
    """The same, but that this entry is hardly ever answered."""
    number = next(n for n, item in enumerate(known.items) if item.id == entry)
    curve = tuple(replace(point, raised={number: 0.999}) for point in known.curve)
    return replace(known, curve=curve)


@pytest.mark.slow
def test_an_adapted_catalogue_answers(encoder: Encoder) -> None:
    matcher = Matcher(Knowledge.from_bytes(adapted(encoder).to_bytes()), encoder)
    for item in FAQ:
        for question in item.questions:
            assert asked(matcher, question).entry == item.id, question
    decision = asked(matcher, "do you have a parking lot")
    assert (decision.kind, decision.entry) == (Kind.ANSWER, "parking")
    own = adapted(encoder).served(encoder).embed(["do you have a parking lot"])[0]
    cosines = adapted(encoder).vectors @ own
    assert decision.candidates[0].similarity == pytest.approx(float(cosines.max()), abs=1e-3)
    assert asked(matcher, "how tall is mount everest").kind is Kind.MISS


@pytest.mark.slow
def test_two_catalogues_with_encoders_of_their_own_do_not_mix(encoder: Encoder) -> None:
    text = "do you have a parking lot"
    plain, own = Matcher(knowledge(encoder), encoder), Matcher(adapted(encoder), encoder)
    first = [asked(one, text).candidates[0].similarity for one in (plain, own)]
    again = [asked(one, text).candidates[0].similarity for one in (plain, own)]
    assert first == again
    assert first[0] != first[1]


def test_damaged_upper_layers_are_told_when_it_is_made(encoder: Encoder) -> None:
    with pytest.raises(KnowledgeError, match="seed again"):
        Matcher(replace(knowledge(encoder), top=b"junk"), encoder)


def test_an_entry_with_a_threshold_of_its_own(encoder: Encoder) -> None:
    text = "do you have a parking lot"
    free = asked(Matcher(knowledge(encoder), encoder), text)
    assert (free.kind, free.entry) == (Kind.ANSWER, "parking")
    careful = Matcher(raised(knowledge(encoder), "parking"), encoder)
    assert careful.threshold_of("parking") == 0.999
    assert careful.threshold_of("refund") == careful.point.calibration.threshold
    kept = asked(careful, text)
    assert kept.kind is not Kind.ANSWER
    assert asked(careful, "do you have parking").entry == "parking", "word for word all the same"
    other = Matcher(raised(knowledge(encoder), "refund"), encoder)
    assert asked(other, text).kind is Kind.ANSWER
