"""The benchmark of the door counts every frame on all sides."""

from __future__ import annotations

import json

import pytest

from bench.frames import PER_SECOND, SIDES, STREAM, media, run
from gateway.serving.whole_frames import message
from gateway.settings.whole import Settings
from gateway.transports.facts import SoundHeard
from gateway.transports.twilio import TwilioDialect


def test_what_is_sent_is_sound_to_twilios_door() -> None:
    said = message(media())
    assert isinstance(said, str)
    dialect = TwilioDialect()
    dialect.read(json.dumps({"event": "start", "start": {"streamSid": STREAM}}))
    (fact,) = dialect.read(said)
    assert isinstance(fact, SoundHeard)
    assert len(fact.payload) == 160


@pytest.mark.slow
def test_a_small_run_has_all_its_figures() -> None:
    result = run(Settings(), calls=3, seconds=0.5, rounds=1)
    figures = result["figures"]
    assert figures["frames"] == 3 * 3 * (PER_SECOND // 2)
    assert all(figures[f"us_per_frame_{side}"] > 0 for side in SIDES)
    assert set(result["goals"]) <= set(figures)
