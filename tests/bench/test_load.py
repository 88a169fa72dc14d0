"""Calls at natural pace, of a stated mix."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.load import PER_CALL, planned, run
from bench.load_plan import KINDS, Material, Saying, Turn
from gateway.errors import UsageError
from gateway.settings.whole import Settings


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"door": "front"}, "door is one of native, "),
        ({"fault": "fire"}, "fault is one of sigterm, "),
        ({"fault": "sigterm", "door": "twilio"}, "door=native"),
        ({"fault": "sigkill"}, "workers=2"),
    ],
)
def test_what_cannot_be_is_told(given: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        run(Settings(), **given)


def test_no_call_has_more_doubts_than_it_may_be_asked_back() -> None:
    turns = {kind: (Turn(kind, (Saying("a", 1.0, kind),)),) for kind in KINDS}
    material = Material({**turns})
    calls = planned(material, {"clarify": 0.3, "hit": 0.7})
    kinds = [[turn.kind for turn in mine] for mine in calls]
    assert {len(mine) for mine in kinds} == {PER_CALL}
    assert {mine.count("clarify") for mine in kinds} == {1, 2}
    assert sum(mine.count("clarify") for mine in kinds) == round(0.3 * PER_CALL * len(calls))
    with pytest.raises(UsageError, match="at most 33 %"):
        planned(material, {"clarify": 0.5, "hit": 0.5})


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_told_to_stop_under_load_no_call_is_cut(
    quick: Settings, seeded: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bench.load.tempfile.gettempdir", lambda: str(seeded))
    monkeypatch.setattr("bench.load_plan.POOL", 5)
    found = run(
        quick, calls=3, seconds=12, mix="hit:80,miss:20", fault="sigterm", out=str(tmp_path / "it")
    )
    figures = found["figures"]
    assert figures["turns"] == 4
    assert figures["opened"] == figures["hung_up"] == 3
    assert figures["cut"] == figures["lost_turns"] == figures["wrong_sound"] == 0
    assert figures["hit_p50_ms"] > 0
    assert figures["rss_mib_end"] > 50
    assert "<svg" in (tmp_path / "it.html").read_text()
