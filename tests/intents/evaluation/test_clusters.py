"""What was not answered, put together by what it asks."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from intents.evaluation import clusters as module
from intents.evaluation.clusters import Cluster, clusters
from intents.models.encoder import Encoder
from tests.support.faq import adapted, knowledge
from tests.support.tree import ROOT

DOGS = (
    "can i bring my dog",
    "are dogs allowed",
    "may i bring my dog with me",
    "are dogs allowed inside",
    "is it okay to bring a dog",
)
JOBS = (
    "are you hiring",
    "do you have any job openings",
    "are there any job vacancies",
    "i would like to apply for a job",
)
GIFTS = ("do you sell gift cards", "can i buy a gift card", "where can i get a gift card")
ALONE = "is the moon made of cheese"


def groups(found: list[Cluster], texts: list[str]) -> list[set[str]]:
    return [{texts[member] for member in one.members} for one in found]


def test_what_asks_the_same_is_together_the_largest_first(encoder: Encoder) -> None:
    texts = [*GIFTS, ALONE, *JOBS, *DOGS]
    found = clusters(texts, encoder)
    assert groups(found, texts) == [set(DOGS), set(JOBS), set(GIFTS), {ALONE}]
    assert all(one.nearest is None and not one.extends for one in found)


def test_the_same_texts_give_the_same_groups_in_any_order(encoder: Encoder) -> None:
    texts = [*GIFTS, ALONE, *JOBS, *DOGS]
    found = clusters(texts, encoder)
    shuffled = random.Random(3).sample(texts, len(texts))
    again = clusters(shuffled, encoder)
    assert [(one.id, one.name) for one in again] == [(one.id, one.name) for one in found]
    assert groups(again, shuffled) == groups(found, texts)
    assert len({one.id for one in found}) == 4


def test_a_group_keeps_its_id_while_its_middle_stays(encoder: Encoder) -> None:
    often = "are dogs allowed"
    before = clusters([*DOGS, often, often], encoder)[0]
    after = clusters([*DOGS, often, often, often, *JOBS], encoder)[0]
    assert before.name == after.name == often
    assert before.id == after.id
    assert before.members != after.members


def test_what_is_said_in_the_same_words_counts_each_time(encoder: Encoder) -> None:
    texts = [*DOGS[:1], *["Are you hiring?", "are you hiring"] * 3]
    first, second = clusters(texts, encoder)
    assert first.members == (1, 2, 3, 4, 5, 6)
    assert second.members == (0,)


def test_texts_without_a_word_are_left_out(encoder: Encoder) -> None:
    assert clusters([], encoder) == []
    assert clusters(["", " - "], encoder) == []
    assert [one.members for one in clusters(["", "are dogs allowed"], encoder)] == [(1,)]


def test_a_group_is_told_the_entry_it_may_belong_to(encoder: Encoder) -> None:
    wordings = ["till what time are you open today", "what time do you open your doors today"]
    texts = [*wordings, *DOGS]
    found = {one.name: one for one in clusters(texts, encoder, knowledge(encoder))}
    near = next(one for name, one in found.items() if name in wordings)
    far = next(one for name, one in found.items() if name in DOGS)
    assert near.nearest is not None
    assert near.nearest.entry == "hours"
    assert near.extends
    assert far.nearest is not None
    assert far.nearest.similarity < near.nearest.similarity
    assert not far.extends


def test_the_similarity_is_the_mean_over_the_group(encoder: Encoder) -> None:
    built = knowledge(encoder)
    question = next(item for item in built.items if item.id == "hours").questions[0]
    (same,) = clusters([question, question], encoder, built)
    assert same.nearest is not None
    assert (same.nearest.entry, same.nearest.question) == ("hours", question)
    assert same.nearest.similarity == pytest.approx(1.0, abs=1e-5)


def test_many_texts_are_compared_in_pieces(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = knowledge(encoder)
    whole = clusters(DOGS, encoder, built)
    monkeypatch.setattr(module, "AT_ONCE", 2)
    pieces = clusters(DOGS, encoder, built)
    assert [one.members for one in pieces] == [one.members for one in whole]
    assert pieces[0].nearest is not None
    assert whole[0].nearest is not None
    assert pieces[0].nearest.similarity == pytest.approx(whole[0].nearest.similarity)


def test_it_says_how_far_it_is_and_how_much_is_too_much(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[str, int, int]] = []
    clusters(DOGS, encoder, progress=lambda *step: steps.append(step))
    assert steps[-1] == ("embedding what was asked", len(DOGS), len(DOGS))
    monkeypatch.setattr(module, "MOST", 4)
    with pytest.raises(ValueError, match="5 texts: 4 can be grouped"):
        clusters(DOGS, encoder)


def test_it_is_light_to_import() -> None:
    code = "import sys, intents.evaluation.clusters; print('sklearn' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.slow
def test_an_adapted_catalogue_is_asked_in_its_own_space(encoder: Encoder) -> None:
    """Groups are the published encoder's; what they are near to is the catalogue's."""
    texts = ["when do you open up", "what time do you open", *DOGS]
    plain, own = (
        clusters(texts, encoder, knowledge(encoder)),
        clusters(texts, encoder, adapted(encoder)),
    )
    assert groups(own, texts) == groups(plain, texts)
    hours = next(one for one in own if "when do you open up" in (texts[m] for m in one.members))
    assert hours.nearest is not None and hours.nearest.entry == "hours"
    assert hours.extends
    known = adapted(encoder)
    vector = known.served(encoder).embed(["when do you open up"])[0]
    cosine = float((known.vectors[:4] @ vector).max())
    other = float(
        (known.vectors[:4] @ known.served(encoder).embed(["what time do you open"])[0]).max()
    )
    assert hours.nearest.similarity == pytest.approx((cosine + other) / 2, abs=1e-4)
