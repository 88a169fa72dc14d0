"""``frontline misses``."""

from __future__ import annotations

import json

from gateway.commands.running.misses import show_clusters
from tests.commands.running.conftest import Asked


def test_the_newest_first_and_nothing_steers_the_terminal(asked: Asked) -> None:
    done = asked("misses")
    assert done.code == 0, done.err
    rows = done.out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == ["a-3", "a-2"]
    assert "[bold]elephants" in rows[1]
    assert "\x1b" not in done.out
    assert [
        one["id"] for one in json.loads(asked("misses", "--json", "--limit", "1").out)["misses"]
    ] == ["a-3"]


def test_groups(capsys: object) -> None:
    cluster = {"id": "4de8", "size": 4, "share": 0.5, "name": "the atm ate my card"}
    cluster |= {"nearest": None, "suggestion": "new"}
    show_clusters({"clusters": [cluster], "misses": 8, "left_out": 4})
    out = capsys.readouterr().out  # type: ignore[attr-defined]
    assert "the atm ate my card" in out
    assert "8 open misses, 4 in none of these groups" in out
