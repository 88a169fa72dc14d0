"""``frontline stats``."""

from __future__ import annotations

import json

from tests.commands.running.conftest import Asked


def test_rates_paths_and_entries(asked: Asked) -> None:
    done = asked("stats")
    assert done.code == 0, done.err
    assert "default, the last 24h: 3 turns" in done.out
    rows = [line.split() for line in done.out.splitlines()]
    assert ["hit", "33.3", "%"] in rows
    assert ["cache", "1", "204", "204", "204"] in rows
    assert ["wifi", "1", "0", "0"] in rows


def test_for_programs(asked: Asked, viewer: None) -> None:
    told = json.loads(asked("stats", "--json", "--window", "1h").out)
    assert (told["stats"]["turns"], told["latency"]["window"]) == (3, "1h")


def test_of_another_tenant(asked: Asked) -> None:
    assert "other, the last 24h: 0 turns" in asked("--tenant", "other", "stats").out
