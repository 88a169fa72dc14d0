"""A catalogue that was published untrained and waits for its training, which is made short."""

from __future__ import annotations

from pathlib import Path

import pytest

from cache_seed import render
from cache_seed.publish import seed
from cache_seed.recipe import Recipe
from gateway.adapters.store.sqlite import SqliteStore
from intents.learning import fitting
from intents.models.build import adapting
from intents.models.encoder import Encoder
from tests.support.faq import FAQ, train_a_little
from tests.support.seeding import Here, whistled

TABLE = "id,intent,question,answer,action,counter_example\n" + "".join(
    f"{item.id},{item.intent},{'|'.join(item.questions)},"
    f"{f'About {item.id}.' * (not item.action)},{item.action},{'|'.join(item.counter_examples)}\n"
    for item in FAQ
)
"""Forty questions: enough that one of them is less than a tenth."""
RECIPE = Recipe(
    tenant="default",
    voicing=whistled(),
    lines={},
    max_wrong_rate=0.01,
    adapt=True,
    behind=True,
)


def train_little(patch: pytest.MonkeyPatch, steps: int = 1) -> None:
    """Train for so many steps only, and try it out twice."""
    train_a_little(patch)
    patch.setattr(adapting, "LEAST_STEPS", steps)
    patch.setattr(adapting, "MOST_STEPS", steps)
    patch.setattr(fitting, "TRIAL_QUESTIONS", 1)


def publish_untrained(folder: Path, encoder: Encoder) -> Path:
    """A store in that folder with a catalogue that waits for its training."""
    store = SqliteStore(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "Workers", Here)
        train_little(patch)
        report = seed(TABLE.encode(), RECIPE, store=store, encoder=encoder)
    assert report.summary["adapting"] == fitting.TO_COME
    store.close()
    return folder
