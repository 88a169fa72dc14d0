"""The sections of what turns may take, and of what they cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.settings.budget import BudgetSettings, PriceSettings
from gateway.settings.whole import Settings, load


def test_a_stage_is_what_the_key_is_called() -> None:
    stages = BudgetSettings(agent_ms=400).stages
    assert (stages["agent"], stages["ttfa"]) == (400.0, 800.0)
    assert Settings().budget.stages == BudgetSettings().stages


def test_it_is_read_from_the_file_and_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "frontline.toml"
    path.write_text("[budget]\nttfa_ms = 1000\ntransport_ms = 120\n")
    stages = load(path, {"FRONTLINE_BUDGET__TOOL_MS": "900"}).budget.stages
    assert (stages["ttfa"], stages["transport"], stages["tool"]) == (1000.0, 120.0, 900.0)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("AGENT_MS", "-1", "budget.agent_ms|FRONTLINE_BUDGET__AGENT_MS"),
        ("AGENT_MS", "soon", "AGENT_MS"),
        ("AGNET_MS", "1", "did you mean .*AGENT_MS"),
        ("TTFA_MS", "100", "budget.ttfa_ms must be more than .*: got 100, and 100"),
    ],
)
def test_what_is_wrong_is_named(key: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        load(None, {f"FRONTLINE_BUDGET__{key}": value})


def test_no_price_is_assumed() -> None:
    assert PriceSettings().agent_turn == 0.0
    read = load(None, {"FRONTLINE_PRICES__AGENT_TURN": "0.04", "FRONTLINE_PRICES__CURRENCY": "EUR"})
    assert (read.prices.agent_turn, read.prices.currency) == (0.04, "EUR")


def test_a_currency_is_three_capital_letters() -> None:
    with pytest.raises(SettingsError, match="FRONTLINE_PRICES__CURRENCY"):
        load(None, {"FRONTLINE_PRICES__CURRENCY": "dollars"})
