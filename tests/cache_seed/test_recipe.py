"""The recipe of a catalogue."""

from __future__ import annotations

from cache_seed.recipe import Recipe
from intents.learning.calibration import NEAR_SHARE, Aim
from tests.support.seeding import whistled


def test_its_aim_is_what_it_says_of_errors_and_near_misses() -> None:
    usual = Recipe(tenant="default", voicing=whistled(), lines={}, max_wrong_rate=0.02)
    assert usual.aim == Aim(0.02, NEAR_SHARE)
    near = Recipe(
        tenant="default", voicing=whistled(), lines={}, max_wrong_rate=0.02, near_share=0.2
    )
    assert near.aim == Aim(0.02, 0.2)
