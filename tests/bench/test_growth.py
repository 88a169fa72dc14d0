"""The benchmark of growth."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import growth
from gateway.errors import UsageError
from gateway.settings.whole import Settings


@pytest.mark.slow
def test_tenants_are_asked_in_turn_and_drawn(
    quick: Settings, seeded: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bench.growth.tempfile.gettempdir", lambda: str(seeded))
    monkeypatch.setattr(growth, "SECONDS", 0.6)
    picture = tmp_path / "plots" / "growth.png"
    found = growth.run(quick, of="tenants", tenants=3, plot=str(picture))
    figures = found["figures"]
    assert found["parameters"]["tenants"] == "3"
    assert figures["tenants3_turns"] == 6
    assert figures["tenants3_lost_turns"] <= 1, "a machine with other work may miss a turn"
    assert 0 < figures["tenants3_hit_p50_ms"] <= figures["tenants3_hit_p99_ms"]
    assert figures["tenants3_rss_mib"] > 50
    assert picture.stat().st_size > 5_000


def test_what_cannot_grow_is_told(quick: Settings) -> None:
    with pytest.raises(UsageError, match="got 'hours'"):
        growth.run(quick, of="tenants,hours")
