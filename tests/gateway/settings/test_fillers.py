"""The sections of what is said while an agent is waited for."""

from __future__ import annotations

import pytest

from gateway.errors import SettingsError
from gateway.settings.fillers import LONGEST
from gateway.settings.whole import Settings, load


def test_by_default_there_is_something_to_say_twice() -> None:
    fillers = Settings().fillers
    assert len(fillers.texts) >= 2, "one alone could not be said twice running"
    assert fillers.bridges and len(fillers.more) >= 2
    assert all("," in text for text in fillers.more), "a pause at which it can be ended"
    assert fillers.filler_after_ms + fillers.again_ms <= 700, "longer than that is trouble"
    assert fillers.filler_after_ms < fillers.bridge_after_ms < fillers.give_up_after_ms


def test_fillers_of_intents_and_tools_have_names_of_their_own() -> None:
    settings = load(None, {"FRONTLINE_TOOL_FILLERS__BALANCE": "Let me look."})
    assert settings.tool_fillers.entries == {"balance": "Let me look."}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("FILLERS__TEXTS", '["..."]', "texts of 1 to 200 characters to be spoken"),
        ("FILLERS__BRIDGE_AFTER_MS", "200", "must not fall: got 300, 200 and 8000"),
        ("FILLERS__GIVE_UP_AFTER_MS", "1000", "must not fall: got 300, 3000 and 1000"),
        ("TOOL_FILLERS__BALANCE", " ", "a filler has 1 to 200 characters; got 1"),
        ("INTENT_FILLERS__ADVICE", "x" * (LONGEST + 1), "got 201"),
    ],
)
def test_what_cannot_work_is_refused(key: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        load(None, {f"FRONTLINE_{key}": value})
