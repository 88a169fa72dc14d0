"""Settings turned into what the parts take."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from gateway.core.policy import Policy
from gateway.policies import banner, detector_of, pacing_of, policy_of, transcriber_of
from gateway.settings import Settings
from gateway.shell.playout import Pacing

MS: dict[str, tuple[str, str, int]] = {
    "silence_confident": ("turn", "silence_confident_ms", 111),
    "silence_complete": ("turn", "silence_complete_ms", 222),
    "silence_incomplete": ("turn", "silence_incomplete_ms", 333),
    "match_budget": ("match", "budget_ms", 44),
    "min_speech": ("barge_in", "min_speech_ms", 555),
    "resume_after": ("barge_in", "resume_after_ms", 666),
}
PLAIN: dict[str, tuple[str, str, Any]] = {
    "max_turn": ("turn", "max_turn_s", 7.5),
    "no_input": ("turn", "no_input_s", 8.5),
    "min_words": ("barge_in", "min_words", 3),
    "barge_in": ("barge_in", "enabled", False),
    "clarify": ("match", "clarify", False),
    "max_clarify": ("match", "max_clarify_per_call", 5),
}


def core(name: str, value: Any) -> Policy:
    return replace(Policy(), **{name: value})


def changed(section: str, key: str, value: Any) -> Settings:
    settings = Settings()
    part = replace(getattr(settings, section), **{key: value})
    return replace(settings, **{section: part})


def test_the_defaults_of_the_core_are_those_of_the_settings() -> None:
    assert policy_of(Settings()) == Policy()
    assert pacing_of(Settings()) == Pacing()


@pytest.mark.parametrize("name", MS)
def test_milliseconds_become_seconds(name: str) -> None:
    section, key, value = MS[name]
    assert policy_of(changed(section, key, value)) == core(name, value / 1000)


@pytest.mark.parametrize("name", PLAIN)
def test_the_rest_goes_over_as_it_is(name: str) -> None:
    section, key, value = PLAIN[name]
    assert policy_of(changed(section, key, value)) == core(name, value)


def test_every_number_that_can_be_set_is_taken_over() -> None:
    own = {"stt_budget", "stt_patience", "partial_stall", "min_confidence", "playback_grace"}
    assert {field.name for field in fields(Policy)} == own | set(MS) | set(PLAIN)


@pytest.mark.parametrize(("key", "name"), [("lead_ms", "lead"), ("mark_every_ms", "mark_every")])
def test_pacing(key: str, name: str) -> None:
    assert getattr(pacing_of(changed("playout", key, 123)), name) == pytest.approx(0.123)


def test_no_recogniser_where_none_is_wanted() -> None:
    assert transcriber_of(changed("stt", "provider", "none"))() is None


def test_the_local_recogniser_has_the_decoders_of_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []
    name = "gateway.adapters.stt.pocketsphinx.PocketsphinxTranscriber"
    monkeypatch.setattr(name, made.append)
    transcriber_of(changed("stt", "decoders", 3))()
    assert made == [3]


def test_every_call_has_a_detector_of_its_own() -> None:
    make = detector_of()
    one, other = make(), make()
    assert one is not other
    assert one.feed(bytes(640)) == []


def test_the_banner_shows_only_a_token_that_was_made(capsys: pytest.CaptureFixture[str]) -> None:
    banner("http://127.0.0.1:8080", "")
    assert capsys.readouterr().err == "Frontline is up: http://127.0.0.1:8080/\n"
    banner("http://127.0.0.1:8080", "made-for-this-run")
    shown = capsys.readouterr()
    assert "made-for-this-run" in shown.err.splitlines()[1]
    assert shown.out == ""
