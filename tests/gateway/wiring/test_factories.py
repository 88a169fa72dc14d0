"""Settings turned into what the parts take."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from gateway.adapters.turn_end import smart_turn
from gateway.core.policy import Policy
from gateway.errors import SettingsError
from gateway.settings.agent import AgentSettings
from gateway.settings.fillers import FillerSettings
from gateway.settings.lines import IntentSettings, PromptSettings
from gateway.settings.llm import LlmSettings
from gateway.settings.stt import SttSettings
from gateway.settings.whole import Settings
from gateway.shell.sound.playout import Pacing
from gateway.wiring.factories import (
    agent_of,
    agents_ear,
    banner,
    before_bots,
    bots_of,
    hedging_of,
    pacing_of,
    policy_of,
    routing_of,
    standin_of,
    transcriber_of,
    turn_end_of,
    voice_model,
)
from tests.support.chatting import Watched

MS: dict[str, tuple[str, str, int]] = {
    "silence_confident": ("turn", "silence_confident_ms", 111),
    "silence_complete": ("turn", "silence_complete_ms", 222),
    "silence_incomplete": ("turn", "silence_incomplete_ms", 333),
    "wordless": ("turn", "wordless_ms", 900),
    "unchanged": ("turn", "unchanged_ms", 345),
    "match_budget": ("match", "budget_ms", 44),
    "min_speech": ("barge_in", "min_speech_ms", 555),
    "resume_after": ("barge_in", "resume_after_ms", 666),
    "filler_after": ("fillers", "filler_after_ms", 777),
    "filler_again": ("fillers", "again_ms", 234),
    "bridge_after": ("fillers", "bridge_after_ms", 888),
    "give_up_after": ("fillers", "give_up_after_ms", 9999),
    "agent_stall": ("fillers", "stall_ms", 1111),
}
PLAIN: dict[str, tuple[str, str, Any]] = {
    "patience": ("turn", "patience", 55.0),
    "max_turn": ("turn", "max_turn_s", 7.5),
    "no_input": ("turn", "no_input_s", 8.5),
    "min_words": ("barge_in", "min_words", 3),
    "barge_in": ("barge_in", "enabled", False),
    "clarify": ("match", "clarify", False),
    "max_clarify": ("match", "max_clarify_per_call", 5),
    "floor_words": ("fillers", "floor_words", 7),
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


def test_intents_are_routed_as_the_settings_say() -> None:
    intents, prompts = IntentSettings({"Loans": "agent:deep"}), PromptSettings({"Loans": "Short."})
    routing = routing_of(replace(Settings(), intents=intents, prompts=prompts))
    assert routing.actions == {"loans": "agent:deep"}
    assert routing.prompt("loans") == "Short."


@pytest.mark.parametrize("name", MS)
def test_milliseconds_become_seconds(name: str) -> None:
    section, key, value = MS[name]
    assert policy_of(changed(section, key, value)) == core(name, value / 1000)


@pytest.mark.parametrize("name", PLAIN)
def test_the_rest_goes_over_as_it_is(name: str) -> None:
    section, key, value = PLAIN[name]
    assert policy_of(changed(section, key, value)) == core(name, value)


def test_every_number_that_can_be_set_is_taken_over() -> None:
    own = {"ear", "stt_budget", "stt_patience", "partial_stall", "min_confidence", "playback_grace"}
    own |= {"tools", "agent", "behind", "speculate", "stt_absence", "keys", "filler_spare"}
    assert {field.name for field in fields(Policy)} == own | set(MS) | set(PLAIN)


@pytest.mark.parametrize(("key", "name"), [("lead_ms", "lead"), ("mark_every_ms", "mark_every")])
def test_pacing(key: str, name: str) -> None:
    assert getattr(pacing_of(changed("playout", key, 123)), name) == pytest.approx(0.123)


def test_no_recogniser_where_none_is_wanted() -> None:
    assert transcriber_of(changed("stt", "provider", "none"))() is None


def test_the_agent_is_the_recogniser_where_it_is_wanted_and_can_be_one() -> None:
    class Hearing:
        def transcriber(self, model: str) -> Any:
            return f"ears of {model}"

    wanted = replace(Settings(), stt=SttSettings(provider="agent", model="m"))
    assert transcriber_of(wanted)() is None
    ears: Any = agents_ear(Hearing(), wanted)
    assert ears == "ears of m"
    assert agents_ear(object(), wanted) is None
    assert agents_ear(Hearing(), Settings()) is None


def test_the_local_recogniser_has_the_decoders_of_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[int] = []
    name = "gateway.adapters.stt.pocketsphinx.PocketsphinxTranscriber"
    monkeypatch.setattr(name, made.append)
    transcriber_of(changed("stt", "decoders", 3))()
    assert made == [3]


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("deepgram", "DeepgramTranscriber"),
        ("deepgram-flux", "FluxTranscriber"),
    ],
)
def test_deepgram_has_the_key_and_the_place_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, provider: str, name: str
) -> None:
    made: list[tuple[str, str, dict[str, Any]]] = []

    def make(self: object, key: str, **options: Any) -> None:
        made.append((type(self).__name__, key, options))

    monkeypatch.setattr("gateway.adapters.stt.deepgram.DeepgramTranscriber.__init__", make)
    stt = SttSettings(provider=provider, api_key="k", model="m", base_url="http://x")
    again = made.clear
    transcriber_of(replace(Settings(), stt=stt), again)()
    assert made == [(name, "k", {"model": "m", "base_url": "http://x", "reconnected": again})]


def test_whisper_has_the_model_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[int, str]] = []
    name = "gateway.adapters.stt.whisper.WhisperTranscriber"
    monkeypatch.setattr(name, lambda decoders, model: made.append((decoders, model)))
    stt = SttSettings(provider="whisper", model="small", decoders=4)
    transcriber_of(replace(Settings(), stt=stt))()
    assert made == [(4, "small")]


def test_all_calls_have_one_voice_model() -> None:
    assert voice_model() is voice_model()


def test_the_banner_shows_only_a_token_that_was_made(capsys: pytest.CaptureFixture[str]) -> None:
    banner("http://127.0.0.1:8080", "")
    assert capsys.readouterr().err == "Frontline is up: http://127.0.0.1:8080/\n"
    banner("http://127.0.0.1:8080", "made-for-this-run")
    shown = capsys.readouterr()
    assert "made-for-this-run" in shown.err.splitlines()[1]
    assert shown.out == ""


# --- language models -------------------------------------------------------------------------


def lanes(**llm: Any) -> dict[str, list[str]]:
    """The providers of each lane, by preference."""
    agent = agent_of(Settings(llm=LlmSettings(**llm)), Watched())
    assert agent is not None
    return {lane: [one.name for one in p.providers] for lane, p in agent.pilots.items()}


def test_without_keys_and_addresses_there_is_no_agent() -> None:
    assert agent_of(Settings(), Watched()) is None


def test_those_with_a_key_or_an_address_are_asked() -> None:
    assert lanes(secondary_key="k") == {"fast": ["openai"]}
    assert lanes(primary_key="k", secondary_base_url="http://127.0.0.1:1/v1") == {
        "fast": ["groq", "openai"]
    }


def test_two_of_a_kind_have_names_of_their_own() -> None:
    found = lanes(primary_provider="openai", primary_key="k", secondary_key="k")
    assert found == {"fast": ["openai", "openai-2"]}


def test_deep_models_make_a_lane() -> None:
    pair = ["groq", "openai"]
    found = lanes(primary_key="k", secondary_key="k", secondary_deep_model="large")
    assert found == {"fast": pair, "deep": pair}


def test_knobs_of_the_hedge() -> None:
    llm = LlmSettings(primary_key="k", budget=0.2, rescue_after_s=0.5, give_up_s=3.0, stall_s=2.0)
    agent = agent_of(Settings(llm=llm), Watched())
    assert agent is not None
    settings = agent.pilots["fast"].settings
    found = (settings.budget, settings.rescue_after, settings.give_up, settings.stall)
    assert found == (0.2, 0.5, 3.0, 2.0)
    assert not agent.pilots["fast"].providers[0].cancels, "Groq bills what is cut"


@pytest.mark.parametrize(("ours", "wait_ms", "found"), [(8.0, 8000, 7.9), (3.0, 8000, 3.0)])
def test_models_are_given_up_before_the_call_gives_up(
    ours: float, wait_ms: int, found: float
) -> None:
    fillers = FillerSettings(give_up_after_ms=wait_ms)
    settings = Settings(llm=LlmSettings(give_up_s=ours), fillers=fillers)
    assert hedging_of(settings).give_up == pytest.approx(found)


def test_a_bot_of_your_own_stands_behind() -> None:
    llm = LlmSettings(primary_key="k")
    bot = AgentSettings(kind="media_stream", url="wss://x.io/m", withhold="never")
    settings = Settings(llm=llm, agent=bot)
    assert agent_of(settings, Watched()) is None
    pair = Settings(llm=llm, agent=replace(bot, fallback="pair"))
    assert agent_of(pair, Watched()) is not None, "it takes the place of a bot that is dead"
    assert bots_of(settings) is not None
    assert bots_of(Settings()) is None
    policy = before_bots(policy_of(settings), settings)
    assert (policy.agent, policy.behind, policy.speculate, policy.clarify) == (
        True,
        True,
        True,
        False,
    )
    asks = Settings(agent=replace(bot, clarify=True))
    assert before_bots(policy_of(asks), asks).clarify
    assert (standin_of(settings).withhold, standin_of(settings).dial_within) == (False, 2.0)
    assert standin_of(Settings()).withhold


def test_the_ear_is_there_if_it_is_installed_and_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert turn_end_of(changed("turn", "ear", "off")) is None
    assert turn_end_of(Settings()) is None
    monkeypatch.setattr(smart_turn, "PACKAGE", "no-such-package-anywhere")
    assert turn_end_of(changed("turn", "ear", "auto")) is None
    with pytest.raises(SettingsError, match=r"turn\.ear.*pip install"):
        turn_end_of(changed("turn", "ear", "smart-turn"))
