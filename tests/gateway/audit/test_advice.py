"""Advice: for every stage, about settings that there are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.audit.advice import ADVICE, SETTING, advice
from gateway.audit.turns import BUDGETS, TTFA
from gateway.settings.whole import Settings


def test_there_is_some_for_every_stage() -> None:
    assert set(ADVICE) == set(BUDGETS) - {TTFA}
    assert advice("something new", Settings()) == []


@pytest.mark.parametrize("stage", ADVICE)
def test_its_settings_exist_and_are_shown_as_they_are(stage: str) -> None:
    said = advice(stage, Settings())
    assert len(said) == len(ADVICE[stage])
    for text, shown in zip(ADVICE[stage], said, strict=True):
        assert not SETTING.search(shown)
        for section, key in SETTING.findall(text):
            assert hasattr(getattr(Settings(), section), key), (section, key)
            assert f"{section}.{key}" in shown


def test_values_are_shown_where_they_are_short() -> None:
    settings = Settings()
    slow = replace(settings, turn=replace(settings.turn, silence_complete_ms=900))
    said = " ".join(advice("endpointing", slow))
    assert "turn.silence_complete_ms [900]" in said
    assert "turn.silence_confident_ms [200]" in said
    said = " ".join(advice("tts", settings))
    assert "by llm.style:" in said
    assert "tts.fallback goes on" in said
    assert 'tts.provider ["espeak"]' in said
