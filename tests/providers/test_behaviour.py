"""Delays and chances, and behaviours as JSON."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from tests.providers.behaviour import GOOD, Behaviour, Delay, Mix, Rare


def test_a_fixed_delay_is_that() -> None:
    assert {Delay(0.02).draw(Random(seed)) for seed in range(9)} == {0.02}
    assert Delay().draw(Random(1)) == 0.0


def test_a_lognormal_delay_has_its_percentiles() -> None:
    rng = Random(7)
    drawn = sorted(Delay(0.09, 0.6).draw(rng) for _ in range(100_000))
    assert drawn[50_000] == pytest.approx(0.09, rel=0.02)
    assert drawn[99_000] == pytest.approx(0.6, rel=0.05)


def test_rare_behaviours_come_in_their_share() -> None:
    dead = Behaviour(silent_at="headers")
    failed = Behaviour(status=500)
    rare = (Rare(share=0.05, behaviour=dead), Rare(share=0.1, behaviour=failed))
    mix = Mix(usual=GOOD, rare=rare)
    rng = Random(7)
    drawn = [mix.draw(rng) for _ in range(20_000)]
    assert drawn.count(dead) / 20_000 == pytest.approx(0.05, rel=0.1)
    assert drawn.count(failed) / 20_000 == pytest.approx(0.1, rel=0.1)


def test_json() -> None:
    behaviour = Behaviour(first=Delay(0.1, 0.2), insert={2: b"\xff"}, reset_at="body")
    text = msgspec.json.encode(Mix(usual=behaviour))
    assert msgspec.json.decode(text, type=Mix).usual == behaviour
    with pytest.raises(msgspec.ValidationError, match="frist"):
        msgspec.json.decode(b'{"frist": {"p50": 1}}', type=Behaviour)
