"""The section of the language models."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.settings.llm import STYLE, LlmSettings
from gateway.settings.whole import Settings, load


def test_by_default_nobody_can_be_asked() -> None:
    llm = Settings().llm
    assert not (llm.primary_key or llm.primary_base_url)
    assert not (llm.secondary_key or llm.secondary_base_url)


def test_keys_come_from_the_environment_alone(tmp_path: Path) -> None:
    llm = load(None, {"FRONTLINE_LLM__PRIMARY_KEY": "sk-x"}).llm
    assert llm.primary_key == "sk-x"
    assert "sk-x" not in repr(llm)
    path = tmp_path / "frontline.toml"
    path.write_text('[llm]\nsecondary_key = "sk-x"\n')
    with pytest.raises(SettingsError, match=r"llm\.secondary_key is a secret") as caught:
        load(path, {})
    assert "sk-x" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("PRIMARY_BASE_URL", "127.0.0.1:8000", "is a URL such as"),
        ("PRIMARY_PROVIDER", "siri", '"groq", "openai"'),
        ("PRIMARY_MODEL", "", "a model's name"),
        ("BUDGET", "0", "from 0.005 to 1"),
        ("GIVE_UP_S", "0.5", "must not be less than llm.rescue_after_s"),
    ],
)
def test_what_cannot_work_is_refused(key: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        load(None, {f"FRONTLINE_LLM__{key}": value})


def test_the_default_style_asks_for_speech() -> None:
    assert LlmSettings().style == STYLE
    for word in ("Answer first", "no lists", "as they are spoken", "would pause"):
        assert word in STYLE
