"""Pictures of curves: both forms, the same bytes every time, one line when it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from intents.evaluation import plots
from intents.evaluation.plots import Mark, PlotError


def curve(*points: tuple[float, float]) -> list[dict[str, float]]:
    return [
        {
            "hit_pct": hit,
            "wrong_of_answers_pct": wrong,
            "wrong_of_answers_pct_low": wrong / 2,
            "wrong_of_answers_pct_high": wrong * 2,
        }
        for hit, wrong in points
    ]


CURVES = {"ours": curve((10, 0), (60, 1), (90, 6)), "nearest": curve((5, 0), (30, 3), (80, 20))}


def save(path: Path) -> list[Path]:
    marks = [Mark("served", 60, 1), Mark("far off", 70, 40)]
    return plots.save(CURVES, path, title="ours and theirs", budget_pct=1, marks=marks)


def test_both_forms_unless_one_is_named(tmp_path: Path) -> None:
    assert save(tmp_path / "deep" / "curve") == [
        tmp_path / "deep" / "curve.png",
        tmp_path / "deep" / "curve.svg",
    ]
    assert (tmp_path / "deep" / "curve.png").read_bytes().startswith(b"\x89PNG")
    text = (tmp_path / "deep" / "curve.svg").read_text()
    for word in ("ours and theirs", "nearest", "budget 1 %", "served", "far off"):
        assert word in text
    assert save(tmp_path / "one.SVG") == [tmp_path / "one.SVG"]
    assert not (tmp_path / "one.png").exists()


def test_the_same_figures_give_the_same_files(tmp_path: Path) -> None:
    for first, second in zip(save(tmp_path / "a"), save(tmp_path / "b"), strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_one_empty_curve_can_be_drawn(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    assert plots.save({"ours": []}, path, title="nothing", budget_pct=0) == [path]
    assert path.stat().st_size > 1000


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlotError, match=r"\.nonsense is no form of ours: use"):
        save(tmp_path / "curve.nonsense")
    (tmp_path / "file").write_text("")
    with pytest.raises(PlotError, match="file"):
        save(tmp_path / "file" / "curve.png")


def test_without_matplotlib_the_mend_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    with pytest.raises(PlotError, match="pip install"):
        save(tmp_path / "curve")
