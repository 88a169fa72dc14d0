"""``frontline serve``: refuses what would be unsafe, then hands over."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from gateway.settings.whole import Settings


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """What the application was asked to serve with."""
    seen: list[Settings] = []

    def serve(settings: Settings) -> int:
        seen.append(settings)
        return 1

    monkeypatch.setitem(sys.modules, "gateway.wiring.app", types.SimpleNamespace(serve=serve))
    return seen


def test_the_application_gets_the_settings_and_gives_the_exit_code(
    run: Callable[..., Any], served: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTLINE_SERVER__PORT", "9000")
    assert run("serve").code == 1
    assert [one.server.port for one in served] == [9000]


def test_an_open_door_without_a_lock_is_refused(
    run: Callable[..., Any], served: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTLINE_SERVER__HOST", "0.0.0.0")
    done = run("serve")
    assert (done.code, served) == (2, [])
    assert "FRONTLINE_SERVER__CALL_TOKEN and FRONTLINE_ADMIN__TOKEN" in done.err
