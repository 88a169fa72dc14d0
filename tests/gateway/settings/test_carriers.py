"""The carriers' sections: destinations, keys, rates."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.settings.carriers import DtmfSettings, TransferSettings
from gateway.settings.whole import load


def test_a_queue_leads_to_its_destination_or_to_the_default() -> None:
    transfers = TransferSettings({"default": "+15551", "cards": "queue:cards"})
    assert transfers.of("cards") == "queue:cards"
    assert transfers.of("") == transfers.of("unknown") == "+15551"
    assert transfers.of("+15559") == "+15559"
    assert TransferSettings({}).of("cards") == ""


@pytest.mark.parametrize("wrong", ["", "5551234", "+1 555", "tel:1", "queue:", 'sip:"<x>'])
def test_a_destination_that_is_none(wrong: str) -> None:
    assert "+15551234567" in TransferSettings.wrong(wrong)


@pytest.mark.parametrize("good", ["entry:hours", "transfer", "transfer:cards", "control:repeat"])
def test_what_a_key_may_do(good: str) -> None:
    assert DtmfSettings.wrong(good) == ""


@pytest.mark.parametrize("wrong", ["", "entry:", "entry: ", "hours", "transfers"])
def test_what_a_key_may_not_do(wrong: str) -> None:
    assert DtmfSettings.wrong(wrong)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[vonage]\nsample_rate = 11025", "vonage.sample_rate"),
        ('[twilio]\nauth_token = "x"', "FRONTLINE_TWILIO__AUTH_TOKEN"),
        ('[twilio]\naccount_sid = "12"', "twilio.account_sid"),
        ('[dtmf]\n10 = "transfer"', "dtmf"),
        ('[dtmf]\n1 = "nothing"', "dtmf.1"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "frontline.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=named.replace(".", r"\.")):
        load(path, {})
