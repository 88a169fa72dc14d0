"""What is spoken of a catalogue, and when another would sound the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from cache_seed.press import Press, item
from cache_seed.recipe import Recipe
from cache_seed.render import plan
from gateway.ports.store import Catalogue, Entry, Store
from intents.learning.knowledge import VERSION
from intents.models.encoder import Encoder
from tests.support.seeding import Clips, whistled

HOURS = Entry(id="hours", intent="opening", questions=("when do you open",), answer="At nine.")
BALANCE = Entry(id="balance", intent="account", questions=("my balance",), answer="", action="x")


@pytest.fixture
def press(encoder: Encoder, tmp_path: Path) -> Press:
    return Press(
        recipe=Recipe(
            tenant="default",
            voicing=whistled(),
            lines={"handoff": "One moment.", "greeting": " "},
            max_wrong_rate=0.01,
            locale="en-GB",
        ),
        store=cast(Store, Clips()),
        encoder=encoder,
    )


def test_answers_labels_and_lines_are_spoken_but_nothing_empty(press: Press) -> None:
    spoken = {line.key: (line.text, line.locale) for line in press.spoken([HOURS, BALANCE])}
    assert spoken.keys() == {"entry:hours", "label:hours", "label:balance", "line:handoff"}
    assert spoken["entry:hours"] == ("At nine.", "en-US")
    assert spoken["line:handoff"] == ("One moment.", "en-GB")


def test_another_voice_or_another_answer_sounds_different(press: Press) -> None:
    live = Catalogue(
        tenant="default",
        number=1,
        created="",
        entries=(HOURS,),
        clips=plan(press.spoken([HOURS]), press.recipe.voicing),
        knowledge=b"",
        summary={},
        source="",
    )
    assert press.would_sound(live, [HOURS])
    assert not press.would_sound(live, [replace(HOURS, answer="At ten.")])
    assert not press.would_sound(live, [HOURS, BALANCE])
    assert not replace(press, recipe=replace(press.recipe, voicing=whistled(hz=600))).would_sound(
        live, [HOURS]
    )


def test_what_the_knowledge_depends_on(press: Press, encoder: Encoder) -> None:
    made = press.made_with()
    assert (made["encoder"], made["knowledge"]) == (encoder.fingerprint, VERSION)
    assert replace(press, recipe=replace(press.recipe, max_wrong_rate=0.02)).made_with() != made
    assert replace(press, recipe=replace(press.recipe, lines={})).made_with() == made


def test_an_item_has_what_is_matched() -> None:
    assert item(BALANCE).action == "x"
    assert item(HOURS).questions == HOURS.questions
