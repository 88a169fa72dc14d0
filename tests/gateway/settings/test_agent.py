"""The section [agent]."""

from __future__ import annotations

import pytest

from gateway.errors import SettingsError
from gateway.settings.agent import AgentSettings, check_agent
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
