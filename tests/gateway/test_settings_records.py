"""What is kept of calls, as a setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.settings import load
from gateway.settings_records import RecordsSettings


def test_text_is_redacted_unless_it_is_not_kept() -> None:
    assert RecordsSettings().text == "redacted"
    assert load(None, {"FRONTLINE_RECORDS__TEXT": "none"}).records.text == "none"


def test_nothing_keeps_it_as_it_was_said(tmp_path: Path) -> None:
    file = tmp_path / "frontline.toml"
    file.write_text('[records]\ntext = "raw"\n')
    with pytest.raises(SettingsError, match="redacted"):
        load(file, {})
