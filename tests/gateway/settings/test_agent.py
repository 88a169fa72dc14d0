"""The section [agent]."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.errors import SettingsError
from gateway.settings.agent import AgentSettings, check_agent
from gateway.settings.llm import LlmSettings
from gateway.settings.whole import Settings, check_serving, load


def test_without_a_word_the_language_models_answer() -> None:
    assert load(None, {}).agent == AgentSettings()
    assert AgentSettings().kind == "llm"
    check_agent(AgentSettings(), "none")


def test_a_key_comes_from_the_environment_and_is_not_shown() -> None:
    environ = {"FRONTLINE_AGENT__KIND": "realtime", "FRONTLINE_AGENT__KEY": "sk-1"}
    settings = load(None, environ)
    assert settings.agent.key == "sk-1"
    assert "sk-1" not in repr(settings)
    check_serving(settings)


PAIR = AgentSettings(kind="media_stream", url="wss://x.io/m", fallback="pair")


def test_the_pair_may_take_a_bots_place_where_it_can_be_asked() -> None:
    check_agent(PAIR, "deepgram", models=LlmSettings(secondary_key="k").can_be_asked)
    check_agent(PAIR, "deepgram", models=LlmSettings(primary_base_url="http://x").can_be_asked)
    assert not LlmSettings().can_be_asked


@pytest.mark.parametrize(
    ("agent", "stt", "says"),
    [
        (AgentSettings(kind="realtime"), "none", "FRONTLINE_AGENT__KEY"),
        (AgentSettings(kind="gemini"), "none", "kind gemini needs a key: set FRONTLINE_AGENT__KEY"),
        (AgentSettings(kind="gemini", key="k"), "agent", "gemini answers whatever it hears"),
        (AgentSettings(), "agent", 'stt.provider agent needs agent.kind "realtime"'),
        (AgentSettings(kind="media_stream"), "deepgram", "agent.url, your bot's address"),
        (AgentSettings(kind="media_stream", url="https://x.io"), "deepgram", "agent.url"),
        (AgentSettings(kind="media_stream", url="wss://x.io/m"), "none", "stt.provider"),
        (PAIR, "deepgram", "FRONTLINE_LLM__PRIMARY_KEY"),
        (replace(PAIR, fallback="line", notify_url="https://x.io/t"), "deepgram", "NOTIFY_KEY"),
        (AgentSettings(notify_url="https://x.io/t", notify_key="k"), "none", "agent.kind"),
    ],
)
def test_what_cannot_work_is_told_with_its_mend(agent: AgentSettings, stt: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        check_agent(agent, stt)


def test_realtime_may_be_the_recogniser() -> None:
    check_agent(AgentSettings(kind="realtime", key="k"), "agent")


def test_serving_checks_it() -> None:
    with pytest.raises(SettingsError, match=r"agent\.kind realtime needs a key"):
        check_serving(Settings(agent=AgentSettings(kind="realtime")))


def test_a_wrong_kind_names_the_right_ones(tmp_path: object) -> None:
    with pytest.raises(SettingsError, match="realtime"):
        load(None, {"FRONTLINE_AGENT__KIND": "real-time"})


@pytest.mark.parametrize("url", ["ftp://x.io/t", "x.io/t", "https://user:pw@x.io/t", "file:///t"])
def test_who_is_told_is_reached_over_http(url: str) -> None:
    with pytest.raises(SettingsError, match="NOTIFY_URL"):
        load(None, {"FRONTLINE_AGENT__NOTIFY_URL": url})
    found = load(None, {"FRONTLINE_AGENT__NOTIFY_URL": "https://x.io:8443/t?a=1"})
    assert found.agent.notify_url == "https://x.io:8443/t?a=1"
