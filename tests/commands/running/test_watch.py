"""``frontline watch``: one picture of a server at work."""

from __future__ import annotations

import json
from typing import Any

from rich.text import Text

from gateway.commands.running import watch
from gateway.errors import FrontlineError
from tests.commands.running.conftest import Asked


def test_one_look(asked: Asked, viewer: None) -> None:
    done = asked("watch", "--once")
    assert done.code == 0, done.err
    assert "default: 0 calls, 3 turns in 24h; hit 33.3 %" in done.out
    assert "what is the wifi" in done.out
    assert "\x1b" not in done.out
    assert set(json.loads(asked("watch", "--json").out)) == {"stats", "latency", "calls", "turns"}


def test_a_server_that_is_away_is_told_and_asked_again() -> None:
    class Away:
        def get(self, path: str, **params: Any) -> Any:
            raise FrontlineError("no answer")

    shown = watch._next(Away(), "default", "1h")  # type: ignore[arg-type]
    assert isinstance(shown, Text)
    assert shown.plain == "no answer"
